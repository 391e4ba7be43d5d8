"""The client's address: what the proxy in front says, whatever the client has said before it."""

import asyncio

import httpx
import pytest
import servers
from agno_ha_image.forwarded import forwarded
from conftest import Start
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

PROXY, CLIENT, FORGED = "10.0.0.7", "203.0.113.9", "192.0.2.66"


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    client = Request(scope).client
    await PlainTextResponse(f"{scope['scheme']} {client.host if client else None}")(scope, receive, send)


def seen(proxies: str, *addresses: str, peer: str = PROXY) -> str:
    async def go() -> str:
        transport = httpx.ASGITransport(forwarded(who, proxies), client=(peer, 1))
        headers = [("X-Forwarded-For", value) for value in addresses] + [("X-Forwarded-Proto", "https")]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return (await client.get("/", headers=headers)).text

    return asyncio.run(go())


@pytest.mark.parametrize(
    "addresses",
    [(CLIENT,), (f"{FORGED}, {CLIENT}",), (FORGED, CLIENT), (f"{FORGED},{PROXY}", f"{CLIENT}:4711")],
    ids=["honest", "appended to", "a line of its own", "with a port"],
)
def test_of_any_proxy_the_last_address_is_believed(addresses: tuple[str, ...]) -> None:
    assert seen("*", *addresses) == f"https {CLIENT}"


def test_without_the_header_it_is_the_peer() -> None:
    assert seen("*") == f"https {PROXY}"


def test_of_named_proxies_all_that_are_in_a_row_are_believed() -> None:
    assert seen("10.0.0.0/8", f"{FORGED}, {CLIENT}, 10.0.0.8") == f"https {CLIENT}"
    assert seen("10.0.0.0/8", FORGED, peer=CLIENT) == f"http {CLIENT}"


def test_a_forged_address_is_not_logged(start: Start) -> None:
    instance = start(FORWARDED_ALLOW_IPS="*").ready()
    # As nginx and a cloud's load balancer pass it on: the client's own word, and the address they see.
    httpx.get(f"{instance.url}/agents", headers={"X-Forwarded-For": f"{FORGED}, {CLIENT}"}, timeout=30)
    servers.until(
        lambda: any(event.get("path") == "/agents" for event in instance.events()), 10, "it is logged"
    )
    assert [event["client"] for event in instance.events() if event.get("path") == "/agents"] == [CLIENT]
