"""The load balancer's certificate and its key: generated, or given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulumi
from cryptography import x509

from agno_ha import certificate
from agno_ha.credentials import Credentials
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem


def pair(topology: Topology, credentials: Credentials) -> tuple[pulumi.Input[str], pulumi.Output[str]] | None:
    """Return the certificate and its key, both PEM; None where TLS is off."""
    path = topology.load_balancer.tls.certificate
    if credentials.tls_seed is not None:
        made = credentials.tls_seed.apply(certificate.generate)
        return made.apply(lambda both: both.certificate), made.apply(lambda both: both.private_key)
    if path is not None and credentials.tls_private_key is not None:
        return Path(path).read_text(), credentials.tls_private_key
    return None


def problems(topology: Topology) -> Iterator[Problem]:
    """Yield what is wrong with the file of a given certificate; its path is the program's."""
    tls = topology.load_balancer.tls
    if tls.mode != "provided" or tls.certificate is None:
        return
    try:
        x509.load_pem_x509_certificates(Path(tls.certificate).read_bytes())
    except OSError as error:
        message = f"can't be read ({error.strerror})"
    except ValueError:
        message = "holds no certificate"
    else:
        return
    fix = "Name a PEM file with the certificate and what signed it, from the project's directory"
    yield Problem("", "topology.loadBalancer.tls.certificate", tls.certificate, message, fix)
