"""Levels and bounds: what they change, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from agno_ha_policies import Configuration, PolicyConfigurationError, evaluate
from policies.stacks import STACK, UNKNOWN, facts, server, stranger

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown rule": (
        {"SCALE-0001": "advisory"},
        "SCALE-0001: there is no such rule. Did you mean SCALE-001?",
    ),
    "unknown property": (
        {"SCALE-001": {"flor": 2}},
        "SCALE-001.flor: there is no such property. Did you mean floor?",
    ),
    "snake case": (
        {"POOL-002": {"min_size": 2}},
        "POOL-002.min_size: there is no such property. Did you mean minSize?",
    ),
    "unknown level": (
        {"SCALE-001": "fatal"},
        "SCALE-001.enforcementLevel: must be one of mandatory, advisory, disabled.",
    ),
    "no level that can be": (
        {"SCALE-001": {"enforcementLevel": ["advisory"]}},
        "SCALE-001.enforcementLevel: must be one of mandatory, advisory, disabled.",
    ),
    "wrong kind": (
        {"SCALE-001": {"floor": "two"}},
        "SCALE-001.floor: Input should be a valid integer, unable to parse string as an integer.",
    ),
    "impossible value": (
        {"SCALE-001": {"floor": 0}},
        "SCALE-001.floor: Input should be greater than or equal to 1.",
    ),
    "floor above ceiling": ({"SCALE-001": {"floor": 51}}, "SCALE-001: floor is above ceiling."),
    "least above largest": (
        {"POOL-102": {"minSize": 21}},
        "POOL-102: a least value is above the largest one.",
    ),
    "not a map": ({"SCALE-001": 3}, "SCALE-001: must be a level or a map of properties."),
    "a property for what could not be checked": (
        {"SCALE-001-unknown": {"floor": 2}},
        "SCALE-001-unknown: has a level only, not floor.",
    ),
    "a property for all": ({"all": {"floor": 2}}, "all: has a level only, not floor."),
    "a property where there is none": (
        {"SCALE-102": {"floor": 2}},
        "SCALE-102.floor: there is no such property. It has none.",
    ),
    "all problems at once": (
        {"X": "advisory", "POOL-001": {"headroom": -1}},
        "X: there is no such rule. There are POOL-001, POOL-002, POOL-101, POOL-102, POOL-103, SCALE-001, "
        "SCALE-101, SCALE-102.\nPOOL-001.headroom: Input should be greater than or equal to 0.",
    ),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyConfigurationError) as raised:
        Configuration.parse(data)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, {("SCALE-001", "mandatory"), ("SCALE-001?", "mandatory")}),
        ({"SCALE-001": "advisory"}, {("SCALE-001", "advisory"), ("SCALE-001?", "mandatory")}),
        ({"SCALE-001-unknown": "advisory"}, {("SCALE-001", "mandatory"), ("SCALE-001?", "advisory")}),
        (
            {"all": "advisory", "SCALE-001": "mandatory"},
            {("SCALE-001", "mandatory"), ("SCALE-001?", "advisory")},
        ),
        ({"SCALE-001": "disabled"}, {("SCALE-001?", "mandatory")}),
        ({"all": "disabled"}, set()),
    ],
)
def test_levels(data: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    findings = evaluate([facts(min=1, environment=UNKNOWN)], Configuration.parse(data))
    assert {(finding.rule + "?" * finding.unknown, finding.level) for finding in findings} == expected


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
    environment: str, bounds: dict[str, Any], minimum: int, passes: bool
) -> None:
    stack = [facts(environment=environment, min=minimum)]
    assert (evaluate(stack, Configuration.parse({"SCALE-001": bounds})) == []) is passes


@pytest.mark.parametrize(("headroom", "passes"), [(150, True), (151, False)])
def test_headroom(headroom: int, passes: bool) -> None:
    both = Configuration.parse({rule: {"headroom": headroom} for rule in ("POOL-001", "POOL-101")})
    assert (evaluate([stranger(), server("db", parent=STACK)], both) == []) is passes
    needed = facts(connectionsNeeded=80, connectionsUsable=230, maxConnections=240)
    assert (evaluate([needed], both) == []) is passes
