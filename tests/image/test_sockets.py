"""The listener's last second: what was begun is served, what was not is refused before anything was sent."""

import socket

import pytest
from agno_ha_image.sockets import listen, refuse_new_connections


def test_the_accept_queue_is_served_while_new_connections_are_refused() -> None:
    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    queued = [socket.create_connection(address, 2) for _ in range(5)]
    assert refuse_new_connections(listener)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, 2)
    for number, client in enumerate(queued):
        client.sendall(b"%d" % number)
    for number, client in enumerate(queued):
        served, _ = listener.accept()
        assert served.recv(10) == b"%d" % number
        served.sendall(b"answer")
        assert client.recv(10) == b"answer"
        served.close()
        client.close()
    listener.close()
