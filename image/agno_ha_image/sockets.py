"""The listening socket, and how it stops taking connections without losing any. Standard library only."""

import socket

SO_BINDTOIFINDEX = 62  # asm-generic/socket.h; not exported by the socket module
NO_INTERFACE = 0x7FFFFFFF
"""An index that no network interface has."""


def listen(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """Bind and listen; the socket is inheritable, so that a child process can serve it.

    Raises:
        OSError: the address is taken or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(backlog)
    listener.set_inheritable(True)
    return listener


def refuse_new_connections(listener: socket.socket) -> bool:
    """Make the kernel refuse connection attempts while what is already queued is still served.

    Closing the listener would reset connections that completed their handshake but were not accepted yet:
    their request may have been sent already, and a proxy must not repeat a POST. A listener bound to an
    interface that doesn't exist is found by no new packet: a client is refused before it sends anything and
    goes to the next instance at once. Needs no privilege (Linux 5.7 or newer) and no capability.

    Returns:
        False where the kernel doesn't allow it: then closing is all that is left.
    """
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_BINDTOIFINDEX, NO_INTERFACE)
    except OSError:
        return False
    return True
