"""The instances: interchangeable `web` pods whose number an autoscaler owns, and the optional `scheduler`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Literal

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.contract import UID
from agno_ha.environment import SECRETS, role_environment, secret_file
from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.names import selector
from agno_ha.targets.kubernetes.pod import Container, probe, template
from agno_ha.targets.kubernetes.scope import Scope, memory
from agno_ha.targets.kubernetes.store import service
from agno_ha.topology.load_balancer import SCRATCH

_STORES_ANSWER = 6.0
"""Seconds in which `/ready` says that a store does not answer: the image gives each five."""

_PATIENCE = 4
"""How much longer than the topology says until a pod is killed. It is out of rotation by `/ready` long before, and
one that only has no cpu left is not mended by a start, which takes more: killing such pods takes all of them down."""

MAX_SURGE = "25%"
"""Share of the instances that are started beside the others in a roll; Kubernetes' default."""


def create(
    scope: Scope,
    *,
    environment: Mapping[str, str],
    secrets: Mapping[str, pulumi.Output[str]],
    depends_on: Sequence[pulumi.Resource],
) -> kubernetes.apps.v1.Deployment:
    """Create the instances, and the scheduler where asked for.

    Args:
        scope: where they belong.
        environment: the image contract's plain variables.
        secrets: environment name → value; each is a file, named by `NAME_FILE`.
        depends_on: the stores.
    """
    app = scope.topology.app
    mounted = scope.secret("app", {name.lower(): value for name, value in secrets.items()}, path=SECRETS)
    named = {f"{name}_FILE": secret_file(name) for name in secrets}

    def deployment(
        role: Literal["web", "scheduler"], *, cpu: float, memory_limit: int, strategy: Mapping[str, Any]
    ) -> kubernetes.apps.v1.Deployment:
        shared: dict[str, Any] = {
            "image": scope.images.app,
            "cpu": cpu,
            "memory": memory_limit,
            "env": {**environment, **role_environment(scope.topology, role), **named},
            "files": [mounted, memory("/tmp", quantities.size(SCRATCH))],  # noqa: S108
        }
        container = Container(
            name="agno",
            ports={"http": app.port},
            probes=_probes(scope),
            before_stop=_before_stop(app.drain.delay),
            **shared,
        )
        # The instance ensures it too, and finds nothing to do: here a failure has a name and a log of its own.
        schema = Container(name="schema", command=["python", "-m", "agno_ha_image.schema"], **shared)
        return kubernetes.apps.v1.Deployment(
            f"{scope.name}-{role}",
            metadata=scope.metadata(role),
            # No `replicas`: a number here would take back, at every update, what the autoscaler decided.
            spec={
                "selector": {"matchLabels": selector(role)},
                "strategy": dict(strategy),
                "template": template(
                    scope,
                    role,
                    container,
                    uid=UID,
                    grace=quantities.seconds(app.drain.delay, least=0) + app.drain.grace,
                    before=[schema],
                    spread=role == "web",
                ),
            },
            opts=scope.options(depends_on=depends_on, wait=True),
        )

    service(scope, "web", {"http": app.port})
    disruption(scope, "web")
    web = deployment(
        "web",
        cpu=app.cpu,
        memory_limit=app.memory,
        strategy={
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": MAX_SURGE, "maxUnavailable": 0},
        },
    )
    if app.scheduler.enabled:
        # The old one goes first: two at once would be more connections than counted.
        deployment(
            "scheduler",
            cpu=app.scheduler.cpu,
            memory_limit=app.scheduler.memory,
            strategy={"type": "Recreate"},
        )
    return web


def disruption(scope: Scope, component: str) -> None:
    """Let a drain take one pod at a time, and always one: a budget that allows none would block it for ever."""
    kubernetes.policy.v1.PodDisruptionBudget(
        f"{scope.name}-{component}",
        metadata=scope.metadata(component),
        spec={
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(component)},
            # A pod that is not ready serves nobody, and must not hold a node up.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
        opts=scope.options(),
    )


def _probes(scope: Scope) -> dict[str, Any]:
    """Alive is asked of the process alone, ready of the stores too: what is not ready is left out, never killed."""
    health = scope.topology.app.health
    alive = {"httpGet": {"path": "/health", "port": "http"}}
    starting = health.retries + ceil(health.start_period / quantities.seconds(health.interval))
    return {
        "startupProbe": probe(alive, period=health.interval, timeout=health.timeout, failures=starting),
        "livenessProbe": probe(
            alive, period=health.interval, timeout=health.timeout, failures=_PATIENCE * health.retries
        ),
        "readinessProbe": probe(
            {"httpGet": {"path": "/ready", "port": "http"}}, period=5, timeout=_STORES_ANSWER, failures=2
        ),
    }


def _before_stop(delay: float) -> Mapping[str, Any] | None:
    # It serves as before while it is taken out of DNS and of the node's rules; then, told to stop, it says so to
    # who still comes, for as long again.
    return {"sleep": {"seconds": quantities.seconds(delay)}} if delay else None
