"""What a topology can ask for and ECS refuses, told before anything is made."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from agno_ha.targets.ecs import fargate
from agno_ha.targets.ecs.certificate import source
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.targets.ecs.stores import postgres_problems, redis_problems
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem
from agno_ha.topology.units import DAY, duration_text, size_text

STOP_TIMEOUT = 120.0
"""Seconds that Fargate leaves a container at most between SIGTERM and SIGKILL."""

_BOUNDS = (
    # path, seconds or a count, least, largest, whose bound it is
    ("app.health.interval", 5, 300, "ECS and its load balancer check every 5s to 5m"),
    ("app.health.timeout", 2, 60, "a health check of ECS waits 2s to 60s"),
    ("app.health.retries", 2, 10, "the load balancer counts 2 to 10 failures"),
    ("app.health.start_period", 0, 300, "ECS ignores failures for at most 5m"),
    ("load_balancer.idle_timeout", 1, 4000, "an Application Load Balancer waits at most 4000s"),
    ("postgres.backups.retention", 0, 35 * DAY, "RDS keeps backups for at most 35d"),
)


def problems(topology: Topology, settings: EcsSettings, namespace: str | None = None) -> list[Problem]:
    """Return everything that AWS would refuse, or only after half of the stack exists."""
    del namespace
    found = [*_sizes(topology), *_stop(topology), *_bounds(topology), *_image(topology, settings)]
    found += _tls(topology, settings)
    found += postgres_problems(topology, settings)
    found += redis_problems(topology, settings)
    return found


def _sizes(topology: Topology) -> Iterator[Problem]:
    app = topology.app
    sizes = [("app", app.cpu, app.memory)]
    if app.scheduler.enabled:
        sizes.append(("app.scheduler", app.scheduler.cpu, app.scheduler.memory))
    for path, cpu, memory in sizes:
        if fargate.fits(cpu, memory):
            continue
        near = fargate.nearest(cpu, memory)
        fix = (
            f"The nearest is {fargate.text(*near)}: set {path}.cpu and {path}.memory to it"
            if near is not None
            else f"The largest is {fargate.text(16, 120 * 1024**3)}: lower {path}.cpu and {path}.memory"
        )
        yield Problem(
            "",
            f"topology.{path}.memory",
            size_text(memory),
            f"Fargate has no size with {cpu:g} core{'s' * (cpu != 1)} and it",
            fix,
        )


def _stop(topology: Topology) -> Iterator[Problem]:
    drain = topology.app.drain
    if drain.grace > STOP_TIMEOUT:
        spare = STOP_TIMEOUT - (drain.grace - drain.timeout)
        shorter = "Shorten app.drain.delay and timeout, and lower grace to 120s"
        if spare >= 1:
            shorter = f"Lower app.drain.timeout to {duration_text(spare)} and app.drain.grace to 120s"
        message = f"Fargate kills a task {STOP_TIMEOUT:g}s after SIGTERM"
        yield Problem("", "topology.app.drain.grace", duration_text(drain.grace), message, shorter)


def _bounds(topology: Topology) -> Iterator[Problem]:
    for path, least, largest, message in _BOUNDS:
        value: float = topology  # type: ignore[assignment]
        for part in path.split("."):
            value = getattr(value, part)
        if path.startswith("postgres.") and topology.postgres.mode == "external":
            continue
        if not least <= value <= largest:
            shown = duration_text if path != "app.health.retries" else lambda count: f"{count:g}"
            bound = least if value < least else largest
            fix = f"{'Raise' if value < least else 'Lower'} it to {shown(bound)}"
            yield Problem("", f"topology.{_camel(path)}", shown(value), message, fix)


def _image(topology: Topology, settings: EcsSettings) -> Iterator[Problem]:
    if topology.app.image is None and settings.image is None:
        what = "app.build is" if topology.app.build else "the default image is"
        yield Problem(
            "",
            "agno-ha:ecs.image",
            None,
            f"is required: {what} built here, and Fargate pulls from a registry",
            "Push it (docs/ecs.md says how) and name it here, or name another in topology.app.image",
        )


def _tls(topology: Topology, settings: EcsSettings) -> Iterator[Problem]:
    tls, balancer = topology.load_balancer.tls, settings.load_balancer
    given = [
        name
        for name, there in (
            ("agno-ha:ecs.loadBalancer.certificateArn", balancer.certificate_arn is not None),
            (f"topology.loadBalancer.tls.mode = {tls.mode}", tls.mode != "off"),
            ("agno-ha:ecs.loadBalancer.plainHttp", balancer.plain_http),
        )
        if there
    ]
    if len(given) > 1:
        yield Problem(
            "", given[0], None, f"given together with {' and '.join(given[1:])}", "Keep one of them"
        )
    elif balancer.certificate_arn and topology.load_balancer.http_port == topology.load_balancer.https_port:
        message = "the same as loadBalancer.httpPort, which redirects to it"
        port = str(topology.load_balancer.https_port)
        yield Problem("", "topology.loadBalancer.httpsPort", port, message, "Choose another port")
    elif source(topology, settings) is None:
        yield Problem(
            "",
            "agno-ha:ecs.loadBalancer.certificateArn",
            None,
            "is required: without it API keys and conversations cross the network in the open",
            "Give a certificate of ACM, or set topology.loadBalancer.tls.mode, or ask for plainHttp by name",
        )


def whole(seconds: float) -> int:
    """Return whole seconds, never fewer than asked for: AWS counts no smaller ones."""
    return ceil(seconds)


def _camel(path: str) -> str:
    return ".".join(
        part.split("_")[0] + "".join(word.title() for word in part.split("_")[1:]) for part in path.split(".")
    )
