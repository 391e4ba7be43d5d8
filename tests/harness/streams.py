"""Server-Sent Events through nginx: each event with the time of its arrival, read in a thread of its own."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from harness.service import Service


class Event(NamedTuple):
    """One event of a run."""

    at: float
    """`time.time()` of its arrival."""
    data: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.data.get("event"))


class Stream:
    """A streamed run; starts at once. `events` grows while it lasts, `error` says how it broke."""

    def __init__(
        self,
        deployment: Service,
        session: str,
        message: str,
        path: str = "/agents/assistant/runs",
        **fields: str,
    ) -> None:
        self.session = session
        self.events: list[Event] = []
        self.status = 0
        self.instance = ""
        self.error = ""
        form = {"message": message, "session_id": session, "stream": "true", **fields}
        self._request = (deployment, path, {name: (None, value) for name, value in form.items()})
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        deployment, path, form = self._request
        try:
            with deployment.client() as client, client.stream("POST", path, files=form) as response:
                self.instance = response.headers.get("X-Agno-Instance", "")
                self.status = response.status_code
                for event in events(response):
                    self.events.append(event)
        except httpx.HTTPError as error:
            self.error = repr(error)

    def until(self, name: str, timeout: float = 30) -> Event:
        """Wait for the first event of this name."""
        deadline = time.monotonic() + timeout
        while True:
            found = next((event for event in list(self.events) if event.name == name), None)
            if found:
                return found
            assert self._thread.is_alive(), f"ended without {name}: {self}"
            assert time.monotonic() < deadline, f"no {name} within {timeout:g} s: {self}"
            time.sleep(0.05)

    def join(self, timeout: float) -> "Stream":
        """Wait for the end."""
        self._thread.join(timeout)
        assert not self._thread.is_alive(), f"the stream hangs after {timeout:g} s: {self}"
        return self

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]

    @property
    def pieces(self) -> list[Event]:
        """The pieces of the answer."""
        return [event for event in self.events if event.name == "RunContent" and event.data.get("content")]

    @property
    def run_id(self) -> str:
        return next((str(event.data["run_id"]) for event in self.events if event.data.get("run_id")), "")

    def __repr__(self) -> str:
        return f"<{self.session} on {self.instance}: {self.status} {self.error} {self.names[-3:]}>"


def events(response: httpx.Response) -> Iterator[Event]:
    """The events of a response, as they arrive."""
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield Event(time.time(), json.loads(line[6:]))
