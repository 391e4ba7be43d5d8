"""After which last up the next one refreshes first."""

from __future__ import annotations

from typing import Any

import pytest
from agno_ha.operations.automation import taken_back

SERVICE = {"type": "aws:ecs/service:Service"}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, False),
        ({"resources": [SERVICE]}, False),
        ({"resources": [SERVICE, {**SERVICE, "initErrors": ["tasks failed to start"]}]}, True),
        # What another target waited for in vain, its provider asks for again by itself.
        ({"resources": [{"type": "kubernetes:apps/v1:Deployment", "initErrors": ["timed out"]}]}, False),
    ],
    ids=["no stack yet", "all well", "taken back", "another target"],
)
def test_a_deployment_that_ecs_took_back(state: dict[str, Any], expected: bool) -> None:
    assert taken_back(state) is expected
