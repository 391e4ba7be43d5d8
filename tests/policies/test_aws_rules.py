"""What holds for every rule on AWS, whatever stands in the resources."""

from __future__ import annotations

import json
from typing import Any

from agno_ha_policies import UNKNOWN, Resource, evaluate
from hypothesis import given, settings
from hypothesis import strategies as st
from policies.aws_stacks import GOOD, PARAMETERS, SCALING, SERVICE, TASK, aws, task
from policies.stacks import AGNO, DROP, changed, facts, found, put

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(UNKNOWN)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)
PATHS = [
    *{path for props in GOOD.values() for path in props},
    *(
        "healthCheck.path",
        "deploymentCircuitBreaker.enable",
        "networkConfiguration.assignPublicIp",
        "numNodeGroups",
    ),
    *(
        "clusterMode",
        "userGroupIds",
        "desiredCount",
        "deploymentController",
        "type",
        "taskDefinition",
        "schedulingStrategy",
        "engineMode",
        "replicationGroupId",
        "name",
        "containerDefinitions",
    ),
]
NAMES = [
    "environment",
    "secrets",
    "user",
    "image",
    "stopTimeout",
    "essential",
    "name",
    "privileged",
    "logConfiguration",
]


@given(st.lists(st.tuples(st.sampled_from(sorted(PATHS)), VALUE), max_size=8), st.sampled_from([AGNO, ""]))
@settings(max_examples=100, deadline=None)
def test_no_input_raises(changes: list[tuple[str, Any]], parent: str) -> None:
    stack: list[Resource] = [facts()]
    for kind in [*GOOD, TASK]:
        base = task("agno-web", parent) if kind == TASK else aws(kind, "agno-scaling", parent)
        props = {**base.props}
        for path, value in changes:
            put(props, path, value)
        stack.append(Resource(f"{base.urn}-{kind}", kind, base.name, parent, props))
    assert evaluate(stack) == sorted(evaluate(reversed(stack)))


@given(st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(),
       st.text(max_size=9), st.lists(st.text(max_size=3), max_size=2))))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_no_container_raises(given_: dict[str, Any]) -> None:
    text = json.dumps(
        [{"name": "app", "environment": [{"name": "DB_POOL_SIZE", "value": "5"}], **given_}, 5, None]
    )
    evaluate([task(text=text), task("agno-web", AGNO, text=text), facts()])


def own(*, text: Any) -> list[Resource]:
    """What an AgnoService with a scheduler makes, before anything of it exists: no ARN is known, nor a host."""
    tasks = {
        room: task(f"agno-{room}", AGNO, env={"AGNO_ROLE": room}, text=text) for room in ("web", "scheduler")
    }

    def service(room: str, **more: Any) -> Resource:
        made_of = {"taskDefinition": (tasks[room].urn,)}
        return aws(SERVICE, f"agno-{room}", AGNO, taskDefinition=UNKNOWN, made_of=made_of, **more)

    web = service("web", ignored=("desiredCount",))
    scheduler = service("scheduler", loadBalancers=DROP, desiredCount=1, deploymentMaximumPercent=100)
    target = aws(
        SCALING, "agno-scaling", AGNO, resourceId=UNKNOWN, made_of={"resourceId": ("urn:cluster", web.urn)}
    )
    limit = aws(PARAMETERS, "agno-postgres", AGNO)
    return [facts(), *tasks.values(), web, scheduler, target, limit]


def test_the_first_preview_is_not_stopped() -> None:
    """The hosts of the stores are not known before the first deployment: nothing mandatory may come of it."""
    stack = own(text=UNKNOWN)
    findings = evaluate(stack)
    assert {finding.level for finding in findings} == {"advisory"}
    assert all(finding.unknown for finding in findings)
    assert not any(rule.startswith(("POOL", "SCALE")) for rule, _, _ in found(*stack))


def test_nor_is_that_of_a_program_without_this_package() -> None:
    """Its containers hold a host too. They are asked for again before they are made, and in the next preview."""
    worker = aws(
        SERVICE,
        "worker",
        loadBalancers=DROP,
        desiredCount=DROP,
        taskDefinition=UNKNOWN,
        made_of={"taskDefinition": (task().urn,)},
    )
    stack = [task(text=UNKNOWN), worker, aws(SCALING, resourceId="service/cluster/worker"), aws(PARAMETERS)]
    findings = evaluate(stack)
    assert {finding.level for finding in findings} == {"advisory"}
    assert {"POOL-302", "POOL-301", "SCALE-301"} <= {finding.rule for finding in findings if finding.unknown}


def test_where_the_stores_are_external_the_first_preview_is_counted() -> None:
    stack = own(text=None)
    assert found(*stack) == set()
    # 4 tasks of 10 connections and as many in a roll, and the scheduler's 10, with 10 reserved.
    assert found(*stack[:-1], changed(stack[-1], parameters__0__value="100")) == {
        ("POOL-303", "agno-postgres", "parameters.0.value")
    }
    assert found(*stack[:-1], changed(stack[-1], parameters__0__value="99")) == {
        ("POOL-301", "agno-postgres", "parameters.0.value"),
        ("POOL-303", "agno-postgres", "parameters.0.value"),
    }
