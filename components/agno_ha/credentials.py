"""Passwords and keys of one service: given as Pulumi secrets, or generated once and kept in the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_random as random

from agno_ha.topology import Topology

PASSWORD = "random:index/randomPassword:RandomPassword"  # noqa: S105 - a type
"""Type of what is generated, as a plan and a state name it."""


@dataclass(frozen=True)
class Credentials:
    """Everything secret that the topology needs; None where it needs none."""

    postgres: pulumi.Output[str]
    """Password of the app's database role."""
    postgres_admin: pulumi.Output[str] | None
    """Password of the superuser; None where Postgres is external, or where the platform keeps it to itself."""
    redis: pulumi.Output[str]
    """Password of Redis."""
    security_key: pulumi.Output[str] | None
    """`OS_SECURITY_KEY`, the API's bearer key; None where authentication is off."""
    service_token: pulumi.Output[str]
    """`INTERNAL_SERVICE_TOKEN`: the scheduler's way into the API, the same on all instances."""
    tls_seed: pulumi.Output[str] | None
    """What the generated certificate is made from; None where TLS is off or the certificate is given."""
    tls_private_key: pulumi.Output[str] | None
    """The given certificate's key; None where TLS is off or the certificate is generated."""
    app: Mapping[str, pulumi.Output[str]]
    """`app.secrets`: environment name → value."""


def create(
    name: str,
    topology: Topology,
    given: Mapping[str, pulumi.Output[str]],
    *,
    administrator: bool,
    parent: pulumi.Resource,
    protect: bool,
    existing: bool = False,
) -> Credentials:
    """Return the service's credentials.

    Args:
        name: prefix of the resources' names.
        topology: says which are needed and which are given.
        given: the top-level secrets that the topology names, by their configuration key.
        administrator: whether a managed Postgres has a superuser of ours.
        parent: the service.
        protect: whether generated ones are protected: without them the data can't be opened.
        existing: whether the platform has them already: then nothing is generated but a certificate's seed, and
            the values, which nobody reads, are empty.
    """

    def generated(room: str, length: int = 40) -> pulumi.Output[str]:
        options = pulumi.ResourceOptions(parent=parent, protect=protect or None)
        # No special characters: 40 letters and digits are 238 bits, and they paste well.
        return random.RandomPassword(f"{name}-{room}", length=length, special=False, opts=options).result

    def password(room: str, key: str | None) -> pulumi.Output[str]:
        return given[key] if key else generated(room)

    postgres, redis, tls = topology.postgres, topology.redis, topology.load_balancer.tls
    tls_seed = generated("tls-seed", 64) if tls.mode == "generated" else None
    tls_private_key = given[tls.private_key] if tls.private_key else None
    if existing:
        empty = pulumi.Output.from_input("")
        return Credentials(
            postgres=empty,
            postgres_admin=empty if postgres.mode == "managed" else None,
            redis=empty,
            security_key=empty if topology.app.authentication == "securityKey" else None,
            service_token=empty,
            tls_seed=tls_seed,
            tls_private_key=tls_private_key,
            app=dict.fromkeys(topology.app.secrets, empty),
        )
    return Credentials(
        postgres=password("postgres-password", postgres.password),
        postgres_admin=(
            generated("postgres-admin-password") if administrator and postgres.mode == "managed" else None
        ),
        redis=password("redis-password", redis.password),
        security_key=generated("security-key") if topology.app.authentication == "securityKey" else None,
        service_token=generated("service-token"),
        tls_seed=tls_seed,
        tls_private_key=tls_private_key,
        app={variable: given[key] for variable, key in topology.app.secrets.items()},
    )


def app_secrets(credentials: Credentials) -> dict[str, pulumi.Output[str]]:
    """Return the secret variables of the image contract: environment name → value."""
    secrets = {
        "POSTGRES_PASSWORD": credentials.postgres,
        "REDIS_PASSWORD": credentials.redis,
        "INTERNAL_SERVICE_TOKEN": credentials.service_token,
        **credentials.app,
    }
    if credentials.security_key is not None:
        secrets["OS_SECURITY_KEY"] = credentials.security_key
    return secrets


def needed(topology: Topology, *, existing: bool = False) -> dict[str, str]:
    """Return the top-level secrets that a topology names: configuration key → where it is named.

    Args:
        topology: what is deployed.
        existing: whether the platform has the passwords already (`create`).
    """
    certificate = {topology.load_balancer.tls.private_key: "topology.loadBalancer.tls.privateKey"}
    passwords: dict[str | None, str] = {
        **{key: f"topology.app.secrets.{variable}" for variable, key in topology.app.secrets.items()},
        topology.postgres.password: "topology.postgres.password",
        topology.redis.password: "topology.redis.password",
    }
    keys = certificate if existing else {**passwords, **certificate}
    return {key: path for key, path in keys.items() if key}
