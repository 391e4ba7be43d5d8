"""The API by its own document: whatever is sent, no 500, and every answer as documented."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import schemathesis
from agno_ha_portal.roles import Role
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Portal, copied, make

pytestmark = pytest.mark.timeout(120)  # of each route

_DIRECTORY = TemporaryDirectory()


@cache
def the_portal() -> Portal:
    portal = make(copied(Path(_DIRECTORY.name)))
    portal.app.state.portal.diagram = lambda stack: f"<svg xmlns='http://www.w3.org/2000/svg' id='{stack}'/>"
    for stack in portal.operations.stacks():
        portal.api().post(f"/api/v1/stacks/{stack}/operations", json={"kind": "preview"})
    return portal


HEADERS = {"Authorization": f"Bearer {the_portal().tokens[Role.APPROVER]}"}
schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", the_portal().app, headers=HEADERS)


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_breaks_it(case: schemathesis.Case) -> None:
    # Real names, so that more than "no such stack" is seen.
    if "stack" in case.path_parameters and len(case.path_parameters["stack"]) % 2:
        case.path_parameters["stack"] = "dev"
    if "operation" in case.path_parameters and len(case.path_parameters["operation"]) % 2:
        case.path_parameters["operation"] = "op0001"
    case.call_and_validate(
        headers=HEADERS,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )


@schema.parametrize()
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_token_no_answer(case: schemathesis.Case) -> None:
    case.headers.pop("Authorization", None)
    other_method = case.method != case.operation.method.upper()  # schemathesis tries those, too
    assert case.call().status_code in (405 if other_method else 401, 413)
