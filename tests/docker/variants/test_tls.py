"""A generated certificate: HTTPS only, TLS 1.2 and newer only, and the certificate is what it says it is."""

import socket
import ssl
import warnings
from urllib.parse import urlsplit

import httpx
import pytest
from harness.variant import Variant


def handshake(port: int, context: ssl.SSLContext) -> str | None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as secure,
    ):
        return secure.version()


def only(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def test_the_certificate_verifies_against_itself_for_localhost(variant: Variant) -> None:
    port = urlsplit(variant.url).port
    trusting = ssl.create_default_context(cadata=ssl.get_server_certificate(("127.0.0.1", port)))
    answer = httpx.get(f"https://localhost:{port}/ready", verify=trusting)
    assert answer.status_code == 200
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(f"https://localhost:{port}/ready", verify=ssl.create_default_context())


def test_plain_http_is_sent_to_https_with_its_method(variant: Variant) -> None:
    for host in (f"localhost:{variant.port}", f"127.0.0.1:{variant.port}"):
        answer = httpx.post(f"http://{host}/agents/planner/runs?x=1", files={"message": (None, "hello")})
        assert answer.status_code == 308
        name, port = host.split(":")[0], urlsplit(variant.url).port
        assert answer.headers["location"] == f"https://{name}:{port}/agents/planner/runs?x=1"


def test_only_tls_1_2_and_newer(variant: Variant) -> None:
    port = urlsplit(variant.url).port
    assert handshake(port, only(ssl.TLSVersion.TLSv1_2)) == "TLSv1.2"
    assert handshake(port, only(ssl.TLSVersion.TLSv1_3)) == "TLSv1.3"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        # The alert is the server's: this side offered the old version and no newer one.
        with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
            handshake(port, only(old))
