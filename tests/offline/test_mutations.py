"""Each mutation is noticed by exactly its rules, and each is needed: it reaches a line that no other does."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agno_ha.check import resources_of
from agno_ha_policies import Configuration, Finding, Resource, evaluate, rules
from agno_ha_policies.view import View
from policies.stacks import changed

from . import aws_mutations, kubernetes_mutations
from .conftest import Evaluate
from .ecs import EcsEvaluate, ecs
from .mutations import MUTATIONS as ON_DOCKER
from .mutations import Mutation

__all__ = ["ecs"]

RULES = Path(rules.__path__[0])
MUTATIONS = [*ON_DOCKER, *kubernetes_mutations.MUTATIONS, *aws_mutations.MUTATIONS]
Stack = dict[str, Resource]
Site = tuple[str, int, str, str]
"""Rule file, line, property, first words of the message: one branch of one rule."""


@pytest.fixture
def stacks(evaluate: Evaluate, ecs: EcsEvaluate) -> dict[str, Stack]:
    made = {
        "dev": evaluate(),
        "pooled": evaluate({"postgres": {"pooler": {"enabled": True}}}),
        "one target": evaluate({"scaling": {"memory": None}}),
        "prod": evaluate({"loadBalancer": {"tls": {"mode": "generated"}}}, environment="prod"),
        **kubernetes_mutations.stacks(evaluate),
        "ecs prod": ecs(),
        "scheduled ecs prod": ecs(topology={"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}}),
    }
    named = {name: {each.urn: each for each in resources_of(plan)} for name, plan in made.items()}
    named["beside prod"] = {each.urn: each for each in aws_mutations.BESIDE}
    # What the Docker target can't offer, and a target for production does.
    for urn, resource in named["prod"].items():
        if resource.name == "agno":
            named["prod"][urn] = changed(resource, failover=True, backupRetention=604800.0)
    return named


def broken(stack: Stack, mutation: Mutation) -> list[Resource]:
    kinds = {"agno-redis-data": "Volume", "agno": "AgnoService"}
    kind = kinds.get(mutation.name, "ServiceConfig" if mutation.path == "data" else "Service")
    kind = mutation.kind or kind
    [target] = [
        each for each in stack.values() if each.name == mutation.name and each.type.endswith(f":{kind}")
    ]
    value = mutation.value(reach(target.props, mutation.path)) if callable(mutation.value) else mutation.value
    if mutation.path in ("protect", "ignored"):
        other: Any = {mutation.path: value}
        return [replace(each, **other) if each is target else each for each in stack.values()]
    broken = changed(target, **{mutation.path: value})
    assert broken.props != target.props, "nothing was broken"
    return [broken if each is target else each for each in stack.values()]


def reach(props: Any, path: str) -> Any:
    for part in path.split("."):
        props = props[int(part)] if isinstance(props, list) else props[part]
    return props


def seen(finding: Finding) -> tuple[str, str]:
    return finding.rule + "?" * finding.unknown, finding.resource


def test_the_stacks_are_good(stacks: dict[str, Stack]) -> None:
    for name, stack in stacks.items():
        environment: Any = "prod" if name.endswith("prod") else "dev"
        assert evaluate_(stack.values(), environment) == [], name


def evaluate_(resources: Any, environment: Any) -> list[Finding]:
    return evaluate(resources, Configuration(environment=environment))


def test_exactly_the_rules_that_should_notice(
    stacks: dict[str, Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    sites: list[set[Site]] = []
    reached: set[Site] = set()
    violation = View.violation

    def recorded(view: View[Any], path: str, message: str) -> Any:
        file, line = caller()
        reached.add((file, line, path, " ".join(message.split()[:3])))
        return violation(view, path, message)

    monkeypatch.setattr(View, "violation", recorded)
    wrong = []
    for mutation in MUTATIONS:
        reached.clear()
        findings = evaluate_(broken(stacks[mutation.base], mutation), "dev")
        found = {seen(finding) for finding in findings}
        if found != mutation.findings:
            wrong.append(f"{mutation}: {sorted(found)}")
        assert "hunter2" not in "".join(finding.text for finding in findings)
        active = tuple(finding.rule.lower().replace("-", "_") for finding in findings)
        sites.append({site for site in reached if site[0].startswith(active)})
    assert wrong == []
    needless = [
        str(mutation)
        for index, mutation in enumerate(MUTATIONS)
        if "?" not in mutation.expected  # which reaches what can't be checked
        and not sites[index] - set().union(*sites[:index], *sites[index + 1 :])
    ]
    assert not needless, "\n".join(["these reach no branch of their own:", *needless])
    covered = {(file, line) for each in sites for file, line, _, _ in each}
    missed = [
        f"{file}:{first}"
        for file, first, last in violations()
        if not any(name == file and first <= line <= last for name, line in covered)
    ]
    assert not missed, "\n".join(["no mutation reaches these:", *missed])


def caller() -> tuple[str, int]:
    """The rule's line, also where the violation is made by a helper, or by the rule of another target."""
    frame: Any = sys._getframe(2)
    lines: list[tuple[str, int]] = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent == RULES:
            lines.append((path.name, frame.f_lineno))
        frame = frame.f_back
    return next(line for line in lines if line[0] == lines[-1][0])


def violations() -> Iterator[tuple[str, int, int]]:
    """Every place in the rules that makes a violation: file, first and last line."""
    for path in sorted(RULES.glob("*_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in (
                "violation",
                "differs",
            ):
                yield path.name, node.lineno, node.end_lineno or node.lineno
