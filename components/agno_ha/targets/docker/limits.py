"""What a topology can ask for and Docker can't do: said in every preview, never silently dropped."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from agno_ha.topology import Topology


def warn(topology: Topology, parent: pulumi.Resource) -> None:
    """Warn of each setting that was given and has no effect here."""
    for text in unsupported(topology):
        pulumi.log.warn(text, resource=parent)


def unsupported(topology: Topology) -> Iterator[str]:
    """What to say; nothing about settings that nobody gave.

    >>> list(unsupported(Topology.model_validate({"redis": {"highAvailability": True}})))
    ['Docker runs one redis server, on the node of its volume: topology.redis.highAvailability has no effect.']
    """
    for name, store in (("postgres", topology.postgres), ("redis", topology.redis)):
        if store.mode == "external":
            continue
        if store.high_availability:
            yield (
                f"Docker runs one {name} server, on the node of its volume: topology.{name}.highAvailability "
                "has no effect."
            )
        if "storage" in store.model_fields_set:
            yield f"Docker's local volumes have no size: topology.{name}.storage has no effect."
    postgres = topology.postgres
    if postgres.mode == "managed" and "backups" in postgres.model_fields_set and postgres.backups.retention:
        yield (
            "Docker makes no backups: topology.postgres.backups has no effect. "
            "Back the volume up yourself, or set it to 0s."
        )
