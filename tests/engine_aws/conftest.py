"""One account for the tier, in which the stack is up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aws.cloud import serve
from harness.project import POLICIES

from .account import Account


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = serve()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def empty(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Account:
    """The stack before its first `up`."""
    return Account(tmp_path_factory.mktemp("prod"), endpoint)


@pytest.fixture(scope="session")
def account(empty: Account) -> Account:
    """The stack, up, with the policies, as docs/ecs.md says."""
    empty.pulumi.run("up", "--yes", "--policy-pack", POLICIES)
    return empty
