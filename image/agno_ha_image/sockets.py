"""The listening socket, and how it stops taking connections without losing any. Standard library only."""

import ctypes
import socket
import struct

SO_ATTACH_FILTER = 26  # asm-generic/socket.h; not exported by the socket module

# Classic BPF over the TCP header: drop a packet whose flags are SYN without ACK, keep every other one.
_DROP_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # ldb [13]            the flags
    (0x54, 0, 0, 0x12),  # and #(SYN|ACK)
    (0x15, 0, 1, 0x02),  # jeq #SYN, next, keep
    (0x06, 0, 0, 0),  # ret #0               drop
    (0x06, 0, 0, 0xFFFFFFFF),  # ret #-1     keep
)


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
    """Make the kernel ignore connection attempts while what is already queued is still served.

    Closing the listener would reset connections that completed their handshake but were not accepted yet:
    their request may have been sent already, and a proxy must not repeat a POST. A filter on the listener is
    unprivileged, and drops only what has not begun; clients retransmit and find the next instance.

    Returns:
        False where the kernel has no socket filters (some sandboxes): then closing is all that is left.
    """
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_NEW_CONNECTIONS)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(_DROP_NEW_CONNECTIONS), ctypes.addressof(buffer))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, header)
    except OSError:
        return False
    return True
