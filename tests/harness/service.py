"""A deployed service as its users and its stores see it, wherever it runs."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import httpx

PSQL = ("psql", "-h", "/var/run/postgresql", "-U", "postgres")
"""As the superuser, where Postgres runs."""


class Service(ABC):
    """What conversations, streams and loads need to know."""

    key: str | None = None
    """The API's bearer key."""
    namespace: str
    """Prefix of its names on the platform, or its namespace."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the load balancer answers."""

    @abstractmethod
    def sql(self, query: str, database: str = "agno") -> list[list[str]]:
        """Run a query as the superuser."""

    @abstractmethod
    def console(self) -> list[str]:
        """The command that talks to Postgres as the superuser, fed by its standard input."""

    @abstractmethod
    def redis(self, *command: str) -> str:
        """Run a command of Redis."""

    @abstractmethod
    def troubles(self, since: float) -> str:
        """What went wrong since a time (`time.time()`), by the platform's and the servers' own words."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=60, verify=False, **options)

    def get(self, path: str) -> httpx.Response:
        try:
            with self.client() as client:
                return client.get(path)
        except httpx.TransportError as error:
            return httpx.Response(599, text=repr(error))

    def run(self, session: str, message: str, **fields: str) -> httpx.Response:
        """POST one turn and return the response."""
        with self.client() as client:
            return client.post(
                "/agents/assistant/runs",
                files=_form({"message": message, "session_id": session, "stream": "false", **fields}),
            )

    def until_ready(self, timeout: float = 120) -> None:
        wait_for(lambda: self.get("/ready").status_code == 200, timeout, "the stack to be ready")


def wait_for(condition: Callable[[], object], timeout: float, what: str, every: float = 0.25) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}"
        time.sleep(every)


def _form(fields: Mapping[str, str]) -> dict[str, tuple[None, str]]:
    return {name: (None, value) for name, value in fields.items()}
