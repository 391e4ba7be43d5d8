"""The model of agents that bring none: OpenAI's, any compatible server's, or the demo model of this image."""

from typing import Any

import httpx2
from agno.models.base import Model
from agno.models.openai import OpenAIChat, OpenAILike
from openai import AsyncOpenAI

from agno_ha_image.settings import Settings

DEMO_MODEL_ID = "demo-model"


class DemoModel(OpenAILike):
    """The demo model, on its Unix socket. One HTTP client serves every copy that agno makes of a model."""

    _shared: AsyncOpenAI | None = None

    def get_async_client(self) -> AsyncOpenAI:
        """The OpenAI client whose transport is the socket."""
        if DemoModel._shared is None:
            transport = httpx2.AsyncHTTPTransport(uds=str(self.base_url), retries=2)
            http_client = httpx2.AsyncClient(transport=transport, timeout=None)
            DemoModel._shared = AsyncOpenAI(
                api_key="demo", base_url="http://demo-model/v1", http_client=http_client
            )
        return DemoModel._shared


def default_model(settings: Settings) -> Model:
    """The configured model, or the demo model where neither a key nor a server is configured."""
    options: dict[str, Any] = {"id": settings.agno_model} if settings.agno_model else {}
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    if settings.openai_base_url:
        return OpenAILike(base_url=settings.openai_base_url, api_key=key or "not-needed", **options)
    if key:
        return OpenAIChat(api_key=key, **options)
    return DemoModel(id=DEMO_MODEL_ID, name="Demo model", base_url=settings.demo_model_socket)
