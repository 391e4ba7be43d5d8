"""Which image runs each service, each pinned to what it holds.

The engine is the truth, there is no lock file: an image that is on it stays the one in use.
What is missing is pulled where a registry answers and built here where none does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import docker
import requests
from docker.errors import APIError

from agno_ha.servers import NGINX_IMAGE
from agno_ha.targets.docker import context
from agno_ha.targets.docker.context import Context, ImageError
from agno_ha.targets.docker.debian import MissingPackageError
from agno_ha.targets.docker.engine import Engine, connect, describe
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology

__all__ = ["ImageError", "Images", "MissingPackageError", "connect", "refer", "resolve"]

_DEBIAN = {"postgres": "15", "redis": "7"}
"""Major versions in Debian 12, which our own images have."""


@dataclass(frozen=True)
class Images:
    """One image for each service; None where the topology needs none."""

    app: str
    postgres: str | None
    redis: str | None
    nginx: str
    pgbouncer: str | None

    def of(self, service: str) -> str:
        """The image of a service that the topology needs."""
        image = getattr(self, service)
        if image is None:
            raise ValueError(f"no image of {service} was resolved for this topology")
        return str(image)


@dataclass(frozen=True)
class _Choice:
    """Where one service's image may come from: `given` alone, else `official`, else `own`."""

    service: str
    setting: str
    own: Callable[[], Context]
    given: str | None
    official: str | None = None
    version: str | None = None

    def reference(self, registry: str | None) -> str:
        return self.given or self.official or self.own().reference(registry)


def refer(topology: Topology, settings: DockerSettings) -> Images:
    """Name the images without an engine: as configured, by default version, or by the hash of what is built.

    Raises:
        ImageError: `app.build` cannot be read.
    """
    return _images(
        {choice.service: choice.reference(settings.registry) for choice in _choices(topology, settings)}
    )


def resolve(
    topology: Topology,
    settings: DockerSettings,
    progress: Callable[[str], None],
    client: docker.DockerClient | None = None,
) -> Images:
    """Find, pull or build each image that the topology needs, and pin it.

    Args:
        topology: what is deployed; a relative `app.build` is taken from the working directory.
        settings: the Docker target's settings.
        progress: called with one line for each step.
        client: the engine. Default: the one that the docker command uses.

    Returns:
        Each image as `name@sha256:…`, or as its id `sha256:…` where no registry has it.

    Raises:
        ImageError: an image cannot be had; MissingPackageError where installing a program would help.
    """
    used = client or connect()
    try:
        return _resolve(Engine(used, settings.registry, progress), _choices(topology, settings))
    except (APIError, requests.RequestException) as error:
        raise ImageError("The Docker engine", describe(error), "Correct that, then run it again") from None
    finally:
        if client is None:
            used.close()


def _resolve(engine: Engine, choices: list[_Choice]) -> Images:
    pins: dict[str, str] = {}
    builds: dict[str, Context] = {}
    for choice in choices:
        found = _find(engine, choice)
        if isinstance(found, Context):
            builds[choice.service] = found
        else:
            pins[choice.service] = found
    if builds:
        engine.ensure_base()  # once, before the images that are built on it side by side
        with ThreadPoolExecutor() as pool:
            pins |= dict(zip(builds, pool.map(engine.build, builds.values()), strict=True))
    return _images(pins)


def _choices(topology: Topology, settings: DockerSettings) -> list[_Choice]:
    app, given = topology.app, settings.images
    base = context.store("base", "").reference()
    directory = Path(app.build) if app.build else None
    choices = [
        _Choice("app", "topology.app.image", partial(context.app, directory, base), app.image),
        _Choice(
            "nginx", "docker.images.nginx", partial(context.store, "nginx", base), given.nginx, NGINX_IMAGE
        ),
    ]
    for name, store, image in (
        ("postgres", topology.postgres, given.postgres),
        ("redis", topology.redis, given.redis),
    ):
        if store.mode == "managed":
            version, own = str(store.version), partial(context.store, name, base)
            choices.append(_Choice(name, f"docker.images.{name}", own, image, f"{name}:{version}", version))
    if topology.postgres.pooler.enabled:
        own = partial(context.store, "pgbouncer", base)
        choices.append(_Choice("pgbouncer", "docker.images.pgbouncer", own, given.pgbouncer))
    return choices


def _find(engine: Engine, choice: _Choice) -> str | Context:
    """The pinned image, or what must be built."""
    if choice.given:
        return engine.present(choice.given) or engine.pull(choice.given, choice.setting)
    if choice.official and (pin := engine.present(choice.official)):
        return pin
    version = choice.version
    buildable = version is None or _DEBIAN[choice.service] == version
    own = choice.own()
    if buildable and (pin := engine.built(own)):
        return pin
    # A server that began on ours stays on ours: the other's locale, or older format, may not read its data.
    ours = buildable and engine.has_any(own.name)
    if choice.official and not ours and (pin := engine.pull_official(choice.official)):
        return pin
    if not buildable:
        raise ImageError(
            f"topology.{choice.service}.version = {version}",
            f"{choice.official} is not on the engine, no registry answers, and Debian 12, from which it "
            f"would be built, has only version {_DEBIAN[choice.service]}",
            f"Make a registry reachable, set {choice.setting}, or use version {_DEBIAN[choice.service]}",
        )
    return own


def _images(found: dict[str, str]) -> Images:
    return Images(
        app=found["app"],
        postgres=found.get("postgres"),
        redis=found.get("redis"),
        nginx=found["nginx"],
        pgbouncer=found.get("pgbouncer"),
    )
