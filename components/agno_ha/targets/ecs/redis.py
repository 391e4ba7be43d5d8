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

_SPECIAL = "!&#$^<>-"
"""What ElastiCache takes in a token besides letters and digits."""


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
    node_type = str(stores.node_type(scope.topology, scope.settings))
    percent = stores.reserved_memory_percent(scope.topology, scope.settings)
    tuning = aws.elasticache.ParameterGroup(
        f"{scope.name}-redis",
        # One for each node type: its percent must not come to the nodes before the type it was computed for.
        name=scope.physical(f"{family}-{node_type}".replace(".", "-"), 255),
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
        # A version that AWS moved on would be a downgrade to the program's, and that a replacement.
        auto_minor_version_upgrade=False,
        node_type=node_type,
        num_cache_clusters=nodes,
        automatic_failover_enabled=redis.high_availability,
        multi_az_enabled=redis.high_availability,
        parameter_group_name=tuning.name,
        port=REDIS_PORT,
        subnet_group_name=subnets.name,
        security_group_ids=[groups.redis.id],
        at_rest_encryption_enabled=True,
        transit_encryption_enabled=True,
        transit_encryption_mode=None if version.startswith("6") else "required",  # which 6 has of itself
        # Without a strategy another one is rotated, AWS's own default; with one the provider refuses a token that a
        # preview does not know yet (authTokenUpdateStrategyValidate).
        auth_token=credentials.redis.apply(usable("redis.password", 16, 128, _SPECIAL)),
        snapshot_retention_limit=ceil(scope.settings.redis.snapshots / DAY),
        final_snapshot_identifier=scope.physical("redis-final", 255) if scope.protect else None,
        # Half of a change that waits for the maintenance window is refused by ElastiCache: a replica that goes before
        # failover is off, a parameter group that is still in use.
        apply_immediately=True,
        tags=scope.tags("redis"),
        opts=scope.options(protect=scope.protect),
    )
    endpoint = Endpoint(group.primary_endpoint_address, REDIS_PORT, "true")
    return Cache(endpoint, group, nodes, [group])
