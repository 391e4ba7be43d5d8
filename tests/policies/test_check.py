"""The policies on an offline plan, and its two reports."""

from __future__ import annotations

import json
from typing import Any

from agno_ha import check
from agno_ha.offline import Plan, Secret, Unknown
from agno_ha.offline import Resource as Planned
from agno_ha_policies import Configuration
from policies.stacks import AGNO, UNKNOWN, Resource, facts, instance, server


def planned(resource: Resource) -> Planned:
    return Planned(
        urn=resource.urn,
        id=resource.name,
        type=resource.type,
        name=resource.name,
        parent=resource.parent,
        inputs=marked(dict(resource.props)),
        dependencies=(),
        protect=False,
    )


def marked(value: Any) -> Any:
    """As a plan has it: unknown and secret values are objects of their own."""
    if value is UNKNOWN:
        return Unknown()
    if isinstance(value, dict):
        return {key: marked(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [marked(entry) for entry in value]
    return Secret(value) if isinstance(value, str) else value


def plan(*resources: Resource) -> Plan:
    return Plan("agno-ha", "dev", tuple(planned(resource) for resource in resources), {}, ())


GOOD = plan(facts(), server(), instance())
BELOW = "scaling.min = 1 is below the floor of 2 in prod. Raise scaling.min to 2."
BAD = plan(facts(min=1), server(), instance(replicas=UNKNOWN))


def test_good() -> None:
    findings = check.run(GOOD)
    assert (findings, check.as_text(findings), json.loads(check.as_json(findings))) == (
        [],
        "No findings.",
        [],
    )
    assert not check.failed(findings)


def test_text() -> None:
    findings = check.run(BAD)
    unknown = "mode.replicated.replicas: could not be checked: is not known yet"
    assert check.as_text(findings).splitlines() == [
        f"POOL-101 [mandatory] agno-web: {unknown}",
        f"SCALE-001 [mandatory] agno: min: {BELOW}",
        f"SCALE-101 [mandatory] agno-web: {unknown}",
        f"SCALE-102 [mandatory] agno-web: {unknown}",
        "4 findings, 4 mandatory.",
    ]


def test_json() -> None:
    [_, found, *_] = json.loads(check.as_json(check.run(BAD)))
    assert found == {
        "rule": "SCALE-001",
        "urn": AGNO,
        "resource": "agno",
        "path": "min",
        "message": BELOW,
        "unknown": False,
        "level": "mandatory",
        "severity": "critical",
        "remediation": "Set scaling.min and scaling.max in topology.yaml or in the stack's overrides.",
    }


def test_configuration() -> None:
    findings = check.run(BAD, Configuration.parse({"all": "advisory", "POOL-101-unknown": "disabled"}))
    assert [finding.rule for finding in findings] == ["SCALE-001", "SCALE-101", "SCALE-102"]
    assert not check.failed(findings)
    assert check.as_text(findings).endswith("3 findings, 0 mandatory.")
