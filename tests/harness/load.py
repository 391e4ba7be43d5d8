"""A steady load of POST runs, of which every acknowledged turn is looked for in the store afterwards."""

import asyncio
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx

from harness.service import Service


class Turn(NamedTuple):
    """One turn of a load; times in seconds since its start."""

    sent: float
    ended: float
    outcome: str
    """`COMPLETED`, the HTTP status, or the name of the transport's error."""
    instance: str
    """Who answered, where it is known."""
    retry_after: str = ""

    @property
    def good(self) -> bool:
        """Whether it was acknowledged."""
        return self.outcome == "COMPLETED"

    @property
    def seconds(self) -> float:
        """How long the client waited."""
        return self.ended - self.sent


@dataclass
class Load:
    """POST runs at a steady rate from a thread of its own; use as a context manager.

    Each turn is a session of its own, so that turns can be counted: `acknowledged` holds the sessions answered 200
    and COMPLETED, `failures` what went wrong otherwise.
    """

    deployment: Service
    per_second: float = 20
    message: str = "hello"
    concurrency: int = 64
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Session → the instance that answered."""
    failures: list[tuple[float, str, str]] = field(default_factory=list)
    """Seconds since the start, the outcome, and the instance and its words where they are known."""
    turns: list[Turn] = field(default_factory=list)
    """Every turn that has ended, in that order."""
    in_flight: int = 0
    sent: int = 0

    def __enter__(self) -> "Load":
        self.prefix = f"load-{uuid.uuid4().hex[:8]}"
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=120)
        assert not self._thread.is_alive(), "requests of the load still hang after 120 s"

    def now(self) -> float:
        """Seconds since the start: the clock of `turns` and `failures`."""
        return time.monotonic() - self._started

    def reach(self, turns: int, timeout: float = 300) -> None:
        """Wait until so many turns were acknowledged."""
        deadline = time.monotonic() + timeout
        while len(self.acknowledged) < turns:
            assert time.monotonic() < deadline, (
                f"{len(self.acknowledged)} of {turns} turns, failures: {self.seen()}"
            )
            time.sleep(0.2)

    def seen(self) -> dict[str, int]:
        return dict(Counter(what for _, what, _ in self.failures))

    def lost(self) -> set[str]:
        """Acknowledged turns that are not in Postgres."""
        rows = self.deployment.sql(
            f"SELECT session_id FROM ai.agno_runs WHERE status = 'COMPLETED' AND session_id LIKE '{self.prefix}%'"
        )
        return set(self.acknowledged) - {row[0] for row in rows}

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=self.concurrency, max_keepalive_connections=self.concurrency)
        options = {"base_url": self.deployment.url, "headers": self.deployment.headers, "verify": False}
        async with httpx.AsyncClient(limits=limits, timeout=110, **options) as client:
            pending: set[asyncio.Task[None]] = set()
            due = time.monotonic()
            while not self._stop.is_set():
                if len(pending) < self.concurrency:
                    task = asyncio.create_task(self._turn(client, f"{self.prefix}-{self.sent}"))
                    pending.add(task)
                    task.add_done_callback(pending.discard)
                    self.sent += 1
                due = max(due + 1 / self.per_second, time.monotonic() - 1)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            if pending:
                await asyncio.wait(pending)

    async def _turn(self, client: httpx.AsyncClient, session: str) -> None:
        form = {name: (None, value) for name, value in
                {"message": self.message, "session_id": session, "stream": "false"}.items()}  # fmt: skip
        at = self.now()
        instance = retry_after = said = ""
        self.in_flight += 1
        try:
            answer = await client.post("/agents/assistant/runs", files=form)
        except httpx.TransportError as error:
            outcome = type(error).__name__
            said = f"after {self.now() - at:.1f} s: {error.__cause__ or error!r}"
        else:
            instance = answer.headers.get("X-Agno-Instance", "")
            retry_after = answer.headers.get("Retry-After", "")
            outcome = str(answer.status_code)
            said = answer.text[:120]
            if answer.status_code == 200:
                outcome = str(answer.json().get("status"))
        finally:
            self.in_flight -= 1
        self.turns.append(Turn(at, self.now(), outcome, instance, retry_after))
        if outcome == "COMPLETED":
            self.acknowledged[session] = instance
        else:
            self.failures.append((at, outcome, f"{instance} {said}"))
