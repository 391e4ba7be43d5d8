"""Which image runs in each pod: as configured, or the official one by its version. A cluster pulls; it can't build."""

from __future__ import annotations

from dataclasses import dataclass

from agno_ha.servers import NGINX_IMAGE
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology


@dataclass(frozen=True)
class Images:
    """One image for each pod; None where none is known, which `limits.problems` refuses where it is needed."""

    app: str | None
    postgres: str
    redis: str
    nginx: str
    pgbouncer: str | None


def refer(topology: Topology, settings: KubernetesSettings) -> Images:
    """Name the images.

    >>> refer(Topology(), KubernetesSettings()).postgres
    'postgres:15'
    """
    given = settings.images
    return Images(
        app=given.app or topology.app.image,
        postgres=given.postgres or f"postgres:{topology.postgres.version}",
        redis=given.redis or f"redis:{topology.redis.version}",
        nginx=given.nginx or NGINX_IMAGE,
        pgbouncer=given.pgbouncer,
    )
