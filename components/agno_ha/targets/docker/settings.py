"""What only the Docker target has: the stack file's `agno-ha:docker` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agno_ha.topology.base import Section, Whole
from agno_ha.topology.units import Duration, MiB, Size


class ImageReferences(Section):
    """Images of the servers beside the app; what is not given is chosen by version."""

    postgres: str | None = None
    """Image of Postgres that keeps the official image's contract. Default: `postgres:<version>`."""

    redis: str | None = None
    """Image of Redis that keeps the official image's contract. Default: `redis:<version>`."""

    nginx: str | None = None
    """Image of nginx with bash (the Debian variant of the official one). Default: `nginx:1.28`."""

    pgbouncer: str | None = None
    """Image with `pgbouncer FILE` as its command. Default: built from Debian's package (none is official)."""


class Logs(Section):
    """Rotation of each container's log, so that logs never fill the disk."""

    max_size: Size = 10 * MiB
    """Bytes of one log file. Default 10MiB."""

    max_files: Whole = 3
    """Files kept for each container. Default 3."""


class DockerSettings(Section):
    """The Docker target's own settings; the topology is the same on every target."""

    publish_mode: Literal["ingress", "host"] = "ingress"
    """How nginx is published. `ingress` (default): through the routing mesh, several replicas, no gap when nginx
    changes. `host`: on the node itself; works on kernels without IPVS; a change of nginx costs about a second."""

    stores_on: str = "node.role==manager"
    """Placement constraint of Postgres and Redis: the node that has their volumes. Default: the manager."""

    registry: str | None = None
    """Registry and path for images built here, such as `registry.example.com/team`. Needed for a swarm of several
    machines. Default: none, images stay on the engine that built them."""

    images: ImageReferences = Field(default_factory=ImageReferences)
    """Images of the servers beside the app."""

    logs: Logs = Field(default_factory=Logs)
    """Log rotation of every container."""

    update_timeout: Duration = 900.0
    """How long an `up` waits for a service to converge before it fails. Default 15m."""
