"""The listener's last half second: what was begun is served, what was not is ignored, never reset."""

import socket

import pytest
from agno_ha_image.sockets import listen, refuse_new_connections


def test_the_accept_queue_is_served_while_new_connections_are_ignored() -> None:
    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    queued = [socket.create_connection(address, 2) for _ in range(5)]
    assert refuse_new_connections(listener)
    with socket.socket() as late:
        late.settimeout(0.5)
        with pytest.raises(TimeoutError):  # ignored; a reset would be ConnectionRefusedError
            late.connect(address)
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
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, 2)
