"""For the Prometheus operator: where the instances' metrics are, and what somebody should be woken for."""

from __future__ import annotations

from typing import Any

from agno_ha.targets.kubernetes.names import selector
from agno_ha.targets.kubernetes.scaling import WEB
from agno_ha.targets.kubernetes.scope import Scope

API = "monitoring.coreos.com/v1"


def create(scope: Scope) -> None:
    """Create both objects where they are asked for."""
    settings = scope.settings.monitoring
    if not settings.enabled:
        return
    monitor = {
        "selector": {"matchLabels": selector("web")},
        "namespaceSelector": {"matchNames": [scope.namespace]},
        "endpoints": [{"port": "http", "path": "/metrics", "interval": "15s"}],
    }
    scope.custom(API, "ServiceMonitor", WEB, monitor, labels=dict(settings.labels))
    groups = [{"name": scope.namespace, "rules": rules(scope)}]
    scope.custom(API, "PrometheusRule", WEB, {"groups": groups}, labels=dict(settings.labels))


def rules(scope: Scope) -> list[dict[str, Any]]:
    """Return the alerts, the table that an operator would read."""
    postgres = scope.topology.postgres
    pooled = postgres.pooler.enabled and postgres.pooler.mode == "transaction"
    usable = postgres.pooler.max_client_connections if pooled else postgres.usable_connections
    here = f'namespace="{scope.namespace}"'
    opened = f"sum(agno_db_pool_size{{{here}}} + agno_db_pool_overflow{{{here}}})"
    busy = f"max(agno_db_pool_in_use{{{here}}} / agno_db_pool_limit{{{here}}})"
    requests = f"sum(rate(agno_http_requests_total{{{here}}}[5m]))"
    failed = f'sum(rate(agno_http_requests_total{{{here},status=~"5.."}}[5m]))'
    restarts = f"sum(increase(kube_pod_container_status_restarts_total{{{here}}}[15m]))"
    count = f'kube_horizontalpodautoscaler_status_current_replicas{{{here},horizontalpodautoscaler="{WEB}"}}'
    ceiling = f'kube_horizontalpodautoscaler_spec_max_replicas{{{here},horizontalpodautoscaler="{WEB}"}}'
    table = (
        ("AgnoConnectionsNearBudget", f"{opened} > {0.9 * usable:g}", "5m", "critical",
         f"The pools have more than 90% of the {usable} usable connections open."),
        ("AgnoPoolSaturated", f"{busy} > 0.9", "5m", "warning",
         "An instance uses more than 90% of its pool: requests wait for connections."),
        ("AgnoErrors", f"{failed} / {requests} > 0.05", "5m", "critical",
         "More than 5% of the requests end in 5xx."),
        ("AgnoRestarts", f"{restarts} > 3", "0m", "warning",
         "Containers restarted more than three times in 15 minutes."),
        ("AgnoAtCeiling", f"{count} >= {ceiling} and {ceiling} > {scope.topology.scaling.min}", "15m", "warning",
         "The autoscaler is at scaling.max: raise it, within the connection budget."),
    )  # fmt: skip
    return [
        {
            "alert": name,
            "expr": expression,
            "for": lasting,
            "labels": {"severity": severity},
            "annotations": {"summary": summary},
        }
        for name, expression, lasting, severity, summary in table
    ]
