"""The application: one image in two roles, `web` (N instances) and `scheduler` (none or one)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field

from agno_ha.topology.base import Between, Conflict, Cores, Matching, SecretKey, Section, Unprinted, Whole
from agno_ha.topology.lifecycle import Drain, Health
from agno_ha.topology.units import DAY, Duration, MiB, Size, TiB, duration_text, size_text

CONTRACT_NAMES = frozenset(
    {
        *("AGNO_ROLE", "HOST", "PORT", "WORKERS", "INSTANCE_NAME", "AGNO_AGENTS"),
        *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_SSLMODE"),
        *("POSTGRES_PASSWORD", "REDIS_HOST", "REDIS_PORT", "REDIS_USERNAME", "REDIS_TLS", "REDIS_PASSWORD"),
        *("DB_POOL_SIZE", "DB_MAX_OVERFLOW", "DB_POOL_TIMEOUT", "DB_POOL_RECYCLE", "DB_CONNECT_TIMEOUT"),
        *("DB_POOLER", "SESSION_STORE", "DRAIN_DELAY", "DRAIN_TIMEOUT", "AGNO_MODEL", "OPENAI_BASE_URL"),
        *("OS_ID", "OS_SECURITY_KEY", "INTERNAL_SERVICE_TOKEN"),
    }
)
"""Environment names that the topology sets itself (`image/README.md`); each also as `NAME_FILE`."""

SETTING_KEYS = frozenset({"target", "environment", "topology", "docker", "kubernetes", "ecs"})
"""Configuration keys of `agno-ha` that are no secrets."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIALS?|API_?KEY|_KEY)$", re.IGNORECASE)

_Memory = Annotated[Size, Between(64 * MiB, 4 * TiB, size_text)]
_Line = Matching(r"[^\s\x00-\x1f]+", "must be one word without spaces", "Remove the spaces")


class Model(Section):
    """The language model of the default agent."""

    id: Annotated[str, _Line] | None = None
    """The model's name at its provider; default null: the provider's usual one, or the demo model."""

    base_url: Annotated[
        Annotated[
            str,
            Matching(
                r"https?://[^\s/@?#]+(/[^\s@?#]*)?",
                "must be an http or https URL without user, password, query or spaces",
                "Write it like https://models.example.com/v1, and give a key as app.secrets.OPENAI_API_KEY",
            ),
        ]
        | None,
        Unprinted(),
    ] = None
    """Any OpenAI-compatible server; default null: OpenAI if it has OPENAI_API_KEY, else the demo model."""


class Scheduler(Section):
    """The role that runs Agno's schedules; one instance, so that no job is claimed twice."""

    enabled: bool = False
    """Default false: agents without schedules need none."""

    cpu: Cores = 0.5
    """Cores; default 0.5."""

    memory: _Memory = 512 * MiB
    """Memory; default 512MiB, as for a web instance with one worker."""


class App(Section):
    """The instances."""

    image: Annotated[Annotated[str, _Line] | None, Unprinted()] = None
    """An image that keeps the image contract; default null: the default image. Excludes `build`."""

    build: Annotated[str, Matching(r"[^\x00-\x1f]+", "must be a directory", "Name a directory")] | None = None
    """A directory with a Python module and its requirements.txt, made into an image; default null."""

    agents: (
        Annotated[
            str,
            Matching(
                rf"{_NAME}(\.{_NAME})*:{_NAME}",
                "must be package.module:attribute",
                "Write it like my_agents:agents",
            ),
        ]
        | None
    ) = None
    """The list of agents, `package.module:agents`; default null: one agent, `assistant`."""

    workers: Annotated[Whole, Between(1, 64)] = 1
    """Processes of an instance, each with its own pool; default 1: add instances before workers."""

    cpu: Cores = 1.0
    """Cores; default 1, what one worker can use."""

    memory: _Memory = 512 * MiB
    """Memory; default 512MiB: a worker takes 150 to 170 MiB, the demo model and uploads the rest."""

    port: Annotated[Whole, Between(1024, 65535)] = 8000
    """Port inside the container; default 8000; above 1023, because it runs without privileges."""

    authentication: Literal["securityKey", "none"] = "securityKey"
    """`securityKey` (default: a generated bearer key) or `none`, which is meant for dev."""

    model: Model = Field(default_factory=Model)
    """The language model of the default agent."""

    environment: Annotated[
        dict[str, Annotated[str, Matching(r"[^\x00]*", "must not hold a NUL character", "Remove it")]],
        Unprinted(),
    ] = Field(default_factory=dict)
    """Further plain environment, name to text; default none. Secrets belong in `secrets`."""

    secrets: Annotated[dict[str, SecretKey], Unprinted()] = Field(default_factory=dict)
    """Environment name to the name of a top-level Pulumi secret; default none. Never the secret itself."""

    longest_silence: Annotated[Duration, Between(1, DAY, duration_text)] = 300.0
    """Longest silent model or tool call within a stream; default 300s."""

    drain: Drain = Field(default_factory=Drain)
    """How an instance stops."""

    health: Health = Field(default_factory=Health)
    """When an instance is replaced because it does not answer."""

    scheduler: Scheduler = Field(default_factory=Scheduler)
    """The role that runs schedules."""

    def conflicts(self) -> Iterator[Conflict]:
        """One origin of the image, a model that can be asked, environment names that are free and plain."""
        if self.image is not None and self.build is not None:
            yield Conflict("build", "given together with app.image", "Keep one, and set the other to null")
        if self.model.base_url is not None and self.model.id is None:
            yield Conflict(
                "model.id", "required by app.model.baseUrl", "Name the model that the server shall run"
            )
        own = self.image or self.agents  # which may ask any provider
        if self.model.id and not (self.model.base_url or own or "OPENAI_API_KEY" in self.secrets):
            yield Conflict(
                "model.id", "has no provider", "Add app.secrets.OPENAI_API_KEY, or set app.model.baseUrl"
            )
        for name in _usable("environment", self.environment):
            if isinstance(name, Conflict):
                yield name
            elif _SECRET_NAME.search(name):
                yield Conflict(
                    f"environment.{name}",
                    "looks like a secret, and the environment is plain text",
                    f"Move it to app.secrets, as {name}: <name of a top-level secret>",
                )
        for name in _usable("secrets", self.secrets):
            if isinstance(name, Conflict):
                yield name
            elif not {name, f"{name}_FILE"}.isdisjoint(self.environment):
                yield Conflict(f"secrets.{name}", "also in app.environment", "Keep one of the two")
            elif self.secrets[name] in SETTING_KEYS:
                yield Conflict(
                    f"secrets.{name}", "names a setting of agno-ha, not a secret", "Name another key"
                )


def _usable(field: str, names: Iterable[str]) -> Iterator[str | Conflict]:
    """Each name that the user may set, or what is wrong with it."""
    for name in names:
        if not re.fullmatch(_NAME, name):
            # The name is not shown: name and secret may have been swapped.
            yield Conflict(
                field,
                "holds a name that no environment can have",
                "Use letters, digits and _ only, no digit first",
            )
        elif name.removesuffix("_FILE") in CONTRACT_NAMES or name.startswith("AGNO_HA_"):
            yield Conflict(
                f"{field}.{name}", "is set by agno-ha itself", "Remove it, and use the setting it stands for"
            )
        else:
            yield name
