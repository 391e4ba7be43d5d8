"""The Secret with the certificate: of ours, of cert-manager, or one that exists."""

from __future__ import annotations

import pulumi

from agno_ha.nginx import TLS_DIRECTORY
from agno_ha.targets.kubernetes.scope import File, Scope

API = "cert-manager.io/v1"

_FILES = ("tls.crt", "tls.key")


def certificate(scope: Scope, pair: tuple[pulumi.Input[str], pulumi.Output[str]] | None) -> File | None:
    """Return the Secret's mount for nginx; None where TLS is off.

    Args:
        scope: where it belongs.
        pair: the certificate and its key, PEM, where agno-ha makes or is given them.
    """
    settings = scope.settings.tls
    if pair is None:
        return None
    if settings.secret_name is None and settings.issuer is None:
        values = dict(zip(_FILES, pair, strict=True))
        return scope.secret("tls", values, path=TLS_DIRECTORY, kind="kubernetes.io/tls", shared=False)
    if settings.issuer is not None:
        host = str(scope.settings.load_balancer.host)
        issuer = {"name": settings.issuer, "kind": settings.issuer_kind, "group": "cert-manager.io"}
        key = {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}
        spec = {"secretName": "tls", "dnsNames": [host], "issuerRef": issuer, "privateKey": key}
        scope.custom(API, "Certificate", "tls", spec)
    items = [{"key": name, "path": name} for name in _FILES]
    name = settings.secret_name or "tls"
    return File(
        "tls-secrets", TLS_DIRECTORY, {"secret": {"secretName": name, "items": items, "defaultMode": 0o440}}
    )
