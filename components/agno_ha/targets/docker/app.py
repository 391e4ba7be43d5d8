"""The instances: N interchangeable `web` tasks and the optional `scheduler`, all of one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_docker as docker

from agno_ha.contract import UID, probe
from agno_ha.environment import role_environment, secret_file
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs
from agno_ha.topology.load_balancer import SCRATCH


def create(
    scope: Scope,
    networks: Networks,
    *,
    replicas: int,
    environment: Mapping[str, str],
    secrets: Mapping[str, pulumi.Output[str]],
    depends_on: Sequence[pulumi.Resource],
) -> docker.Service:
    """Create the instances, and the scheduler where asked for.

    Args:
        scope: where they belong.
        networks: both of them.
        replicas: number of `web` tasks.
        environment: the image contract's plain variables.
        secrets: environment name → value; each is mounted as a file and named by `NAME_FILE`.
        depends_on: the stores.
    """
    app = scope.topology.app
    mounted = [
        scope.secret(f"app-{name.lower().replace('_', '-')}", value, uid=UID, path=name.lower())
        for name, value in secrets.items()
    ]
    files = {f"{name}_FILE": secret_file(name) for name in secrets}

    def role(
        room: str, *, cpu: float, memory: int, count: int, updates: Updates, more: Mapping[str, str]
    ) -> docker.Service:
        return service(
            scope,
            room,
            image=scope.images.app,
            uid=UID,
            cpu=cpu,
            memory=memory,
            replicas=count,
            updates=updates,
            health=Health(
                command=probe(app),
                interval=app.health.interval,
                timeout=app.health.timeout,
                retries=app.health.retries,
                start_period=app.health.start_period,
            ),
            networks=[networks.edge, networks.stores],
            stop_grace=app.drain.grace,
            env={**environment, **more, **files},
            secrets=mounted,
            mounts=[tmpfs("/tmp", SCRATCH)],  # noqa: S108
            depends_on=depends_on,
        )

    web = role(
        "web",
        cpu=app.cpu,
        memory=app.memory,
        count=replicas,
        updates=Updates(order="start-first"),
        more=role_environment(scope.topology, "web"),
    )
    if app.scheduler.enabled:
        # Stop first: two at once would be more connections than counted, and Postgres hands out the jobs anyway.
        role(
            "scheduler",
            cpu=app.scheduler.cpu,
            memory=app.scheduler.memory,
            count=1,
            updates=Updates(order="stop-first"),
            more=role_environment(scope.topology, "scheduler"),
        )
    return web
