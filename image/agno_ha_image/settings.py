"""The environment of the image, typed: every mistake at once, no secret in a message.

Field names are the environment's names in lower case (image/README.md is the user's table of them).
"""

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from agno_ha_image.environment import SecretFileError, load_secret_files

if TYPE_CHECKING:
    from sqlalchemy import URL

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(ge=0)]
SYSTEM_CA = Path("/etc/ssl/certs/ca-certificates.crt")
SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


def _no_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _blank_is_unset(value: object) -> object:
    return None if value == "" else value


def _fits_a_header(value: SecretStr) -> SecretStr:
    secret = value.get_secret_value()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ValueError("must be printable ASCII without spaces: it is sent in the Authorization header")
    return value


Text = Annotated[str, AfterValidator(_no_blank)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_unset)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_unset)]
Bearer = Annotated[SecretStr, AfterValidator(_fits_a_header)]
OptionalBearer = Annotated[Bearer | None, BeforeValidator(_blank_is_unset)]


class Settings(BaseSettings):
    """What the container was told, checked. Durations are seconds."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    agno_role: Literal["web", "scheduler"] = "web"
    host: str = "0.0.0.0"  # noqa: S104 (a container: what is published decides)
    port: Port = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    instance_name: Text = Field(default_factory=lambda: os.uname().nodename)
    forwarded_allow_ips: str = "127.0.0.1"
    keep_alive: Seconds = 3605.0
    """An idle connection is kept longer than any load balancer keeps it (3600 s), so that only its side closes."""

    postgres_host: Text
    postgres_port: Port = 5432
    postgres_user: Text = "agno"
    postgres_db: Text = "agno"
    postgres_password: SecretStr
    postgres_sslmode: SslMode = "prefer"
    redis_host: Text
    redis_port: Port = 6379
    redis_username: OptionalText = None
    redis_password: OptionalSecret = None
    redis_tls: bool = False

    db_pool_size: Annotated[int, Field(ge=1)] = 5
    db_max_overflow: Annotated[int, Field(ge=0)] = 5
    db_pool_timeout: Annotated[float, Field(gt=0)] = 10.0
    db_pool_recycle: Annotated[float, Field(gt=0)] = 3600.0
    db_connect_timeout: Annotated[float, Field(ge=1)] = 5.0
    db_pooler: Literal["off", "session", "transaction"] = "off"
    schema_timeout: Annotated[float, Field(gt=0)] = 120.0
    """How long a starting instance waits for Postgres and for the others' schema work."""
    session_store: Literal["postgres", "redis"] = "postgres"

    drain_delay: Seconds = 5.0
    drain_timeout: Seconds = 90.0

    os_id: Text = "agno-ha"
    os_security_key: OptionalBearer = None
    internal_service_token: Bearer
    docs_enabled: bool = True

    agno_agents: OptionalText = None
    agno_model: OptionalText = None
    openai_api_key: OptionalSecret = None
    openai_base_url: OptionalText = None
    demo_model_delay: Seconds = 0.0
    demo_model_socket: OptionalText = Field(default=None, validation_alias=AliasChoices("AGNO_HA_DEMO_MODEL"))
    draining_file: OptionalText = Field(default=None, validation_alias=AliasChoices("AGNO_HA_DRAINING"))

    @model_validator(mode="after")
    def _one_connection_is_the_queue_heartbeats(self) -> "Settings":
        if self.db_pool_size + self.db_max_overflow < 2:
            raise ValueError(
                "DB_POOL_SIZE + DB_MAX_OVERFLOW = 1: the queue's heartbeat needs one connection besides the "
                "requests'. Raise either to reach 2"
            )
        return self

    @property
    def postgres_url(self) -> "URL":
        """The URL for psycopg; the password may hold any character."""
        from sqlalchemy import URL  # 0.3 s that the schema step saves

        return URL.create(
            "postgresql+psycopg",
            username=self.postgres_user,
            password=self.postgres_password.get_secret_value(),
            host=self.postgres_host,
            port=self.postgres_port,
            database=self.postgres_db,
        )

    @property
    def libpq(self) -> dict[str, Any]:
        """What every connection of this image asks libpq for."""
        options: dict[str, Any] = {
            "connect_timeout": max(2, round(self.db_connect_timeout)),  # libpq takes less than 2 for 2
            "application_name": f"agno-{self.agno_role}/{self.instance_name}"[:63],
            "sslmode": self.postgres_sslmode,
            # A host that vanished is noticed in half a minute, not after the kernel's two hours.
            "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000,
        }  # fmt: skip
        if (
            self.postgres_sslmode.startswith("verify")
            and "PGSSLROOTCERT" not in os.environ
            and SYSTEM_CA.exists()
        ):
            options["sslrootcert"] = str(SYSTEM_CA)  # libpq itself looks into the home directory only
        if self.db_pooler == "transaction":
            options["prepare_threshold"] = None  # a prepared statement lives on one server connection
        return options

    def secret_values(self) -> list[str]:
        """Every secret, for the log's last line of defence."""
        fields = (getattr(self, name) for name in type(self).model_fields)
        return [field.get_secret_value() for field in fields if isinstance(field, SecretStr)]


def describe(error: ValidationError) -> list[str]:
    """One line a mistake: the variable, what is wrong, never its value where it could be a secret."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False, include_input=True):
        name = ".".join(str(part) for part in problem["loc"]).upper()
        field = Settings.model_fields.get(name.lower())
        text = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            text = f"is required: set {name}, or {name}_FILE to a file that holds it"
        shown = ""
        if field is not None and "Secret" not in str(field.annotation) and problem["type"] != "missing":
            shown = f" = {problem['input']!r}"
        lines.append(f"{name}{shown}: {text}." if name else f"{text}.")
    return sorted(lines)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process; ends it with code 2 and one line a mistake where they don't hold."""
    try:
        load_secret_files()
        return Settings()
    except SecretFileError as error:
        problems = str(error).splitlines()
    except ValidationError as error:
        problems = describe(error)
    from agno_ha_image.launcher import log  # the same JSON line, before logging can be set up

    for problem in problems:
        log("error", f"configuration: {problem}")
    sys.exit(2)
