"""The demo model: says what it is, counts turns, speaks slowly."""

import asyncio
import json

import httpx
import pytest
from agno_ha_image import demo_model


def ask(messages: list[dict[str, object]], *, stream: bool = False) -> httpx.Response:
    async def go() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(demo_model.app), base_url="http://demo"
        ) as client:
            return await client.post("/v1/chat/completions", json={"messages": messages, "stream": stream})

    return asyncio.run(go())


def test_it_counts_the_users_turns_and_says_that_it_is_a_demo() -> None:
    messages = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": [{"type": "text", "text": "two"}]},
    ]
    answer = ask(messages).json()["choices"][0]["message"]["content"]
    assert answer == "[demo model] I see 2 turns of this session. You said: two"


def test_a_stream_says_the_same_in_pieces() -> None:
    lines = ask([{"role": "user", "content": "hi"}], stream=True).text.split("\n\n")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == "[demo model] I see 1 turns of this session. You said: hi"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert lines[-2] == "data: [DONE]"


def test_slowly_n_is_n_pieces_a_second_apart() -> None:
    parts, pause = demo_model.answer([{"role": "user", "content": "count slowly 3, please"}])
    assert (parts[1:], pause) == (["1 ", "2 ", "3 "], 1.0)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"messages": 3}'])
def test_a_bad_request_is_a_400(body: bytes) -> None:
    async def go() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(demo_model.app), base_url="http://demo"
        ) as client:
            return await client.post("/v1/chat/completions", content=body)

    assert asyncio.run(go()).status_code == 400
