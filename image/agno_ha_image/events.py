"""Background runs' events on Redis, without the success of a run that was not stored."""

import json
from typing import Any

from agno.os.event_streams.redis import RedisEventStream
from agno.run.base import RunStatus

from agno_ha_image.ledger import unstored

COMPLETED = {
    "RunCompleted": "RunError",
    "TeamRunCompleted": "TeamRunError",
    "WorkflowCompleted": "WorkflowError",
}
"""The event that acknowledges a run, and the one that stands in its place where the run was not stored."""
NOT_STORED = "The answer could not be stored, so it is not part of the session. Send the message again."


class StoredEventStream(RedisEventStream):
    """Keeps back "completed" of an unstored run: its ticket stays open, another attempt will complete it."""

    async def add_event(self, run_id: str, event: Any, generation: int | None = None) -> int:
        """Publish an event; the index of an event kept back is -1."""
        if getattr(event, "event", None) in COMPLETED and unstored.holds(
            run_id, getattr(event, "session_id", None)
        ):
            return -1
        return await super().add_event(run_id, event, generation)

    async def complete_run(self, run_id: str, status: RunStatus, generation: int | None = None) -> None:
        """End the stream."""
        if status != RunStatus.completed or not unstored.holds(run_id):
            await super().complete_run(run_id, status, generation)


def withhold(frame: str) -> str | None:
    """The event to send in place of this one, where it acknowledges a run that was not stored; else None.

    Args:
        frame: one event as agno sends it, on SSE and on the WebSocket: `event: NAME`, `data: JSON`.
    """
    name, data = parse(frame)
    if name not in COMPLETED or not unstored.holds(data.get("run_id"), data.get("session_id")):
        return None
    return error_frame(COMPLETED[name], data)


def parse(frame: str) -> tuple[str, dict[str, Any]]:
    """Name and data of an event; an empty name where it is none."""
    head, _, rest = frame.partition("\ndata: ")
    if not head.startswith("event: ") or not rest:
        return "", {}
    try:
        data = json.loads(rest.partition("\n")[0])
    except ValueError:
        return "", {}
    return head[7:].strip(), data if isinstance(data, dict) else {}


def error_frame(name: str, data: dict[str, Any]) -> str:
    """An error event for the run that `data` identifies."""
    kept = {
        key: data[key] for key in data if key.endswith("_id") or key.endswith("_name") or key == "created_at"
    }
    body = kept | {"event": name, "content": NOT_STORED, "error_type": "store_unavailable"}
    return f"event: {name}\ndata: {json.dumps(body)}\n\n"
