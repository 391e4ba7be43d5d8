"""LB-302: encryption between clients and the load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agno_ha_policies.aws.kinds import LISTENER
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_NEW = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-")
"""Policies of AWS that speak nothing older than TLS 1.2."""
_DEFAULT = "ELBSecurityPolicy-2016-08"


def check(listener: View[NoBounds]) -> Iterator[Violation]:
    """Look at what an HTTP listener does, where a redirect is fine, and at the protocols of an HTTPS one."""
    # AWS' own default, for all but a Gateway Load Balancer, which has no port.
    protocol = listener.text("protocol", "HTTP" if listener.known("port", None) is not None else "")
    if protocol is None:
        return
    if protocol.upper() == "HTTP":
        for index, _ in enumerate(listener.items("defaultActions") or []):
            if listener.text(f"defaultActions.{index}.type") == "forward":
                yield listener.violation(
                    "protocol", "it forwards what comes in the open. Redirect to an HTTPS listener instead."
                )
    if protocol.upper() in ("HTTPS", "TLS"):
        policy = listener.text("sslPolicy", _DEFAULT)
        if policy is not None and not _NEW.match(policy):
            yield listener.violation(
                "sslPolicy",
                f"{policy} speaks TLS 1.0 and 1.1 too. Set it to ELBSecurityPolicy-TLS13-1-2-2021-06.",
            )


RULE = ResourceRule(
    id="LB-302",
    title="Clients on AWS are served over TLS 1.2 or newer",
    severity="high",
    levels={"dev": "disabled"},
    rationale="API keys and conversations would cross the network in the open.",
    remediation="Forward from an HTTPS listener with a policy of TLS 1.2 or 1.3, and redirect from the other.",
    bounds=NoBounds,
    types=frozenset({LISTENER}),
    check=check,
)
