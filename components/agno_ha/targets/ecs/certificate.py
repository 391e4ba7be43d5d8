"""The certificate of the HTTPS listener: given by its ARN, or brought into ACM as the topology says."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pulumi
import pulumi_aws as aws

from agno_ha import certificate
from agno_ha.credentials import Credentials
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology

Source = Literal["arn", "generated", "provided", "plain"]


def source(topology: Topology, settings: EcsSettings) -> Source | None:
    """Return where the certificate comes from; `plain`: none, as asked for; None where nothing is said."""
    mode = topology.load_balancer.tls.mode
    if settings.load_balancer.certificate_arn is not None:
        return "arn"
    if mode != "off":
        return mode
    return "plain" if settings.load_balancer.plain_http else None


def create(scope: Scope, credentials: Credentials) -> pulumi.Input[str] | None:
    """Return the certificate's ARN; None where there is none."""
    if scope.settings.load_balancer.certificate_arn is not None:
        return scope.settings.load_balancer.certificate_arn
    tls, host = scope.topology.load_balancer.tls, scope.settings.load_balancer.host or "localhost"
    if credentials.tls_seed is not None:
        pair = credentials.tls_seed.apply(lambda seed: certificate.generate(seed, host))
        return _imported(
            scope, pair.apply(lambda made: made.certificate), pair.apply(lambda made: made.private_key)
        )
    if tls.certificate is not None and credentials.tls_private_key is not None:
        # ACM takes the certificate and what signed it apart.
        first, end, chain = Path(tls.certificate).read_text().partition("-----END CERTIFICATE-----\n")
        return _imported(scope, first + end, credentials.tls_private_key, chain.strip() or None)
    return None


def _imported(
    scope: Scope, body: pulumi.Input[str], private_key: pulumi.Input[str], chain: str | None = None
) -> pulumi.Output[str]:
    made = aws.acm.Certificate(
        f"{scope.name}-certificate",
        certificate_body=body,
        certificate_chain=chain,
        private_key=pulumi.Output.secret(private_key),
        tags=scope.tags("certificate"),
        opts=scope.options(),
    )
    arn: pulumi.Output[str] = made.arn
    return arn
