"""Viewers of background runs: each waits in Redis on a connection of its own, and holds nobody else up."""

import asyncio

import servers
from agno.run.agent import RunContentEvent
from agno.run.base import RunStatus
from agno_ha_image import app
from agno_ha_image.settings import Settings
from pydantic import SecretStr

VIEWERS = 150
"""More than the connections that redis-py's clients open at most unless told otherwise."""


def test_more_viewers_than_a_clients_usual_connections_miss_no_event(redis_server: servers.Redis) -> None:
    configured = Settings(
        postgres_host="unused", postgres_password=SecretStr("unused"), internal_service_token=servers.TOKEN,
        redis_host="127.0.0.1", redis_port=redis_server.port, redis_password=SecretStr(servers.PASSWORD),
        os_id="tails",
    )  # fmt: skip

    def blocked() -> int:
        return int(redis_server.client().info("clients")["blocked_clients"])

    async def go() -> list[int]:
        _, stream = app.queue(configured)
        runs = [f"run-{number}" for number in range(VIEWERS)]

        async def watch(run: str) -> int:
            return len([event async for event in stream.tail(run)])

        async def write(run: str) -> None:
            await stream.add_event(run, RunContentEvent(run_id=run, content="hello"))
            await stream.complete_run(run, RunStatus.completed)

        for run in runs:
            await stream.set_run_status(run, RunStatus.running)
        viewers = [asyncio.create_task(watch(run)) for run in runs]
        async with asyncio.timeout(60):
            while await asyncio.to_thread(blocked) < VIEWERS:
                assert not any(viewer.done() for viewer in viewers)
                await asyncio.sleep(0.2)
            # All at once, as the runs of a busy process write them; none waits for a viewer to go.
            await asyncio.gather(*map(write, runs))
            seen = await asyncio.gather(*viewers)
        await stream.aclose()
        for client in (stream._redis, stream._tails._redis):
            await client.aclose()
        return seen

    assert asyncio.run(go()) == [1] * VIEWERS
