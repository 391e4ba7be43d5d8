"""LB-208: an Ingress in front of instances."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.files import seconds
from agno_ha_policies.kubernetes.kinds import INGRESS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_ANNOTATIONS = "metadata.annotations"
_ALB = "alb.ingress.kubernetes.io/"
_PATIENCE = ("nginx.ingress.kubernetes.io/proxy-read-timeout", "haproxy.org/timeout-server")


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at TLS, and at the timeout where the controller is one whose annotation is known."""
    if not view.items("spec.tls") and view.known("spec.tls", []) == []:
        yield view.violation(
            "spec.tls", "requests arrive without TLS. Add tls; where it ends before, add an exception."
        )
    annotations = view.mapping(_ANNOTATIONS) or {}
    alb = [name for name in annotations if name.startswith(_ALB)]
    if alb and view.items("spec.tls") and f"{_ALB}listen-ports" not in annotations:
        yield view.violation(
            _ANNOTATIONS,
            f"an ALB listens on 80 alone, whatever tls says. Add {_ALB}listen-ports with HTTPS.",
        )
    least = view.owner.number("longestSilence") if view.owner is not None else 300.0
    for name in _PATIENCE:
        given = annotations.get(name)
        value = seconds(given) if isinstance(given, str) else None
        if name in annotations and value is None:
            view.unreadable(_ANNOTATIONS, f"{name} is not a duration")
        elif value is not None and least is not None and value < least:
            yield view.violation(
                _ANNOTATIONS, f"{name} is below {least:g}s, for which a stream may be silent. Raise it."
            )


RULE = ResourceRule(
    id="LB-208",
    title="An Ingress passes long streams over TLS",
    severity="high",
    levels={"dev": "advisory"},
    rationale="The controllers' defaults cut a stream after a minute of silence, and without TLS keys and "
    "conversations cross the network in the open.",
    remediation="Give the Ingress tls and a long timeout; AgnoService does for the known controllers.",
    bounds=NoBounds,
    types=frozenset({INGRESS}),
    check=check,
)
