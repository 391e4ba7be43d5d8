"""What only the Docker target has: the stack file's `agno-ha:docker` section."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agno_ha.topology.base import Between, Section, Unprinted, Whole
from agno_ha.topology.units import HOUR, Duration, GiB, MiB, Size, duration_text, size_text

Reference = Annotated[str | None, Unprinted()]
"""An image or registry; never shown in an error, since `user:password@host` is a way to write one."""


class ImageReferences(Section):
    """Images of the servers beside the app; what is not given is chosen by version."""

    postgres: Reference = None
    """Image of Postgres that keeps the official image's contract. Default: `postgres:<version>`."""

    redis: Reference = None
    """Image of Redis that keeps the official image's contract. Default: `redis:<version>`."""

    nginx: Reference = None
    """Image of nginx with bash (the Debian variant of the official one). Default: `nginx:1.28`."""

    pgbouncer: Reference = None
    """Image with `pgbouncer FILE` as its command. Default: built from Debian's package (none is official)."""


class Logs(Section):
    """Rotation of each container's log, so that logs never fill the disk."""

    max_size: Annotated[Size, Between(MiB, 100 * GiB, size_text)] = 10 * MiB
    """Bytes of one log file. Default 10MiB."""

    max_files: Annotated[Whole, Between(1, 1000)] = 3
    """Files kept for each container. Default 3."""


class DockerSettings(Section):
    """The Docker target's own settings; the topology is the same on every target."""

    publish_mode: Literal["ingress", "host"] = "ingress"
    """How nginx is published. `ingress` (default): through the routing mesh, several replicas, no gap when nginx
    changes. `host`: on the node itself; works on kernels without IPVS; a change of nginx costs about a second."""

    stores_on: str = "node.role==manager"
    """Placement constraint of Postgres and Redis: the node that has their volumes. Default: the manager."""

    registry: Reference = None
    """Registry and path for images built here, such as `registry.example.com/team`. Needed for a swarm of several
    machines. Default: none, images stay on the engine that built them."""

    images: ImageReferences = Field(default_factory=ImageReferences)
    """Images of the servers beside the app."""

    logs: Logs = Field(default_factory=Logs)
    """Log rotation of every container."""

    update_timeout: Annotated[Duration, Between(30, 24 * HOUR, duration_text)] = 900.0
    """How long an `up` waits for a service to converge before it fails. Default 15m."""
