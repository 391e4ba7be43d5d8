"""PgBouncer on Kubernetes: many client connections on few of the server's."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.environment import SECRETS, Server
from agno_ha.servers import PGBOUNCER_PORT, PGBOUNCER_UID, pgbouncer_configuration, pgbouncer_users
from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.names import selector
from agno_ha.targets.kubernetes.pod import Container, probe, template
from agno_ha.targets.kubernetes.scope import Scope, memory
from agno_ha.targets.kubernetes.store import service

_INI = "/etc/pgbouncer/pgbouncer.ini"
# SIGINT ends it with the queries in flight, SIGTERM would cut them; and what comes meanwhile goes to the new one.
_STOP = "sleep 5; kill -INT 1; while kill -0 1; do sleep 0.2; done"
_GRACE = 35.0


def create(
    scope: Scope, server: Server, *, password: pulumi.Output[str], depends_on: list[pulumi.Resource]
) -> kubernetes.apps.v1.Deployment:
    """Create the pooler in front of the server.

    One pod, and a second one while it is replaced: that is what the connection budget has room for.
    """
    postgres = scope.topology.postgres
    pooler = postgres.pooler
    answers: dict[str, Any] = {"tcpSocket": {"port": "pgbouncer"}}
    users = password.apply(lambda value: pgbouncer_users(postgres.user, value))
    container = Container(
        name="pgbouncer",
        image=scope.images.pgbouncer,
        cpu=pooler.cpu,
        memory=pooler.memory,
        args=["pgbouncer", _INI],
        ports={"pgbouncer": PGBOUNCER_PORT},
        files=[
            scope.secret("pgbouncer", {"pgbouncer_users": users}, path=SECRETS),
            scope.config("pgbouncer-ini", "pgbouncer", pgbouncer_configuration(postgres, server), path=_INI),
            memory("/tmp", quantities.size(16 * 1024**2)),  # noqa: S108
        ],
        probes={
            "livenessProbe": probe(answers, period=5),
            "readinessProbe": probe(answers, period=2, failures=1),
        },
        before_stop={"exec": {"command": ["bash", "-c", _STOP]}},
    )
    service(scope, "pgbouncer", {"pgbouncer": PGBOUNCER_PORT})
    return kubernetes.apps.v1.Deployment(
        f"{scope.name}-pgbouncer",
        metadata=scope.metadata("pgbouncer"),
        spec={
            "selector": {"matchLabels": selector("pgbouncer")},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": template(scope, "pgbouncer", container, uid=PGBOUNCER_UID, grace=_GRACE),
        },
        opts=scope.options(depends_on=depends_on, wait=True),
    )
