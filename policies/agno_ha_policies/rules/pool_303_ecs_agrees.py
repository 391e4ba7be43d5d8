"""POOL-303: the pools and the limit on AWS against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import PARAMETERS, TASK
from agno_ha_policies.aws.parameters import whole
from agno_ha_policies.aws.pools import OVERFLOW, SIZE, WORKERS, setting
from agno_ha_policies.aws.tasks import apps, is_unknown
from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own web task and parameter group with its facts."""
    if view.owner is None:
        return
    if view.resource.type == PARAMETERS and view.name == f"{view.owner.name}-postgres":
        found = whole(view, "max_connections")
        if found is not None:
            yield from differs(
                view, found[0], "max_connections", found[1], "maxConnections", "postgres.maxConnections"
            )
    # Not known before the first deployment: whatever changes them later is seen then.
    if view.resource.type != TASK or view.name != f"{view.owner.name}-web" or is_unknown(view):
        return
    for container in apps(view):
        for name, fact, of in (
            (SIZE, "poolSize", "postgres.pool.size"),
            (OVERFLOW, "poolOverflow", "postgres.pool.overflow"),
            (WORKERS, "workers", "app.workers"),
        ):
            path = container.path(f"environment.{name}")
            yield from differs(view, path, name, setting(view, container, name), fact, of)


RULE = ResourceRule(
    id="POOL-303",
    title="Pools and limits on AWS agree with the facts",
    severity="critical",
    rationale="The connection budget is made from the facts; a pool or a limit that something else sets makes "
    "it wrong.",
    remediation="Let the topology decide them.",
    bounds=NoBounds,
    types=frozenset({TASK, PARAMETERS}),
    check=check,
)
