"""POOL-103: the real pools and the real connection limit against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies import docker
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.scale_102_docker_agrees import NoBounds
from agno_ha_policies.view import View, digits


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own web service and Postgres with its facts."""
    if service.owner is None:
        return
    if docker.is_own(service, "web"):
        yield from _pool(service, service.owner)
    elif docker.is_own(service, "postgres"):
        yield from _limit(service, service.owner)


def _pool(service: View[NoBounds], facts: View[NoBounds]) -> Iterator[Violation]:
    pool = docker.pool(service)
    for variable, value, fact in (
        ("DB_POOL_SIZE", pool.size, "poolSize"),
        ("DB_MAX_OVERFLOW", pool.overflow, "poolOverflow"),
        ("WORKERS", pool.workers, "workers"),
    ):
        expected = facts.number(fact)
        if value is not None and expected is not None and value != expected:
            yield service.violation(
                f"{docker.ENV}.{variable}",
                f"{variable} is not what the facts of {facts.name} say ({fact} = {digits(expected)}). Change "
                "postgres.pool or app.workers of the topology, not the resource.",
            )


def _limit(service: View[NoBounds], facts: View[NoBounds]) -> Iterator[Violation]:
    limits, expected = docker.postgres_limits(service), facts.number("maxConnections")
    if limits is not None and expected is not None and limits.maximum != expected:
        yield service.violation(
            docker.ARGS,
            f"max_connections = {digits(limits.maximum)} is not what the facts of {facts.name} say "
            f"(maxConnections = {digits(expected)}). Change postgres.maxConnections of the topology, not "
            "the resource.",
        )


RULE = ResourceRule(
    id="POOL-103",
    title="Real pools and limits agree with the facts",
    severity="critical",
    rationale="The connection budget is made from the facts; a pool or a limit that something else sets "
    "makes it wrong.",
    remediation="Let the topology decide pools, workers and the connection limit.",
    bounds=NoBounds,
    types=frozenset({docker.SERVICE}),
    check=check,
)
