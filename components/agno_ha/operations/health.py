"""After an up: it answers through the load balancer, and what runs is what was asked for."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pulumi.automation import OutputMap
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.workspace import Workspace

ANSWER = 120
"""Seconds for the first answer after everything runs."""

CONVERGED = 300
"""Seconds that services may take to settle after the provider was content with them."""


class Platform:
    """A target whose provider itself waits for the new version: Kubernetes' rollout, ECS's steady service."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def reasons(self) -> list[str]:
        """Return what the platform says went wrong, beside the provider's words."""
        return []

    def check(self, outputs: OutputMap, state: Mapping[str, Any], progress: Progress) -> None:
        """See that the new version runs and answers.

        Raises:
            OperationError: it does not, with the reason.
        """
        del state
        url = str(outputs["url"].value)
        # The name that clients use may not lead there yet: its DNS needs the load balancer's own, which is new.
        own = outputs.get("loadBalancer")
        address = at(url, str(own.value)) if own is not None and own.value else url
        ask(address, progress, here=reachable(self._workspace, address))


@contextmanager
def watched(workspace: Workspace) -> Iterator[Platform]:
    """Give the stack's platform, as it was before an update."""
    if workspace.values().get("target") != "docker":
        yield Platform(workspace)
        return
    from agno_ha.operations import swarm

    with swarm.engine() as client:
        yield _Swarm(workspace, client)


class _Swarm(Platform):
    def __init__(self, workspace: Workspace, client: Any) -> None:
        from agno_ha.operations import swarm_services

        super().__init__(workspace)
        self._services = swarm_services
        self._client = client
        self._namespace = workspace.namespace
        self._before = swarm_services.before(client, self._namespace)

    def reasons(self) -> list[str]:
        return self._services.reasons(self._client, self._namespace, self._before)

    def check(self, outputs: OutputMap, state: Mapping[str, Any], progress: Progress) -> None:
        # The provider is content when enough tasks run, which they also do while an update is being judged.
        progress("Waiting until every service runs what was asked for")
        self._services.wait_converged(
            self._client, self._namespace, timeout=CONVERGED, progress=_quiet, earlier=self._before
        )
        asked = {
            entry["outputs"]["name"]: entry["outputs"]["taskSpec"]["containerSpec"]["image"]
            for entry in state.get("resources", [])
            if entry["type"] == "docker:index/service:Service"
        }
        if others := self._services.others(self._client, self._namespace, asked):
            raise OperationError("Not what was asked for runs: " + "; ".join(others))
        ask(str(outputs["url"].value), progress, here=self._services.here(self._client, self._namespace))


def at(url: str, host: str) -> str:
    """Return a URL with another host.

    >>> at("https://agents.example.com:8443", "lb-1.example.net")
    'https://lb-1.example.net:8443'
    """
    parts = urlsplit(url)
    return parts._replace(netloc=host + (f":{parts.port}" if parts.port else "")).geturl()


def reachable(workspace: Workspace, address: str) -> bool:
    """Return whether an address is meant to be reached from outside its cluster or its network."""
    internal = (workspace.values().get("ecs") or {}).get("loadBalancer", {}).get("internal", False)
    return not internal and not (urlsplit(address).hostname or "").endswith(".svc")


def ask(address: str, progress: Progress, *, here: bool) -> None:
    """Wait for the first answer; where the address is not reached from `here`, say that it was not asked.

    Raises:
        OperationError: none came.
    """
    if here:
        until_ready(address, progress)
    else:
        progress(f"Not asked: from this machine {address} does not lead to the load balancer")


def ask_ready(address: str) -> None:
    """Ask an instance for /ready through the load balancer.

    Raises:
        OSError: none answers with 200.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only whether it answers; a generated certificate has no authority
    with urllib.request.urlopen(f"{address}/ready", timeout=10, context=context):  # noqa: S310
        pass


def until_ready(address: str, progress: Progress, timeout: float = ANSWER) -> None:
    """Wait until an instance answers /ready through the load balancer.

    Raises:
        OperationError: none does; with what was answered last.
    """
    progress(f"Waiting for the first answer at {address}")
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type(OSError),
            stop=stop_after_delay(timeout),
            wait=wait_fixed(0.5),
            reraise=True,
        ):
            with attempt:
                ask_ready(address)
    except OSError as error:
        raise OperationError(
            f"Deployed, but {address}/ready does not answer within {timeout:g} s: {error}"
        ) from None


def _quiet(line: str) -> None:
    del line  # what the engine did was told by the events
