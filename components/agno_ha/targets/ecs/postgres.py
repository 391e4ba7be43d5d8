"""Postgres on RDS: tuned from the topology, with a standby, backups and storage that grows."""

from __future__ import annotations

import string
from dataclasses import dataclass
from math import ceil

import pulumi
import pulumi_aws as aws

from agno_ha.credentials import Credentials
from agno_ha.targets.ecs import logs, proxy, stores
from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.passwords import usable
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.security import POSTGRES_PORT, Groups
from agno_ha.topology import Topology
from agno_ha.topology.units import DAY, GiB, KiB

_PAGE = 8 * KiB
_SPECIAL = "".join(sorted(set(string.punctuation) - set("/@\"'")))
"""What RDS takes in a master password besides letters and digits."""


@dataclass(frozen=True)
class Endpoint:
    """Where the instances connect; `environment.Server` once the host is known."""

    host: pulumi.Input[str]
    port: int
    tls: str


@dataclass(frozen=True)
class Database:
    """What the rest of the stack needs of it."""

    endpoint: Endpoint
    instance: aws.rds.Instance | None
    """None where it is external."""
    waits: list[pulumi.Resource]
    """What the instances wait for."""


def parameters(topology: Topology) -> list[tuple[str, str, str]]:
    """Return name, value and apply method of each setting, in RDS' units.

    >>> parameters(Topology())[1]
    ('shared_buffers', '16384', 'pending-reboot')

    What is kept for operators (`postgres.reservedConnections`) is what the pools leave: on RDS the reserve of
    superusers is for AWS, and no role of ours is one.
    """
    postgres = topology.postgres
    return [
        ("max_connections", str(postgres.max_connections), "pending-reboot"),
        ("shared_buffers", str(postgres.shared_buffers // _PAGE), "pending-reboot"),
        ("effective_cache_size", str(postgres.effective_cache_size // _PAGE), "immediate"),
        ("work_mem", str(postgres.work_mem // KiB), "immediate"),
        ("statement_timeout", str(round(postgres.statement_timeout * 1000)), "immediate"),
        (
            "idle_in_transaction_session_timeout",
            str(round(postgres.idle_in_transaction_timeout * 1000)),
            "immediate",
        ),
        # AWS' own default, which it keeps as pending-reboot whatever is sent: else every refresh shows a change.
        ("rds.force_ssl", "1", "pending-reboot"),
    ]


def create(scope: Scope, network: Network, groups: Groups, credentials: Credentials) -> Database:
    """Create the instance and, where asked for, its proxy; or name the external server."""
    postgres = scope.topology.postgres
    if postgres.mode == "external" or groups.postgres is None:
        external = postgres.external
        return Database(Endpoint(str(external.host), external.port, external.ssl_mode), None, [])
    ssl_mode = scope.settings.postgres.ssl_mode
    instance = _instance(scope, network, groups.postgres, credentials)
    if groups.proxy is None:
        return Database(Endpoint(instance.address, POSTGRES_PORT, ssl_mode), instance, [instance])
    host, target = proxy.create(scope, network, groups.proxy, instance, credentials.postgres)
    return Database(Endpoint(host, POSTGRES_PORT, ssl_mode), instance, [target])


def _instance(
    scope: Scope, network: Network, group: aws.ec2.SecurityGroup, credentials: Credentials
) -> aws.rds.Instance:
    postgres, settings = scope.topology.postgres, scope.settings.postgres
    subnets = aws.rds.SubnetGroup(
        f"{scope.name}-postgres",
        name=scope.physical("postgres", 255, scope.settings.network.vpc_id),
        subnet_ids=list(network.private),
        tags=scope.tags("postgres"),
        opts=scope.options(),
    )
    family = f"postgres{postgres.version}"
    group_name = scope.physical(family, 255)
    tuning = aws.rds.ParameterGroup(
        f"{scope.name}-postgres",
        name=group_name,
        family=family,
        description="Tuned from the topology",
        parameters=[
            aws.rds.ParameterGroupParameterArgs(name=name, value=value, apply_method=method)
            for name, value, method in parameters(scope.topology)
        ],
        # The old version's is in use until the maintenance window, and RDS deletes none that is.
        skip_destroy=not settings.apply_immediately,
        tags=scope.tags("postgres"),
        opts=scope.options(),
    )
    storage = ceil(postgres.storage / GiB)
    identifier = scope.physical("postgres", 63)
    return aws.rds.Instance(
        f"{scope.name}-postgres",
        identifier=identifier,
        engine="postgres",
        # The major version alone: minor ones are AWS's to install, and no change of ours.
        engine_version=str(postgres.version),
        auto_minor_version_upgrade=True,
        # Another postgres.version is asked for by name; without this AWS refuses it.
        allow_major_version_upgrade=True,
        instance_class=str(stores.instance_class(scope.topology, scope.settings)),
        parameter_group_name=tuning.name,
        db_name=postgres.database,
        username=postgres.user,
        password=credentials.postgres.apply(usable("postgres.password", 8, 128, _SPECIAL)),
        port=POSTGRES_PORT,
        multi_az=postgres.high_availability,
        db_subnet_group_name=subnets.name,
        vpc_security_group_ids=[group.id],
        publicly_accessible=False,
        storage_type="gp3",
        allocated_storage=storage,
        max_allocated_storage=ceil(stores.max_storage(scope.topology, scope.settings) / GiB),
        storage_encrypted=True,
        ca_cert_identifier="rds-ca-rsa2048-g1",
        backup_retention_period=ceil(postgres.backups.retention / DAY),
        backup_window=settings.backup_window,
        copy_tags_to_snapshot=True,
        deletion_protection=scope.protect,
        delete_automated_backups=not scope.protect,
        skip_final_snapshot=not scope.protect,
        final_snapshot_identifier=scope.physical("postgres-final", 63) if scope.protect else None,
        apply_immediately=settings.apply_immediately,
        enabled_cloudwatch_logs_exports=list(logs.EXPORTS),
        tags=scope.tags("postgres"),
        # The storage grows by itself, and the provider knows that from max_allocated_storage.
        opts=scope.options(protect=scope.protect, depends_on=logs.of_postgres(scope, identifier)),
    )
