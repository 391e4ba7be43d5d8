"""What holds for every rule: no Pulumi needed, no value shown, no input that ends in an exception."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agno_ha_policies import RULES, UNKNOWN, Resource, evaluate
from agno_ha_policies.model import SERVICE
from hypothesis import given, settings
from hypothesis import strategies as st
from policies.stacks import AGNO, CONFIG, CONTAINER, DOCKER, STACK, VOLUME, facts, put

WITHOUT_PULUMI = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pulumi", "pulumi_policy", "pulumi_docker", "docker", "grpc"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
from agno_ha_policies import Resource, evaluate
findings = evaluate([Resource("u", "agno-ha:index:AgnoService", "a", "", {"min": 1})])
print(*{finding.rule for finding in findings if not finding.unknown})
"""
PATHS = [
    *("min", "max", "environment", "pooler", "connectionsNeeded", "poolSize", "mode", "name", "updateConfig"),
    *(
        "taskSpec.containerSpec",
        "taskSpec.containerSpec.args",
        "taskSpec.containerSpec.env",
        "mode.replicated",
    ),
    *(
        "data",
        "image",
        "envs",
        "command",
        "ports",
        "memory",
        "logOpts",
        "restart",
        "capabilities",
        "volumes",
        "labels",
    ),
    *(
        "endpointSpec.ports",
        "taskSpec.containerSpec.mounts",
        "taskSpec.containerSpec.stopGracePeriod",
        "idleTimeout",
    ),
    *(
        "taskSpec.logDriver",
        "taskSpec.restartPolicy",
        "taskSpec.resources",
        "taskSpec.containerSpec.healthcheck",
    ),
    *("taskSpec.containerSpec.image", "taskSpec.containerSpec.commands", "taskSpec.networksAdvanceds"),
    *(f"taskSpec.containerSpec.env.{name}" for name in ("DB_POOL_SIZE", "DB_POOLER", "WORKERS", "PGHOST")),
]
leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.just(UNKNOWN))
value = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


def test_no_pulumi_needed() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PULUMI], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("SCALE-001\n", "")


def test_ids_and_descriptions_are_complete() -> None:
    families = {rule.family for rule in RULES}
    assert families == {"SCALE", "POOL", "DB", "CACHE", "LB", "SEC", "OPS"}
    for rule in RULES:
        module = sys.modules[rule.check.__module__]
        assert re.fullmatch(r"[A-Z]+-[0-3]\d\d", rule.id)
        assert Path(str(module.__file__)).name.startswith(rule.id.lower().replace("-", "_")), rule.id
        assert str(module.__doc__).startswith(f"{rule.id}: "), rule.id
        assert all((rule.title, rule.rationale, rule.remediation)), rule.id
        assert all(info.description for info in rule.bounds.model_fields.values()), rule.id
        # 0xx looks at facts alone, so that it holds on every target.
        assert (rule.types == {SERVICE}) == (rule.id.partition("-")[2][0] == "0"), rule.id


@given(st.lists(st.tuples(st.sampled_from(PATHS), value), max_size=8), st.booleans())
@settings(max_examples=100, deadline=None)
def test_no_input_raises(changes: list[tuple[str, Any]], pooled: bool) -> None:
    props: dict[str, Any] = {"taskSpec": {"containerSpec": {"env": {"DB_POOL_SIZE": "5"} if pooled else {}}}}
    for path, what in changes:
        put(props, path, what)
    stack = [
        Resource(AGNO, "agno-ha:index:AgnoService", "agno", STACK, {**facts().props, **props}),
        Resource(f"{AGNO}-web", DOCKER, "agno-web", AGNO, props),
        Resource(f"{AGNO}-postgres", DOCKER, "agno-postgres", AGNO, {**props, "name": "db"}),
        Resource(f"{STACK}-db", DOCKER, "db", AGNO, {"taskSpec": {"containerSpec": {"image": "postgres"}}}),
        Resource(f"{AGNO}-redis", DOCKER, "agno-redis", AGNO, {**props, "name": "cache"}),
        *(
            Resource(f"{AGNO}-{kind}", kind, "agno-nginx-conf", AGNO, props)
            for kind in (CONFIG, CONTAINER, VOLUME)
        ),
    ]
    assert evaluate(stack) == sorted(evaluate(reversed(stack)))


@given(st.dictionaries(st.sampled_from([*PATHS, "taskSpec.containerSpec.env.AGNO_ROLE"]), st.just(None)))
@settings(max_examples=50, deadline=None)
def test_no_text_value_is_shown(replaced: dict[str, None]) -> None:
    for canary in ("hunter2-secret", "8675309", "-8675309"):
        props: dict[str, Any] = {
            "taskSpec": {"containerSpec": {"env": {"DB_POOL_SIZE": canary, "A": canary}}}
        }
        for path in replaced:
            put(props, path, canary)
        stack = [
            Resource(
                f"{STACK}-web", DOCKER, "web", STACK, {**props, "mode": {"replicated": {"replicas": 3}}}
            ),
            Resource(
                f"{STACK}-db", DOCKER, "db", STACK, {"taskSpec": {"containerSpec": {"image": "postgres"}}}
            ),
        ]
        assert canary not in "".join(finding.message for finding in evaluate(stack))


@pytest.mark.parametrize("room", ["capabilities", "plain_secrets", "view"])
def test_examples_in_the_code(room: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"agno_ha_policies.{room}"))
    assert (tried.failed, tried.attempted > 0) == (0, True)
