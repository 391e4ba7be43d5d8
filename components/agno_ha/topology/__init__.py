"""The topology: what is deployed, the same for every target."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from agno_ha.topology.app import App, Model, Scheduler
from agno_ha.topology.base import Conflict, Section
from agno_ha.topology.lifecycle import Drain, Health
from agno_ha.topology.load_balancer import LoadBalancer, Tls
from agno_ha.topology.pool import Pool, Pooler
from agno_ha.topology.postgres import Backups, ExternalPostgres, Postgres
from agno_ha.topology.problem import ConfigurationError, Problem
from agno_ha.topology.redis import ExternalRedis, Persistence, Redis
from agno_ha.topology.scaling import Cooldown, Scaling
from agno_ha.topology.sessions import Sessions
from agno_ha.topology.store import Store
from agno_ha.topology.units import duration_text

__all__ = [
    "App",
    "Backups",
    "ConfigurationError",
    "Conflict",
    "Cooldown",
    "Drain",
    "ExternalPostgres",
    "ExternalRedis",
    "Health",
    "LoadBalancer",
    "Model",
    "Persistence",
    "Pool",
    "Pooler",
    "Postgres",
    "Problem",
    "Redis",
    "Scaling",
    "Scheduler",
    "Section",
    "Sessions",
    "Store",
    "Tls",
    "Topology",
]


class Topology(Section):
    """One AgentOS deployment.

    >>> Topology.model_validate({"scaling": {"max": 6}}).scaling.max
    6
    """

    app: App = Field(default_factory=App)
    """The instances."""

    scaling: Scaling = Field(default_factory=Scaling)
    """How many instances run."""

    load_balancer: LoadBalancer = Field(default_factory=LoadBalancer)
    """What spreads requests over them."""

    postgres: Postgres = Field(default_factory=Postgres)
    """The database."""

    redis: Redis = Field(default_factory=Redis)
    """Queue, event streams, cancellation."""

    sessions: Sessions = Field(default_factory=Sessions)
    """Where conversations are kept."""

    def conflicts(self) -> Iterator[Conflict]:
        """Timeouts in order from the client to the database."""
        idle, silence = self.load_balancer.idle_timeout, self.app.longest_silence
        if idle < silence:
            yield Conflict(
                "loadBalancer.idleTimeout",
                f"less than app.longestSilence = {duration_text(silence)}, so a silent stream would be cut",
                f"Raise loadBalancer.idleTimeout to {duration_text(silence)}",
            )
        if self.postgres.pool.timeout >= idle:
            yield Conflict(
                "postgres.pool.timeout",
                f"not less than loadBalancer.idleTimeout = {duration_text(idle)}, so no client would be told",
                "Lower postgres.pool.timeout",
            )
