"""Every rule's cases, and that they are enough: no kind is missing, and each case fails without its rule alone."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from agno_ha_policies import RULES, Configuration, evaluate, evaluation
from policies.aws_cases import CASES as ON_AWS
from policies.cases import CASES as ON_DOCKER
from policies.cases import Case
from policies.kubernetes_cases import CASES as ON_KUBERNETES
from policies.stacks import Resource, facts, found

from policies import test_docker_rules, test_facts_rules

CASES = [*ON_DOCKER, *ON_KUBERNETES, *ON_AWS]
ELSEWHERE = {
    "SCALE-001",
    "POOL-001",
    "POOL-002",
    "SCALE-101",
    "SCALE-102",
    "POOL-101",
    "POOL-102",
    "POOL-103",
}
"""The first rules: their cases are in test_facts_rules.py and test_docker_rules.py, by kind instead of by rule."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    assert found(*case.stack) == case.expected


def test_every_rule_has_cases_of_every_kind() -> None:
    kinds = defaultdict(set)
    for case in CASES:
        kinds[case.rule].add(case.kind)
    complete = {"pass", "fail", "unknown", "not applicable"}
    assert {rule.id: kinds[rule.id] for rule in RULES if rule.id not in ELSEWHERE} == {
        rule.id: complete for rule in RULES if rule.id not in ELSEWHERE
    }


def all_stacks() -> list[tuple[list[Resource], set[tuple[str, str, str]]]]:
    """Every case of every file: the stack, and what is expected of it."""
    stacks = [(list(case.stack), set(case.expected)) for case in CASES]
    for resources, expected in (*test_docker_rules.FAIL.values(), *test_docker_rules.UNREADABLE.values()):
        stacks.append((resources, expected))
    for changes, paths in test_facts_rules.FAIL.values():
        stacks.append(([facts(**changes)], {(rule, "agno", path) for rule, path in paths}))
    return stacks


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_removing_a_rule_turns_exactly_its_own_cases_red(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone it finds exactly its own part of every case: without it just these parts are missing."""
    monkeypatch.setattr(evaluation, "RULES", (rule,))
    red = 0
    for resources, expected in all_stacks():
        own = {each for each in expected if each[0].rstrip("?") == rule.id}
        assert found(*resources) == own
        red += bool(own)
    assert red, "no case would notice"


def test_no_rule_shows_a_value_of_the_environment_or_of_a_file() -> None:
    for case in CASES:
        for finding in evaluate(case.stack, Configuration()):
            assert "hunter2" not in finding.text
