"""What a topology or a stack's settings can say, and ECS ignores: told, so that nobody relies on it."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology


def warn(topology: Topology, settings: EcsSettings, parent: pulumi.Resource) -> None:
    """Warn of each setting that was given and has no effect here."""
    for text in unsupported(topology, settings):
        pulumi.log.warn(text, resource=parent)


def unsupported(topology: Topology, settings: EcsSettings) -> Iterator[str]:
    """What to say; nothing about settings that nobody gave.

    >>> topology = Topology.model_validate({"loadBalancer": {"bodyLimit": "40MiB"}})
    >>> list(unsupported(topology, EcsSettings(region="eu-central-1")))
    ['An Application Load Balancer has no such setting: topology.loadBalancer.bodyLimit has no effect.']
    """
    network = settings.network
    for name in ("cidr", "zones", "nat"):
        if network.vpc_id is not None and name in network.model_fields_set:
            yield f"The VPC is there already: agno-ha:ecs.network.{name} has no effect."
    balancer, postgres, redis = topology.load_balancer, topology.postgres, topology.redis
    for name in ("replicas", "cpu", "memory", "connectTimeout", "bodyLimit"):
        if _snake(name) in balancer.model_fields_set:
            yield f"An Application Load Balancer has no such setting: topology.loadBalancer.{name} has no effect."
    for name, store in (("postgres", postgres), ("redis", redis)):
        if store.mode == "managed" and "stop_grace" in store.model_fields_set:
            yield f"AWS stops its own servers: topology.{name}.stopGrace has no effect."
    if redis.mode == "managed":
        if "storage" in redis.model_fields_set:
            yield "ElastiCache keeps its data in memory: topology.redis.storage has no effect."
        if redis.persistence.appendonly and "persistence" in redis.model_fields_set:
            yield (
                "ElastiCache keeps no append-only log: topology.redis.persistence has no effect. What survives a "
                "node is its replica (topology.redis.highAvailability)."
            )
        if "cpu" in redis.model_fields_set:
            yield "A node of ElastiCache is chosen by its memory: topology.redis.cpu has no effect."
    pooler = postgres.pooler
    for name in ("cpu", "memory"):
        if pooler.enabled and name in pooler.model_fields_set:
            yield f"RDS Proxy sizes itself: topology.postgres.pooler.{name} has no effect."
    if pooler.enabled and "max_client_connections" in pooler.model_fields_set:
        yield "RDS Proxy sizes itself: topology.postgres.pooler.maxClientConnections only bounds the budget."


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
