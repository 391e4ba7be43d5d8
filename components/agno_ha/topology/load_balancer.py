"""The load balancer in front of the web instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from agno_ha.topology.base import (
    Between,
    Conflict,
    Cores,
    Matching,
    Port,
    SecretKey,
    Section,
    Unprinted,
    Whole,
)
from agno_ha.topology.units import DAY, HOUR, Duration, KiB, MiB, Size, TiB, duration_text, size_text

SCRATCH = 64 * MiB
"""Room for files in `/tmp` of an instance, in memory: where a body's larger files are while they are read."""

_TlsMode = Annotated[
    Literal["off", "generated", "provided"],
    BeforeValidator(lambda value: "off" if value is False else value),
    WithJsonSchema({"enum": ["off", "generated", "provided", False]}),
]


class Tls(Section):
    """HTTPS."""

    mode: _TlsMode = "off"
    """`off` (default: `make up` answers on plain HTTP), `generated` (a certificate of its own, for tests and
    internal use) or `provided`."""

    certificate: Annotated[str, Matching(r"[^\x00-\x1f]+", "must be a path", "Name a PEM file")] | None = None
    """Path of a PEM file with the certificate chain; default null; required when `provided`."""

    private_key: Annotated[SecretKey | None, Unprinted()] = None
    """Name of the top-level secret that holds the PEM key; default null; required when `provided`."""

    def conflicts(self) -> Iterator[Conflict]:
        """A provided certificate needs both of its halves."""
        if self.mode == "provided":
            if self.certificate is None:
                yield Conflict(
                    "certificate", "required by tls.mode = provided", "Give the path of a PEM file"
                )
            if self.private_key is None:
                yield Conflict(
                    "privateKey",
                    "required by tls.mode = provided",
                    "Give the name of the top-level secret that holds the key",
                )


class LoadBalancer(Section):
    """Spreads requests over the instances; answers of agents pass unbuffered."""

    http_port: Port = 80
    """Port for HTTP; default 80; redirects to HTTPS where TLS is on."""

    https_port: Port = 443
    """Port for HTTPS; default 443; unused while TLS is off."""

    replicas: Annotated[Whole, Between(1, 100)] = 1
    """Load balancers where they are ours (nginx); default 1, what a single node can publish."""

    cpu: Cores = 0.5
    """Cores of each; default 0.5, some thousand requests a second."""

    memory: Annotated[Size, Between(16 * MiB, TiB, size_text)] = 128 * MiB
    """Memory of each; default 128MiB."""

    tls: Tls = Field(default_factory=Tls)
    """HTTPS."""

    idle_timeout: Annotated[Duration, Between(1, DAY, duration_text)] = HOUR
    """Silence after which a connection is cut; default 3600s; not below `app.longestSilence`, because a
    foreground stream has no keepalive."""

    connect_timeout: Annotated[Duration, Between(0.1, 60, duration_text)] = 1.0
    """Time to reach an instance before another is tried; default 1s, so that a frozen one holds nobody up."""

    body_limit: Annotated[Size, Between(KiB, SCRATCH, size_text)] = 25 * MiB
    """Largest request body; default 25MiB, at most the 64MiB that an instance has room for; counted in `memory` and
    in `app.memory`."""

    def url(self, host: str, *, secure: bool) -> str:
        """Return where clients connect to a host."""
        scheme, port, usual = ("https", self.https_port, 443) if secure else ("http", self.http_port, 80)
        return f"{scheme}://{host}" + ("" if port == usual else f":{port}")

    def conflicts(self) -> Iterator[Conflict]:
        """Two listeners can't share a port."""
        if self.tls.mode != "off" and self.http_port == self.https_port:
            yield Conflict("httpsPort", "the same as loadBalancer.httpPort", "Choose another port")
