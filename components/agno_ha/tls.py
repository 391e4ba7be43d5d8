"""The load balancer's certificate and its key: generated, or given."""

from __future__ import annotations

from pathlib import Path

import pulumi

from agno_ha import certificate
from agno_ha.credentials import Credentials
from agno_ha.topology import Topology


def pair(topology: Topology, credentials: Credentials) -> tuple[pulumi.Input[str], pulumi.Output[str]] | None:
    """Return the certificate and its key, both PEM; None where TLS is off."""
    path = topology.load_balancer.tls.certificate
    if credentials.tls_seed is not None:
        made = credentials.tls_seed.apply(certificate.generate)
        return made.apply(lambda both: both.certificate), made.apply(lambda both: both.private_key)
    if path is not None and credentials.tls_private_key is not None:
        return Path(path).read_text(), credentials.tls_private_key
    return None
