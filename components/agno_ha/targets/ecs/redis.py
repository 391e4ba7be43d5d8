"""Redis on ElastiCache: a replication group with cluster mode disabled, which Agno's queue needs, and failover."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import pulumi
import pulumi_aws as aws

from agno_ha.credentials import Credentials
from agno_ha.targets.ecs import stores
from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.passwords import usable
from agno_ha.targets.ecs.postgres import Endpoint
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.security import REDIS_PORT, Groups
from agno_ha.topology.units import DAY

_FORBIDDEN = "@\"/ '\\"
"""What ElastiCache takes in no token."""


@dataclass(frozen=True)
class Cache:
    """What the rest of the stack needs of it."""

    endpoint: Endpoint
    group: aws.elasticache.ReplicationGroup | None
    """None where it is external."""
    nodes: int
    waits: list[pulumi.Resource]
    """What the instances wait for."""


def create(scope: Scope, network: Network, groups: Groups, credentials: Credentials) -> Cache:
    """Create the replication group, or name the external server."""
    redis = scope.topology.redis
    found = stores.engine(scope.topology, scope.settings)
    if redis.mode == "external" or groups.redis is None or found is None:
        external = redis.external
        return Cache(Endpoint(str(external.host), external.port, str(external.tls).lower()), None, 0, [])
    version, family = found
    nodes = 2 if redis.high_availability else 1
    subnets = aws.elasticache.SubnetGroup(
        f"{scope.name}-redis",
        name=scope.physical("redis", 255, scope.settings.network.vpc_id),
        subnet_ids=list(network.private),
        tags=scope.tags("redis"),
        opts=scope.options(),
    )
    percent = stores.reserved_memory_percent(scope.topology, scope.settings)
    tuning = aws.elasticache.ParameterGroup(
        f"{scope.name}-redis",
        name=scope.physical(family.replace(".", "-"), 255),
        family=family,
        description="Tuned from the topology",
        parameters=[
            aws.elasticache.ParameterGroupParameterArgs(name=name, value=value)
            for name, value in (
                ("maxmemory-policy", redis.maxmemory_policy),
                ("reserved-memory-percent", str(percent)),
            )
        ],
        tags=scope.tags("redis"),
        opts=scope.options(),
    )
    group = aws.elasticache.ReplicationGroup(
        f"{scope.name}-redis",
        replication_group_id=scope.physical("redis", 40),
        description="Queue, event streams, cancellation",
        engine=scope.settings.redis.engine,
        engine_version=version,
        auto_minor_version_upgrade=True,
        node_type=str(stores.node_type(scope.topology, scope.settings)),
        num_cache_clusters=nodes,
        automatic_failover_enabled=redis.high_availability,
        multi_az_enabled=redis.high_availability,
        parameter_group_name=tuning.name,
        port=REDIS_PORT,
        subnet_group_name=subnets.name,
        security_group_ids=[groups.redis.id],
        at_rest_encryption_enabled=True,
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        auth_token=credentials.redis.apply(usable("redis.password", 16, 128, _FORBIDDEN)),
        auth_token_update_strategy="ROTATE",  # noqa: S106 - a strategy
        snapshot_retention_limit=ceil(scope.settings.redis.snapshots / DAY),
        final_snapshot_identifier=scope.physical("redis-final", 255) if scope.protect else None,
        apply_immediately=not scope.protect,
        tags=scope.tags("redis"),
        opts=scope.options(protect=scope.protect),
    )
    endpoint = Endpoint(group.primary_endpoint_address, REDIS_PORT, "true")
    return Cache(endpoint, group, nodes, [group])
