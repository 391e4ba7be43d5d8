"""The ASGI application of one worker process: AgentOS with shared stores, fail-closed, observable."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version

from agno.agent import Agent
from agno.db.base import AsyncBaseDb
from agno.job_queue import QueueConfig, RedisCoordination
from agno.os import AgentOS
from agno.os.settings import AgnoAPISettings
from agno.run.cancel import set_cancellation_manager
from agno.run.cancellation_management.redis_cancellation_manager import RedisRunCancellationManager
from agno.team import Team
from agno.workflow import Workflow
from fastapi import FastAPI
from sqlalchemy import event, text
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from agno_ha_image import agents, logs, metrics
from agno_ha_image.edge import Edge
from agno_ha_image.events import StoredEventStream
from agno_ha_image.forwarded import forwarded
from agno_ha_image.guard import FailClosed
from agno_ha_image.launcher import log
from agno_ha_image.models import default_model
from agno_ha_image.postgres import Postgres, open_postgres
from agno_ha_image.readiness import TIMEOUT, Readiness
from agno_ha_image.redis_store import BLOCK_SECONDS, RedisSessions, open_async, open_sync
from agno_ha_image.settings import Settings, settings

MAX_ATTEMPTS = 3
"""How often a background run is begun, at most: its owner may be killed twice."""


def components(configured: Settings, sessions: AsyncBaseDb) -> list[agents.Component]:
    """What this instance serves; ends the process with one line where AGNO_AGENTS is wrong."""
    found: list[agents.Component]
    try:
        found = agents.load(configured.agno_agents) if configured.agno_agents else [agents.assistant()]
    except agents.AgentsError as error:
        log("error", f"configuration: {error}")
        sys.exit(STARTUP_FAILURE)
    agents.complete(found, sessions, default_model(configured))
    return found


def queue(configured: Settings) -> tuple[QueueConfig, StoredEventStream]:
    """The durable queue, the same on every instance, and its event stream; cancellation goes through Redis too."""
    client, blocking_client = open_async(configured), open_sync(configured)
    stream = StoredEventStream(
        client,
        open_async(configured),
        key_prefix=f"{configured.os_id}:os:events:",
        block_ms=BLOCK_SECONDS * 1000,
    )
    set_cancellation_manager(
        RedisRunCancellationManager(
            blocking_client, client, key_prefix=f"{configured.os_id}:run:cancellation:"
        )
    )
    coordination = RedisCoordination(
        sync_client=blocking_client, async_client=client, key_prefix=configured.os_id
    )
    return QueueConfig(
        redis=coordination, durable=True, max_attempts=MAX_ATTEMPTS, retry_delay_seconds=5
    ), stream


def agent_os(
    configured: Settings, database: Postgres, sessions: AsyncBaseDb, readiness: Readiness
) -> FastAPI:
    """AgentOS as the deployment needs it: everything that would differ per process is explicit."""
    found = components(configured, sessions)
    queue_config, stream = queue(configured)
    token = configured.internal_service_token.get_secret_value()
    key = configured.os_security_key.get_secret_value() if configured.os_security_key else None

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics.forget_dead_workers()
        await readiness.problems()  # connects: the first requests come in a burst, as soon as /health answers
        sampling = asyncio.create_task(metrics.sample(database))
        yield
        sampling.cancel()

    return AgentOS(
        id=configured.os_id,
        name=configured.os_id,
        db=database,
        agents=[item for item in found if isinstance(item, Agent)],
        teams=[item for item in found if isinstance(item, Team)],
        workflows=[item for item in found if isinstance(item, Workflow)],
        settings=AgnoAPISettings(os_security_key=key, docs_enabled=configured.docs_enabled),
        internal_service_token=token,
        queue=queue_config,
        event_stream=stream,
        scheduler=configured.agno_role == "scheduler",
        scheduler_base_url=f"http://127.0.0.1:{configured.port}",
        telemetry=False,
        lifespan=lifespan,
    ).get_app()


def create() -> ASGIApp:
    """The application for uvicorn; ends the process where it can't be made, which also ends the supervisor."""
    configured = settings()
    logs.configure(configured.instance_name, configured.agno_role, configured.secret_values())
    try:
        return application(configured)
    except Exception:
        logging.getLogger("agno_ha").exception("the application cannot start")
        sys.exit(STARTUP_FAILURE)


def application(configured: Settings) -> ASGIApp:
    """AgentOS between the guard and the stores, with this process's one engine."""
    os.environ["AGNO_TELEMETRY"] = "false"
    database = open_postgres(configured)
    redis_client = open_async(configured, socket_timeout=TIMEOUT)
    sessions: AsyncBaseDb = database
    if configured.session_store == "redis":
        # One id for both: agno's routes then need no db_id, and find the sessions where the agents keep them.
        sessions = RedisSessions(  # type: ignore[abstract]  # its methods are generated
            open_sync(configured, decode=True), database.id
        )

    async def ask_postgres() -> None:
        async with database.db_engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    readiness = Readiness({"postgres": ask_postgres, "redis": redis_client.ping})
    event.listen(
        database.db_engine.sync_engine, "after_cursor_execute", lambda *_: readiness.answered("postgres")
    )
    inner = agent_os(configured, database, sessions, readiness)
    logs.configure(configured.instance_name, configured.agno_role, configured.secret_values())
    metrics.INSTANCE.labels(
        configured.instance_name, configured.agno_role, configured.os_id, version("agno")
    ).set(1)
    served = Edge(FailClosed(inner, readiness), readiness, database, configured.draining_file)
    return forwarded(served, configured.forwarded_allow_ips)
