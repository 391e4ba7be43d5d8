"""What the portal is told when it starts; each setting also as AGNO_HA_PORTAL_<NAME>."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ip_network(network)  # a wrong one would silently trust nobody
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """The portal's settings; a list is written with commas."""

    model_config = SettingsConfigDict(env_prefix="AGNO_HA_PORTAL_", frozen=True, extra="forbid")

    root: Path
    """The project's directory."""

    tokens: Path | None = None
    """File of the tokens' hashes; default `.agno-ha/portal/tokens.json`."""

    four_eyes: bool = False
    """Whether a preview must be approved by somebody else than who asked for it; default false."""

    session_hours: float = 12.0
    """Hours until a browser must sign in again; default 12."""

    proxies: Annotated[Names, AfterValidator(_networks)] = ()
    """Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are believed; default none."""

    single_sign_on: bool = False
    """Whether those proxies also say who asks, by the headers below; default false."""

    user_header: str = "X-Forwarded-User"
    """Header with the person's name."""

    groups_header: str = "X-Forwarded-Groups"
    """Header with the person's groups, separated by commas."""

    viewers: Names = ()
    """Groups that may look."""

    operators: Names = ()
    """Groups that may also start operations and change the configuration."""

    approvers: Names = ()
    """Groups that may also approve and delete."""

    @property
    def private(self) -> Path:
        """The portal's own directory, made on first use (0700)."""
        directory = self.root / ".agno-ha" / "portal"
        for path in (directory.parent, directory):
            path.mkdir(mode=0o700, exist_ok=True)
        return directory

    @property
    def tokens_file(self) -> Path:
        """Where the tokens' hashes are."""
        return self.tokens or self.private / "tokens.json"

    def trusts(self, peer: str) -> bool:
        """Whether a request's direct sender is one of the proxies."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in ip_network(network) for network in self.proxies)
