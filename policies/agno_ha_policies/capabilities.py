"""Capabilities of Linux that a container may be given."""

from __future__ import annotations

_ROOT = frozenset(
    {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "NET_ADMIN", "DAC_READ_SEARCH", "BPF"}
)


def is_root(right: object) -> bool:
    """Whether a capability is as good as root on the machine.

    >>> is_root("CAP_SYS_ADMIN"), is_root("net_admin"), is_root("NET_BIND_SERVICE")
    (True, True, False)
    """
    return isinstance(right, str) and right.upper().removeprefix("CAP_") in _ROOT
