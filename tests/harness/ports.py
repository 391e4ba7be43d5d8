"""Ports for the tests' servers."""

import os
import socket

_ports = iter(range(20_000 + os.getpid() % 600 * 20, 32_700))  # below the kernel's ephemeral ports


def free_port() -> int:
    """Return a port above 20000 on which nothing listens."""
    for port in _ports:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("no free port")
