"""What holds for the rules on Kubernetes, whatever an object is: no exception, one answer, no value shown."""

from __future__ import annotations

from typing import Any

from agno_ha_policies import UNKNOWN, Resource, evaluate
from agno_ha_policies.kubernetes import kinds
from hypothesis import given, settings
from hypothesis import strategies as st
from policies.kubernetes_stacks import env, pods
from policies.stacks import AGNO, STACK, changed, facts, put
from policies.test_package import value

KINDS = sorted(
    {text for name, text in vars(kinds).items() if name.isupper() and isinstance(text, str)} - {kinds.POD}
)
PATHS = [
    *(
        "metadata",
        "metadata.name",
        "metadata.annotations",
        "spec",
        "spec.template",
        "spec.template.spec",
        "data",
    ),
    *(
        "spec.replicas",
        "spec.strategy",
        "spec.strategy.rollingUpdate",
        "spec.minReplicas",
        "spec.maxReplicaCount",
    ),
    *(
        "spec.scaleTargetRef",
        "spec.postgresql",
        "spec.postgresql.parameters",
        "spec.instances",
        "spec.resources",
    ),
    *("spec.ports", "spec.type", "spec.tls", "spec.maxUnavailable", "spec.podSelector", "spec.policyTypes"),
    *("spec.template.spec.volumes", "spec.template.spec.securityContext", "spec.template.spec.hostNetwork"),
    *("spec.template.spec.terminationGracePeriodSeconds", "spec.volumeClaimTemplates"),
]
CONTAINER = st.dictionaries(
    st.sampled_from(["image", "env", "args", "command", "livenessProbe", "lifecycle", "securityContext",
                     "resources", "volumeMounts"]),
    value | st.lists(st.fixed_dictionaries({"name": value, "value": value}), max_size=3),
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(PATHS), value), max_size=6),
    st.lists(CONTAINER | value, max_size=2) | st.just(UNKNOWN),
)
@settings(max_examples=300, deadline=None)
def test_any_object_has_one_answer(changes: list[tuple[str, Any]], containers: Any) -> None:
    props: dict[str, Any] = {"spec": {"template": {"spec": {"containers": containers}}}}
    for path, what in changes:
        put(props, path, what)
    named = {
        kinds.CONFIG_MAP: "agno-nginx-conf",
        kinds.CLUSTER: "agno-postgres",
        kinds.STATEFUL_SET: "agno-redis",
    }
    stack = [
        Resource(AGNO, "agno-ha:index:AgnoService", "agno", STACK, facts().props),
        *(
            Resource(f"{AGNO}-{kind}", kind, named.get(kind, "agno-web"), AGNO, props)
            for kind in KINDS
            if kind.startswith("kubernetes:")
        ),
    ]
    assert evaluate(stack) == sorted(evaluate(reversed(stack)))


def test_no_value_of_a_pod_is_shown() -> None:
    canary = "hunter2-secret"
    values = dict.fromkeys(
        ("DB_POOL_SIZE", "WORKERS", "DB_POOL_TIMEOUT", "DRAIN_DELAY", "API_KEY", "URL"), canary
    )
    container = {"env": env(**{**values, "URL": f"http://a:{canary}@b"}), "args": ["--password", canary]}
    stack = [pods(kind, "x", container) for kind in sorted(kinds.PODS)]
    stack.append(
        changed(pods(kinds.STATEFUL_SET, "db", {"image": "postgres:1", "args": ["-c", f"fsync={canary}"]}))
    )
    findings = evaluate(stack)
    assert findings
    assert canary not in "".join(finding.message for finding in findings)
