"""RDS Proxy: many connections of the instances share few of the server's."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs import roles, secrets
from agno_ha.targets.ecs.limits import whole
from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.scope import Scope
from agno_ha.topology import Topology


def connections_percent(topology: Topology) -> int:
    """Return the share of maxConnections that the proxy may open: poolSize, never more.

    >>> connections_percent(Topology())
    25
    """
    return max(1, topology.postgres.pooler.pool_size * 100 // topology.postgres.max_connections)


def create(
    scope: Scope,
    network: Network,
    group: aws.ec2.SecurityGroup,
    instance: aws.rds.Instance,
    password: pulumi.Output[str],
) -> tuple[pulumi.Output[str], pulumi.Resource]:
    """Create it in front of the instance; its address, and what its clients wait for."""
    user = scope.topology.postgres.user
    login = password.apply(lambda text: json.dumps({"username": user, "password": text}))
    arn, version = secrets.keep(scope, "proxy-login", login, "The login that RDS Proxy uses")
    role = roles.role(scope, "proxy", "rds.amazonaws.com", [roles.allow([roles.READ_SECRET], arn)])
    proxy = aws.rds.Proxy(
        f"{scope.name}-proxy",
        name=scope.physical("proxy", 63),
        engine_family="POSTGRESQL",
        role_arn=role.arn,
        auths=[aws.rds.ProxyAuthArgs(auth_scheme="SECRETS", iam_auth="DISABLED", secret_arn=arn)],
        require_tls=True,
        vpc_subnet_ids=list(network.private),
        vpc_security_group_ids=[group.id],
        tags=scope.tags("proxy"),
        opts=scope.options(depends_on=[version, *role.policies]),
    )
    percent = connections_percent(scope.topology)
    targets = aws.rds.ProxyDefaultTargetGroup(
        f"{scope.name}-proxy",
        db_proxy_name=proxy.name,
        connection_pool_config=aws.rds.ProxyDefaultTargetGroupConnectionPoolConfigArgs(
            max_connections_percent=percent,
            max_idle_connections_percent=max(1, percent // 2),
            connection_borrow_timeout=whole(scope.topology.postgres.pool.timeout),
        ),
        opts=scope.options(),
    )
    target = aws.rds.ProxyTarget(
        f"{scope.name}-proxy",
        db_proxy_name=proxy.name,
        target_group_name=targets.name,
        db_instance_identifier=instance.identifier,
        opts=scope.options(),
    )
    return proxy.endpoint, target
