"""The policies on an offline plan, and its reports."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from agno_ha.check import Report, formats, resources_of, run
from agno_ha.check.origin import Origin
from agno_ha.check.sarif import sarif
from agno_ha.offline import Plan, Secret, Unknown
from agno_ha.offline import Resource as Planned
from agno_ha_policies import RULES, Configuration, Settings
from agno_ha_policies.exceptions import Exemption
from policies.stacks import AGNO, STACK, UNKNOWN, Resource, facts, instance, redis, server, stranger


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


def report(
    *resources: Resource, root: Path = Path("/nowhere"), configuration: Configuration | None = None
) -> Report:
    plan = Plan("agno-ha", "dev", tuple(planned(resource) for resource in resources), {}, ())
    made = resources_of(plan)
    return run(made, configuration or Configuration(), Origin(root, "dev"), source="Pulumi.dev.yaml")


BELOW = "scaling.min = 1 is below the floor of 2 in prod. Raise scaling.min to 2."
BAD = (facts(min=1), server(), redis(), instance(replicas=UNKNOWN))
PICTURE = [
    "Connections to Postgres of agno  min  max  max + surge",
    "web                               10   40           80",
    "connections                       10   40           80",
    "usable of 200, 10 for operators  190  190          190",
    "",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "topology.yaml").write_text("# one\nscaling:\n  min: 1\n  max: 4\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  agno-ha:topology:\n    scaling:\n      max: 4\n")
    return tmp_path


def test_good() -> None:
    good = report(facts(), server(), redis(), instance())
    assert (good.findings, good.failed) == ([], False)
    assert formats.text(good).splitlines()[-1] == "No findings."
    assert formats.text(report()) == "No findings."


def test_text(project: Path) -> None:
    unknown = "mode.replicated.replicas: could not be checked: is not known yet"
    assert formats.text(report(*BAD, root=project)).splitlines() == [
        f"topology.yaml:3: POOL-101 [mandatory] agno-web: {unknown}",
        f"topology.yaml:3: SCALE-001 [mandatory] agno: min: {BELOW}",
        f"topology.yaml:3: SCALE-101 [mandatory] agno-web: {unknown}",
        f"topology.yaml:3: SCALE-102 [mandatory] agno-web: {unknown}",
        f"topology.yaml:3: SCALE-104 [mandatory] agno-web: {unknown}",
        "",
        *PICTURE,
        "5 findings, 5 mandatory.",
    ]


def test_json(project: Path) -> None:
    made = json.loads(formats.as_json(report(*BAD, root=project)))
    assert made["findings"][1] == {
        "rule": "SCALE-001",
        "urn": AGNO,
        "resource": "agno",
        "path": "min",
        "message": BELOW,
        "unknown": False,
        "level": "mandatory",
        "severity": "critical",
        "remediation": "Set scaling.min and scaling.max in topology.yaml or in the stack's overrides.",
        "excepted": "",
        "line": "topology.yaml:3",
    }
    web = {"who": "web", "min": 10, "max": 40, "maxWithSurge": 80}
    total = {**web, "who": "connections"}
    assert made["capacity"] == [
        {"name": "agno", "rows": [web], "total": total, "maxConnections": 200, "usable": 190}
    ]


def test_markdown(project: Path) -> None:
    lines = formats.markdown(report(*BAD, root=project)).splitlines()
    assert lines[:2] == ["<!-- agno-ha check -->", "### ❌ agno-ha check: 5 findings, 5 mandatory."]
    link = "[SCALE-001](docs/policies.md#scale-001)"
    assert f"| mandatory | {link} | `topology.yaml:3` | min: {BELOW} |" in lines
    assert "| web | 10 | 40 | 80 |" in lines
    assert formats.markdown(report()) == "<!-- agno-ha check -->\n### ✅ agno-ha check: No findings."


def test_a_cell_of_markdown_keeps_its_place() -> None:
    odd = stranger("a|b", replicas=1)
    assert "`a\\|b`" in formats.markdown(report(odd))


def test_sarif(project: Path) -> None:
    log = json.loads(sarif(report(*BAD, root=project)))
    assert log["version"] == "2.1.0"
    [made] = log["runs"]
    assert {rule["id"] for rule in made["tool"]["driver"]["rules"]} >= {rule.id for rule in RULES}
    first, second, *_ = made["results"]
    assert second["ruleId"] == "SCALE-001"
    assert second["level"] == "error"
    assert second["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "topology.yaml"},
        "region": {"startLine": 3},
    }
    assert first["level"] == "error"
    prints = [result["partialFingerprints"]["finding/v1"] for result in made["results"]]
    assert len(set(prints)) == len(prints)


def test_sarif_of_what_no_line_caused() -> None:
    # A code host shows nothing without a place.
    [result] = json.loads(sarif(report(facts(min=1))))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "Pulumi.dev.yaml"}}


def test_sarif_of_an_exception() -> None:
    tolerated = Configuration(exceptions=(EXCEPTION,))
    [result] = json.loads(sarif(report(facts(tls="off"), configuration=tolerated)))["runs"][0]["results"]
    assert (result["level"], result["suppressions"]) == (
        "warning",
        [{"kind": "external", "justification": "until 9999-01-31: behind a gateway"}],
    )


EXCEPTION = Exemption.model_validate(
    {"rule": "LB-003", "urn": "*::agno", "reason": "behind a gateway", "expires": datetime.date(9999, 1, 31)}
)


def test_configuration() -> None:
    data = {"all": "advisory", "POOL-101": {"unknown": "disabled"}}
    usual = Configuration()
    changed = Configuration({**usual.settings, "prod": Settings.parse(data)})
    made = report(*BAD, configuration=changed)
    assert [finding.rule for finding in made.findings] == ["SCALE-001", "SCALE-101", "SCALE-102", "SCALE-104"]
    assert not made.failed
    assert formats.text(made).endswith("4 findings, 0 mandatory.")


def test_the_picture_of_strangers() -> None:
    made = report(
        stranger("api", replicas=3, DB_POOL_SIZE="-1"),
        stranger("worker", order="stop-first"),
        server("db", parent=STACK),
    )
    [picture] = made.pictures
    assert [(row.who, row.at_min, row.with_surge) for row in picture.rows] == [
        ("api", float("inf"), float("inf")),
        ("worker", 20, 20),
    ]
    assert (picture.name, picture.maximum, picture.usable) == ("db", 200, 190)
    assert json.loads(formats.as_json(made))["capacity"][0]["total"]["max"] is None
    assert "no limit" in formats.text(made)


def test_the_picture_of_a_pooler() -> None:
    [picture] = report(facts(pooler=True, connectionsNeeded=50, schedulerConnections=10)).pictures
    assert [row.who for row in picture.rows] == ["web", "scheduler"]
    assert picture.total == type(picture.total)("connections of the pooler", 30, 50, 50)


def test_no_picture_of_what_is_not_known() -> None:
    assert report(facts(min=UNKNOWN)).pictures == ()
