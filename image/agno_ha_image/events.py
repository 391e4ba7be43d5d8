"""Background runs' events on Redis, without the success of a run that was not stored."""

import json
from collections.abc import AsyncIterator
from typing import Any

from agno.os.event_streams.redis import RedisEventStream
from agno.run.base import RunStatus
from redis.asyncio import Redis

from agno_ha_image.ledger import unstored

COMPLETED = {
    "RunCompleted": "RunError",
    "TeamRunCompleted": "TeamRunError",
    "WorkflowCompleted": "WorkflowError",
}
"""The event that acknowledges a run, and the one that stands in its place where the run was not stored."""
NOT_STORED = "The answer could not be stored, so it is not part of the session. Send the message again."


class StoredEventStream(RedisEventStream):
    """Keeps back "completed" of an unstored run: its ticket stays open, another attempt will complete it.

    Who follows a run waits in Redis on a connection of `tails`, so that no number of them holds up a run's events.
    """

    def __init__(self, client: Redis, tails: Redis, **options: Any) -> None:
        super().__init__(client, **options)
        self._tails = RedisEventStream(tails, **options)

    def tail(self, run_id: str, last_event_index: int | None = None) -> AsyncIterator[tuple[int, str]]:
        """The run's events so far, and then each as it comes."""
        return self._tails.tail(run_id, last_event_index)

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
        frame: one event as agno sends it: `event: NAME` and `data: JSON` (SSE, and half of the WebSocket's),
            or the JSON alone (the other half).
    """
    name, data = parse(frame)
    if name not in COMPLETED or not unstored.holds(data.get("run_id"), data.get("session_id")):
        return None
    body = error_body(COMPLETED[name], data)
    return json.dumps(body) if frame.startswith("{") else sse(body)


def parse(frame: str) -> tuple[str, dict[str, Any]]:
    """Name and data of an event; an empty name where it is none."""
    text = frame if frame.startswith("{") else frame.partition("\ndata: ")[2].partition("\n")[0]
    try:
        data = json.loads(text)
    except ValueError:
        return "", {}
    return (str(data.get("event") or ""), data) if isinstance(data, dict) else ("", {})


def error_body(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """An error event for the run that `data` identifies."""
    kept = {key: data[key] for key in data if key.endswith(("_id", "_name")) or key == "created_at"}
    return kept | {"event": name, "content": NOT_STORED, "error_type": "store_unavailable"}


def sse(body: dict[str, Any]) -> str:
    """An event as SSE."""
    return f"event: {body['event']}\ndata: {json.dumps(body)}\n\n"
