"""SEC-305: who may reach the stores."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from agno_ha_policies.aws.kinds import DEFAULT_GROUP, GROUP, INGRESS, OLD_RULE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_STORES = (5432, 6379)
_ALL = ("-1", "all")
_NARROW = 8
"""Bits of the widest range that somebody owns, such as 10.0.0.0/8."""


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at rules that let everybody in, written apart or inside the group."""
    if view.resource.type == INGRESS:
        for path in ("cidrIpv4", "cidrIpv6"):
            yield from _open(view, "", path, view.text(path, ""))
    elif view.resource.type == OLD_RULE:
        if view.text("type") == "ingress":
            yield from _lists(view, "")
    else:
        for index, _ in enumerate(view.items("ingress") or []):
            yield from _lists(view, f"ingress.{index}.")


def _lists(view: View[NoBounds], at: str) -> Iterator[Violation]:
    for blocks in (f"{at}cidrBlocks", f"{at}ipv6CidrBlocks"):
        for index, _ in enumerate(view.items(blocks) or []):
            path = f"{blocks}.{index}"
            yield from _open(view, at, path, view.text(path))


def _is_world(source: str) -> bool:
    """Whether a range is a large part of all addresses: two halves are the world, too."""
    try:
        return ipaddress.ip_network(source, strict=False).prefixlen < _NARROW
    except ValueError:
        return False


def _open(view: View[NoBounds], at: str, path: str, source: str | None) -> Iterator[Violation]:
    if source is None or not _is_world(source):
        return
    protocol = view.value(f"{at}{'ipProtocol' if view.resource.type == INGRESS else 'protocol'}", "tcp")
    low, high = view.number(f"{at}fromPort", 0), view.number(f"{at}toPort", 65535)
    if str(protocol).lower() in _ALL:  # whatever the ports say
        low, high = 0, 65535
    for port in _STORES:
        if low is not None and high is not None and low <= port <= high:
            yield view.violation(
                path, f"port {port} is open to {source}. Refer to the instances' group instead."
            )
            return


RULE = ResourceRule(
    id="SEC-305",
    title="Stores on AWS are not open to the world",
    severity="critical",
    rationale="Whatever reaches the port may try passwords, and a flaw is open to everybody.",
    remediation="Let a security group refer to the instances' own group.",
    bounds=NoBounds,
    types=frozenset({GROUP, DEFAULT_GROUP, INGRESS, OLD_RULE}),
    check=check,
)
