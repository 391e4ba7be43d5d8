"""`python -S -E -m agno_ha_image.healthcheck [path]`: exit 0 where the path answers 200. Standard library only.

No http.client: a raw request keeps the start of the probe under 30 ms, and it runs every few seconds.
"""

import os
import socket
import sys


def probe(path: str = "/health", *, port: int | None = None, timeout: float = 3.0) -> int:
    """The exit code for one probe: 0 = 200, 1 = another status or no answer. Errors go to stderr, one line."""
    port = port or int(os.environ.get("PORT", "8000"))
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(request)
            head = connection.recv(4096)
    except OSError as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 1
    status = head.split(b" ", 2)[1:2]
    if status == [b"200"]:
        return 0
    sys.stderr.write(f"{path}: {head.splitlines()[0].decode('latin-1') if head else 'no answer'}\n")
    return 1


if __name__ == "__main__":
    sys.exit(probe(*sys.argv[1:2]))
