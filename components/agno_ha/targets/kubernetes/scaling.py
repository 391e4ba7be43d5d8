"""Scaling on Kubernetes: one autoscaler owns the number of instances, whether it may change or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.scope import Scope
from agno_ha.topology import Topology

KEDA = "keda.sh/v1alpha1"

WEB = "web"
"""Name of the Deployment, and of the HPA, KEDA's too: who takes over finds it."""

LONGEST_PERIOD = 1800
"""Seconds; what an HPA's policies look back at most."""

_SOMETHING = 80.0
"""CPU target where every one is off: an HPA has at least one metric, and with min = max it changes nothing."""


def surge(topology: Topology) -> int:
    """Return how many instances can exist above `scaling.max` while all are replaced.

    `maxSurge` counts the pods that are starting; it does not count those that stop. A pod that drains keeps its
    connections, up to its grace, and Kubernetes does not wait for it: at the end of a roll every old instance may
    still be there.
    """
    return topology.scaling.max


def create(scope: Scope, web: pulumi.Resource) -> None:
    """Create the autoscaler: an HPA of ours, or KEDA's ScaledObject, never both."""
    if scope.settings.scaling.autoscaler == "keda":
        _keda(scope, web)
    else:
        _hpa(scope, web)


def _hpa(scope: Scope, web: pulumi.Resource) -> None:
    scaling = scope.topology.scaling
    kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
        f"{scope.name}-{WEB}",
        metadata=scope.metadata(WEB),
        spec={
            "scaleTargetRef": _target(),
            "minReplicas": scaling.min,
            "maxReplicas": scaling.max,
            "metrics": list(_metrics(scope)),
            "behavior": behavior(scope.topology),
        },
        opts=scope.options(depends_on=[web]),
    )


def _metrics(scope: Scope) -> Iterator[dict[str, Any]]:
    for name, target in _utilization(scope.topology):
        # Of the container alone: what a service mesh puts beside it is not the app's load.
        yield {
            "type": "ContainerResource",
            "containerResource": {
                "name": name,
                "container": "agno",
                "target": {"type": "Utilization", "averageUtilization": round(target)},
            },
        }
    wanted, metric = scope.topology.scaling.requests_per_second, scope.settings.scaling.requests_metric
    if wanted is None or metric.name is None:
        return
    chosen: dict[str, Any] = {"name": metric.name}
    if metric.labels:
        chosen["selector"] = {"matchLabels": dict(metric.labels)}
    source: dict[str, Any] = {
        "metric": chosen,
        "target": {"type": "AverageValue", "averageValue": quantities.decimal(wanted)},
    }
    if metric.type == "object":
        source["describedObject"] = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": WEB}
    yield {"type": metric.type.capitalize(), metric.type: source}


def _keda(scope: Scope, web: pulumi.Resource) -> None:
    scaling, own = scope.topology.scaling, scope.settings.scaling
    triggers: list[dict[str, Any]] = [
        {
            "type": name,
            "metricType": "Utilization",
            "metadata": {"value": f"{round(target)}", "containerName": "agno"},
        }
        for name, target in _utilization(scope.topology)
    ]
    if scaling.requests_per_second is not None:
        # The probes are no load; a stream counts when it ends, as everywhere.
        query = own.query or (
            f'sum(rate(agno_http_requests_total{{namespace="{scope.namespace}",'
            'route!~"/health|/ready|/metrics"}[1m]))'
        )
        triggers.append(
            {
                "type": "prometheus",
                "metricType": "AverageValue",
                "metadata": {
                    "serverAddress": str(own.prometheus),
                    "query": query,
                    "threshold": f"{scaling.requests_per_second:g}",
                },
            }
        )
    spec = {
        "scaleTargetRef": _target(),
        "minReplicaCount": scaling.min,
        "maxReplicaCount": scaling.max,
        "pollingInterval": 15,
        "triggers": triggers,
        "advanced": {"horizontalPodAutoscalerConfig": {"name": WEB, "behavior": behavior(scope.topology)}},
    }
    # An HPA of ours of the same name, from before KEDA was chosen, is taken over with its count.
    annotations = {"scaledobject.keda.sh/transfer-hpa-ownership": "true"}
    scope.custom(KEDA, "ScaledObject", WEB, spec, annotations=annotations, depends_on=[web])


def _utilization(topology: Topology) -> Iterator[tuple[str, float]]:
    scaling = topology.scaling
    if scaling.cpu is not None:
        yield "cpu", scaling.cpu
    if scaling.memory is not None:
        yield "memory", scaling.memory
    if (scaling.cpu, scaling.memory, scaling.requests_per_second) == (None, None, None):
        yield "cpu", _SOMETHING


def behavior(topology: Topology) -> dict[str, Any]:
    """Return how fast the count changes: at most doubled in one `cooldown.out`, halved in one `cooldown.in`."""
    cooldown = topology.scaling.cooldown
    out, back = (min(LONGEST_PERIOD, quantities.seconds(seconds)) for seconds in (cooldown.out, cooldown.in_))
    return {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Percent", "value": 100, "periodSeconds": out},
                {"type": "Pods", "value": 2, "periodSeconds": out},
            ],
        },
        "scaleDown": {
            # As many as were needed at any time in it: a short lull ends nothing.
            "stabilizationWindowSeconds": quantities.seconds(cooldown.in_, least=0),
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 50, "periodSeconds": back}],
        },
    }


def _target() -> dict[str, str]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "name": WEB}
