"""LB-107: a real nginx against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.files import CONFIGS, DATA, directives, proxy, seconds
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(config: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own configuration with its facts."""
    text = (
        proxy(config)
        if config.owner is not None and config.name == f"{config.owner.name}-nginx-conf"
        else None
    )
    if text is None or config.owner is None:
        return
    for given in directives(text, "proxy_read_timeout"):
        value = seconds(given)
        yield from differs(
            config, DATA, "proxy_read_timeout", value, "idleTimeout", "loadBalancer.idleTimeout"
        )
    tls, secure = (
        config.owner.text("tls"),
        any("ssl" in value.split() for value in directives(text, "listen")),
    )
    if tls is not None and (tls != "off") != secure:
        yield config.violation(
            DATA,
            f"the facts of {config.owner.name} say tls = {tls}, and nginx is "
            f"{'with' if secure else 'without'} TLS. Change loadBalancer.tls of the topology, not the resource.",
        )


RULE = ResourceRule(
    id="LB-107",
    title="nginx agrees with the facts",
    severity="high",
    rationale="Rules on the facts judge TLS and timeouts; a configuration that something else writes makes them "
    "wrong.",
    remediation="Let the topology decide nginx' configuration.",
    bounds=NoBounds,
    types=CONFIGS,
    check=check,
)
