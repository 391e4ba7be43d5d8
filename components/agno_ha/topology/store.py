"""What both stores share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from agno_ha.topology.base import Between, Conflict, Cores, Matching, SecretKey, Section, Unprinted
from agno_ha.topology.units import DAY, HOUR, Duration, GiB, MiB, Size, TiB, duration_text, size_text

StoreMemory = Annotated[Size, Between(64 * MiB, 4 * TiB, size_text)]
Storage = Annotated[Size, Between(GiB, 64 * TiB, size_text)]
StopGrace = Annotated[Duration, Between(10, HOUR, duration_text)]
Retention = Annotated[Duration, Between(0, 365 * DAY, duration_text)]
Host = Annotated[
    Annotated[
        str,
        Matching(
            r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?",
            "must be a host name or address alone",
            "Remove scheme, user, password, port and path",
        ),
    ]
    | None,
    Unprinted(),
]


class External(Section):
    """A server that somebody else runs."""

    host: Host = None
    """Host name or address; default null; required when the store's mode is external."""


class Store(Section, ABC):
    """A server that holds state: run by the target (`managed`) or by somebody else (`external`)."""

    MANAGED_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"version", "cpu", "memory", "storage", "highAvailability", "stopGrace"}
    )
    """Settings (camelCase) that say something to a managed server only."""

    mode: Literal["managed", "external"] = "managed"
    """`managed` (default: the target runs it) or `external` (it exists; `external` says where)."""

    cpu: Cores
    """Cores."""

    memory: StoreMemory
    """Memory of the container."""

    storage: Storage
    """Size of the volume, where the target has sized volumes."""

    high_availability: bool = False
    """A standby with failover; default false: not every target has one."""

    stop_grace: StopGrace
    """Time to stop before SIGKILL; two servers must never share a volume, so this is long."""

    password: Annotated[SecretKey | None, Unprinted()] = None
    """Name of the top-level secret with the password; default null: generated. Required when external."""

    external: External
    """Where the server is, when external."""

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The server's settings by their native names."""

    @abstractmethod
    def server_args(self) -> list[str]:
        """`settings()` as arguments of the server's command."""

    def conflicts(self) -> Iterator[Conflict]:
        """An external server must be named, and its password too."""
        if self.mode == "external":
            if self.external.host is None:
                yield Conflict("external.host", "required by mode = external", "Give the server's host name")
            if self.password is None:
                yield Conflict(
                    "password",
                    "required by mode = external",
                    "Give the name of the top-level secret that holds it",
                )

    def pointless(self) -> set[str]:
        """Settings (camelCase) that were given and that the mode leaves without effect."""
        given = {
            field.alias or name
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }
        if self.mode == "external":
            return given & self.MANAGED_ONLY
        return given & {"external"} if self.external != type(self.external)() else set()
