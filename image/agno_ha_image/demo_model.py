"""A demo model that speaks OpenAI's chat completions, for a first try without a key. Not a language model.

It says how many turns of the session it was shown, echoes the last one, and streams `slowly N` one piece a second.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import uvicorn

from agno_ha_image import logs

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MODEL = "demo-model"
DELAY = float(os.environ.get("DEMO_MODEL_DELAY") or 0)
"""Seconds before each answer. Read without settings.py, which would double this process's memory."""
_SLOWLY = re.compile(r"\bslowly\s+(\d{1,4})\b", re.IGNORECASE)


def text_of(content: Any) -> str:
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def answer(messages: list[dict[str, Any]]) -> tuple[list[str], float]:
    """The pieces of the answer, and the seconds between two of them."""
    turns = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    last = turns[-1] if turns else ""
    head = f"[demo model] I see {len(turns)} turns of this session. "
    if asked := _SLOWLY.search(last):
        count = int(asked.group(1))
        return [head, *(f"{number} " for number in range(1, count + 1))], 1.0
    return [head, f"You said: {last[:500]}"], 0.0


async def pieces(messages: list[dict[str, Any]], delay: float) -> AsyncIterator[str]:
    """The answer as it is spoken."""
    parts, pause = answer(messages)
    await asyncio.sleep(delay)
    for number, part in enumerate(parts):
        if number:
            await asyncio.sleep(pause)
        yield part


async def app(scope: "Scope", receive: "Receive", send: "Send") -> None:
    """POST /v1/chat/completions and GET /v1/models."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"].endswith("/models"):
        await _reply(
            send, 200, {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "agno-ha"}]}
        )
        return
    if scope["method"] != "POST" or not scope["path"].endswith("/chat/completions"):
        await _reply(
            send,
            404,
            {"error": {"message": "The demo model knows only chat completions.", "type": "not_found"}},
        )
        return
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    try:
        request = json.loads(body)
        messages = list(request["messages"])
    except (ValueError, KeyError, TypeError):
        await _reply(
            send, 400, {"error": {"message": "messages is required", "type": "invalid_request_error"}}
        )
        return
    spoken = pieces(messages, DELAY)
    usage = {"prompt_tokens": len(body) // 4, "completion_tokens": 10, "total_tokens": len(body) // 4 + 10}
    head = {
        "id": f"chatcmpl-{uuid4().hex}",
        "created": int(time.time()),
        "model": request.get("model") or MODEL,
    }
    if not request.get("stream"):
        content = "".join([part async for part in spoken])
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
        await _reply(send, 200, head | {"object": "chat.completion", "choices": [choice], "usage": usage})
        return
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
    )
    head["object"] = "chat.completion.chunk"
    async for part in spoken:
        await _event(
            send, head | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": part}}]}
        )
    await _event(
        send, head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}
    )
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


async def _event(send: "Send", chunk: dict[str, Any]) -> None:
    await send(
        {"type": "http.response.body", "body": f"data: {json.dumps(chunk)}\n\n".encode(), "more_body": True}
    )


async def _reply(send: "Send", status: int, content: dict[str, Any]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> int:
    """Serve on the Unix socket that the launcher chose."""
    logs.configure(os.environ.get("INSTANCE_NAME") or os.uname().nodename, "demo-model", [])
    uvicorn.run(
        app, uds=os.environ["AGNO_HA_DEMO_MODEL"], log_config=None, access_log=False, timeout_keep_alive=3605
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
