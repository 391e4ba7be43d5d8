"""What a diagram shows, before it is drawn: parts in columns, frames around them, arrows between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agno_ha.offline import Plan, Resource
from agno_ha.service import TYPE
from agno_ha.topology.units import size_text

_WORKLOADS = (
    "docker:index/service:Service",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "aws:ecs/service:Service",
)
"""Types whose name says which part it is."""

_PARTS = {
    "aws:lb/loadBalancer:LoadBalancer": ("balancer", "Application Load Balancer"),
    "kubernetes:networking.k8s.io/v1:Ingress": ("balancer", "Ingress"),
    "kubernetes:postgresql.cnpg.io/v1:Cluster": ("postgres", "Postgres (CloudNativePG)"),
    "aws:rds/instance:Instance": ("postgres", "RDS for PostgreSQL"),
    "aws:rds/proxy:Proxy": ("pooler", "RDS Proxy"),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("redis", "ElastiCache for Redis"),
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": ("scaler", "HPA"),
    "kubernetes:keda.sh/v1alpha1:ScaledObject": ("scaler", "KEDA"),
    "aws:appautoscaling/target:Target": ("scaler", "App Auto Scaling"),
}
"""Types that are one part wherever they stand."""

_ROOMS = {
    "nginx": ("balancer", "nginx"),
    "web": ("web", "AgentOS"),
    "scheduler": ("scheduler", "Scheduler"),
    "pgbouncer": ("pooler", "PgBouncer"),
    "postgres": ("postgres", "Postgres"),
    "redis": ("redis", "Redis"),
}
_FRAMES = {
    "docker": (("network edge", ("balancer", "scaler", "web", "scheduler")),
               ("network stores, internal", ("pooler", "postgres", "redis"))),
    "kubernetes": (("namespace", ("balancer", "scaler", "web", "scheduler", "pooler", "postgres", "redis")),),
    "ecs": (("public subnets", ("balancer",)),
            ("private subnets", ("scaler", "web", "scheduler", "pooler", "postgres", "redis"))),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One box."""

    key: str
    title: str
    lines: tuple[str, ...] = ()
    copies: int = 1
    """How many are drawn behind one another."""
    outside: bool = False
    """Whether somebody else runs it."""


@dataclass(frozen=True)
class Arrow:
    """Who talks to whom; keys of parts."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


@dataclass(frozen=True)
class Frame:
    """A box around parts."""

    title: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    title: str
    parts: Mapping[str, Part]
    frames: tuple[Frame, ...]
    arrows: tuple[Arrow, ...]


def of(plan: Plan) -> Picture:
    """Return the picture of a plan; of several services in it the first."""
    [service, *_] = plan.of_type(TYPE)
    facts = service.inputs
    found = dict(filter(None, map(_part, plan.resources)))
    found.setdefault("balancer", "Service of type LoadBalancer")
    found.setdefault("postgres", "Postgres, external")
    found.setdefault("redis", "Redis, external")
    parts = {"clients": Part("clients", "Clients", ("HTTP, SSE, WebSocket",))}
    for key, title in found.items():
        parts[key] = Part(
            key, title, tuple(filter(None, _lines(key, facts))),
            copies=min(int(facts["min"]), 3) if key == "web" else 1, outside=title.endswith("external"),
        )  # fmt: skip
    target = str(facts["target"])
    inside = {key for key, part in parts.items() if not part.outside}
    frames = [Frame(title, tuple(key for key in keys if key in inside)) for title, keys in _FRAMES[target]]
    title = f"{plan.project}, stack {plan.stack}: {target}, {facts['environment']}"
    return Picture(
        title, parts, tuple(frame for frame in frames if frame.parts), tuple(_arrows(parts, facts))
    )


def _part(resource: Resource) -> tuple[str, str] | None:
    if resource.type in _WORKLOADS:
        return _ROOMS.get(resource.name.partition("-")[2])
    return _PARTS.get(resource.type)


def _lines(key: str, facts: Mapping[str, Any]) -> list[str]:
    managed = {name: facts[f"{name}Mode"] == "managed" for name in ("postgres", "redis")}
    low, high = facts["min"], facts["max"]
    count = f"{low} to {high} instances" if facts["autoscaled"] and low != high else f"{low} instances"
    workers = f"{facts['workers']} worker{'s' if facts['workers'] > 1 else ''}"
    sessions = " · sessions"
    lines = {
        "balancer": ["TLS" if facts["tls"] != "off" else "HTTP", f"silence {facts['idleTimeout']:g} s"],
        "web": [count, f"{workers} · {size_text(facts['appMemory'])}",
                f"pool {facts['poolSize']} + {facts['poolOverflow']}"],
        "scheduler": ["one instance"],
        "scaler": [text for text, on in ((f"cpu {facts['scaleCpu']:g}%", facts["scaleCpu"]),
                                         (f"memory {facts['scaleMemory']:g}%", facts["scaleMemory"]),
                                         (f"{facts['scaleRequests']:g} requests/s", facts["scaleRequests"])) if on],
        "pooler": [f"{facts['poolerMode']} mode", f"{facts['poolerPoolSize']} server connections"],
        "postgres": ["runs" + sessions * (facts["sessionStore"] == "postgres"),
                     f"{facts['connectionsUsable']} connections",
                     size_text(facts["postgresMemory"]) if managed["postgres"] else "",
                     "standby" if facts["failover"] else ""],
        "redis": ["queue · events" + sessions * (facts["sessionStore"] == "redis"),
                  f"{size_text(facts['maxmemory'])} data" if managed["redis"] else "",
                  "standby" if facts["redisFailover"] else ""],
    }  # fmt: skip
    return lines[key]


def _arrows(parts: Mapping[str, Part], facts: Mapping[str, Any]) -> list[Arrow]:
    database = "pooler" if "pooler" in parts else "postgres"
    needed = f"at most {facts['connectionsNeeded']}"
    arrows = [
        Arrow("clients", "balancer"),
        Arrow("balancer", "web"),
        Arrow("web", database, needed if database == "postgres" else ""),
        Arrow("web", "redis"),
    ]
    if "scheduler" in parts:
        arrows += [Arrow("scheduler", database), Arrow("scheduler", "redis")]
    if "pooler" in parts:
        arrows.append(Arrow("pooler", "postgres", needed))
    if "scaler" in parts:
        arrows.append(Arrow("scaler", "web", dashed=True))
    return arrows
