"""Levels and bounds: what they change, and what is refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from agno_ha.configuration import ConfigurationError
from agno_ha_policies import Configuration, Settings, evaluate
from agno_ha_policies.model import Unread
from policies.aws_stacks import PARAMETERS, SERVICE
from policies.stacks import AGNO, STACK, UNKNOWN, facts, found, server, stranger

from policies import aws_stacks

BAD: dict[str, tuple[dict[Any, Any], str]] = {
    "unknown rule": (
        {"SCALE-0001": "advisory"},
        "policies/prod.yaml: SCALE-0001: there is no such rule. Did you mean SCALE-001?",
    ),
    "no name": (
        {1: "advisory"},
        "policies/prod.yaml: ?: there is no such rule. docs/policies.md lists them all.",
    ),
    "unknown property": (
        {"SCALE-001": {"flor": 2}},
        "policies/prod.yaml: SCALE-001.flor: unknown key. Did you mean `floor`?",
    ),
    "snake case": (
        {"POOL-002": {"min_size": 2}},
        "policies/prod.yaml: POOL-002.min_size: unknown key. Did you mean `minSize`?",
    ),
    "unknown level": (
        {"SCALE-001": "fatal"},
        "policies/prod.yaml: SCALE-001.level = fatal: must be mandatory, advisory or disabled. Choose one of them.",
    ),
    "no level that can be": (
        {"SCALE-001": {"unknown": ["advisory"]}},
        "policies/prod.yaml: SCALE-001.unknown: must be mandatory, advisory or disabled. Choose one of them.",
    ),
    "wrong kind": (
        {"SCALE-001": {"floor": "two"}},
        "policies/prod.yaml: SCALE-001.floor = two: must be a whole number. Write digits only, without quotes.",
    ),
    "impossible value": (
        {"SCALE-001": {"floor": 0}},
        "policies/prod.yaml: SCALE-001.floor = 0: not between 1 and 1000. Choose a value between the two.",
    ),
    "floor above ceiling": (
        {"SCALE-001": {"floor": 51}},
        "policies/prod.yaml: SCALE-001.floor = 51: more than ceiling = 50. Lower it, or raise ceiling.",
    ),
    "least above largest": (
        {"POOL-102": {"minSize": 21, "minOverflow": 21}},
        "policies/prod.yaml: POOL-102.minOverflow = 21: more than maxOverflow = 20. Lower it, or raise maxOverflow.\n"
        "policies/prod.yaml: POOL-102.minSize = 21: more than maxSize = 20. Lower it, or raise maxSize.",
    ),
    "lowest above highest": (
        {"SCALE-002": {"lowest": 90.0}},
        "policies/prod.yaml: SCALE-002.lowest = 90: more than highest = 85. Lower it, or raise highest.",
    ),
    "a duration without unit": (
        {"POOL-003": {"longest": 10}},
        "policies/prod.yaml: POOL-003.longest = 10: must be a duration. Write a number and a unit (ms, s, m, h, d), "
        "such as 30s.",
    ),
    "not a map": (
        {"SCALE-001": 3},
        "policies/prod.yaml: SCALE-001: must be a level or a section. Write mandatory, advisory, disabled, or "
        "indented settings.",
    ),
    "a property for a family": (
        {"SCALE": {"floor": 2}},
        "policies/prod.yaml: SCALE.floor: is no level. Give it to a rule, by its id.",
    ),
    "a property for all": (
        {"all": {"floor": 2}},
        "policies/prod.yaml: all.floor: is no level. Give it to a rule, by its id.",
    ),
    "a property where there is none": (
        {"SCALE-102": {"floor": 2}},
        "policies/prod.yaml: SCALE-102.floor: unknown key. Remove it.",
    ),
    "all problems at once": (
        {"X": "advisory", "POOL-001": {"headroom": -1}},
        "policies/prod.yaml: POOL-001.headroom = -1: not between 0 and 10000. Choose a value between the two.\n"
        "policies/prod.yaml: X: there is no such rule. docs/policies.md lists them all.",
    ),
}


def prod(data: dict[str, Any]) -> Configuration:
    usual = Configuration()
    return Configuration({**usual.settings, "prod": Settings.parse(data)})


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.parse(data, "prod", "policies/prod.yaml")
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, {("SCALE-001", "mandatory"), ("SCALE-001?", "mandatory")}),
        ({"SCALE-001": "advisory"}, {("SCALE-001", "advisory"), ("SCALE-001?", "advisory")}),
        ({"SCALE-001": {"unknown": "advisory"}}, {("SCALE-001", "mandatory"), ("SCALE-001?", "advisory")}),
        ({"SCALE": {"unknown": "advisory"}}, {("SCALE-001", "mandatory"), ("SCALE-001?", "advisory")}),
        (
            {"all": "advisory", "SCALE": {"unknown": "disabled"}, "SCALE-001": {"level": "mandatory"}},
            {("SCALE-001", "mandatory")},
        ),
        (
            {"SCALE": "disabled", "SCALE-001": "advisory"},
            {("SCALE-001", "advisory"), ("SCALE-001?", "advisory")},
        ),
        ({"SCALE-001": "disabled"}, set()),
        (
            {"SCALE-001": {"level": "advisory", "unknown": "mandatory"}},
            {("SCALE-001", "advisory"), ("SCALE-001?", "advisory")},
        ),
        ({"all": "disabled"}, set()),
    ],
)
def test_levels(data: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    findings = evaluate([facts(min=1, environment=UNKNOWN)], prod(data))
    assert {(finding.rule + "?" * finding.unknown, finding.level) for finding in findings} == expected


@pytest.mark.parametrize(
    ("environment", "rule", "level"),
    [
        ("prod", "POOL-001", "mandatory"),
        ("staging", "SCALE-101", "mandatory"),
        ("dev", "POOL-001", "advisory"),
        ("prod", "DB-001", "advisory"),
        ("prod", "SEC-103", "advisory"),
        ("dev", "DB-003", "disabled"),
    ],
)
def test_preset_levels_of_what_could_not_be_checked(environment: Any, rule: str, level: str) -> None:
    from agno_ha_policies import RULES

    [wanted] = [each for each in RULES if each.id == rule]
    assert Settings(environment).level(wanted, Unread("is not known yet")) == level


@pytest.mark.parametrize(
    ("environment", "bounds", "minimum", "passes"),
    [
        ("prod", {}, 1, False),
        ("prod", {"floor": 1}, 1, True),
        ("dev", {}, 1, True),
        ("dev", {"ceiling": 20}, 1, True),
        ("dev", {"floor": 2.0}, 1, False),
    ],
)
def test_configured_above_preset_above_default(
    environment: Any, bounds: dict[str, Any], minimum: int, passes: bool
) -> None:
    usual = Configuration()
    settings = {**usual.settings, environment: Settings.parse({"SCALE-001": bounds}, environment)}
    stack = [facts(environment=environment, min=minimum)]
    assert (evaluate(stack, Configuration(settings)) == []) is passes


@pytest.mark.parametrize(("headroom", "passes"), [(150, True), (151, False)])
def test_headroom(headroom: int, passes: bool) -> None:
    both = prod({rule: {"headroom": headroom} for rule in ("POOL-001", "POOL-101")})
    assert (evaluate([stranger(), server("db", parent=STACK)], both) == []) is passes
    needed = facts(connectionsNeeded=80, connectionsUsable=230, maxConnections=240, workMem=1024**2)
    assert (evaluate([needed], both) == []) is passes


@pytest.mark.parametrize(("headroom", "passes"), [(17, True), (18, False)])
def test_headroom_on_ecs(headroom: int, passes: bool) -> None:
    """Nine tasks and as many in a roll open 180 of 200, of which Postgres keeps 3."""
    stack = [aws_stacks.task(), aws_stacks.aws(SERVICE, desiredCount=9), aws_stacks.aws(PARAMETERS, "db")]
    expected = set() if passes else {("POOL-301", "db", "parameters.0.value")}
    assert found(*stack, configuration=prod({"POOL-301": {"headroom": headroom}})) == expected


def test_headroom_of_a_pooler() -> None:
    pooled = facts(pooler=True, connectionsNeeded=50)
    assert found(pooled, configuration=prod({"POOL-004": {"headroom": 140}})) == set()
    assert found(pooled, configuration=prod({"POOL-004": {"headroom": 141}})) == {
        ("POOL-004", "agno", "poolerPoolSize")
    }


def test_digests_where_they_are_asked_for() -> None:
    image = ("SEC-106", "api", "taskSpec.containerSpec.image")
    assert found(stranger(), configuration=prod({"SEC-106": {"digest": True}})) == {image}


def test_what_belongs_to_no_service_has_the_stacks_environment() -> None:
    one = [stranger(replicas=1)]
    assert {finding.rule for finding in evaluate(one, Configuration(environment="dev"))} == set()
    assert {finding.rule for finding in evaluate(one)} == {"SCALE-101"}


def write(directory: Path, **files: str) -> Path:
    pack = directory / "policies"
    pack.mkdir()
    for name, text in files.items():
        (pack / f"{name}.yaml").write_text(text)
    return pack


def test_files_of_a_pack(tmp_path: Path) -> None:
    pack = write(
        tmp_path,
        dev="SCALE-001: {ceiling: 12}",
        prod="OPS: advisory",
        exceptions="exceptions: [{rule: LB-003, urn: '*', reason: why not, expires: 2030-01-31}]",
    )
    made = Configuration.load(pack, "staging")
    assert made.environment == "staging"
    assert made.settings["dev"].given["SCALE-001"].model_dump() == {"floor": 1, "ceiling": 12}
    assert [entry.rule for entry in made.exceptions] == ["LB-003"]


@pytest.mark.parametrize("environment", [None, "qa", 3, "production"])
def test_an_environment_of_its_own_is_prod(environment: object, tmp_path: Path) -> None:
    assert Configuration.load(tmp_path / "nowhere", environment).environment == "prod"


def test_every_problem_of_every_file(tmp_path: Path) -> None:
    pack = write(
        tmp_path,
        dev="SCAL: advisory",
        staging="[1]",
        prod="OPS-101: {memory: 1}",
        exceptions="""\
exceptions:
- {rule: LB-3, urn: '*', reason: x, expires: 2030-01-01}
- {rule: LB-003}
- {rule: LB-003, urn: '*', reason: x, expires: soon}
more: 1
""",
    )
    with pytest.raises(ConfigurationError) as raised:
        Configuration.load(pack, "dev")
    assert str(raised.value).splitlines() == [
        "policies/dev.yaml: SCAL: there is no such rule. Did you mean SCALE?",
        "policies/exceptions.yaml: exceptions.0.rule = LB-3: there is no such rule. docs/policies.md lists them all.",
        "policies/exceptions.yaml: exceptions.1.expires: is required. Add it.",
        "policies/exceptions.yaml: exceptions.1.reason: is required. Add it.",
        "policies/exceptions.yaml: exceptions.1.urn: is required. Add it.",
        "policies/exceptions.yaml: exceptions.2.expires = soon: must be a day. "
        "Write it like 2027-03-31, without quotes.",
        "policies/exceptions.yaml: more: unknown key. Write `exceptions:` and a list below it.",
        "policies/prod.yaml: OPS-101.memory: unknown key. Remove it.",
        "staging.yaml: file: not a mapping. Write settings as `name: value` lines.",
    ]


def test_a_list_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"exceptions: must be a list. Begin each entry with `- rule:`."
    ):
        Configuration.load(write(tmp_path, exceptions="exceptions: {rule: LB-003}"))


def test_no_value_of_an_exception_is_lost(tmp_path: Path) -> None:
    pack = write(
        tmp_path, exceptions=f"exceptions: [{{rule: LB-003, urn: '{AGNO}', reason: r, expires: 2030-01-31}}]"
    )
    [entry] = Configuration.load(pack).exceptions
    assert (entry.urn, entry.expires) == (AGNO, datetime.date(2030, 1, 31))
