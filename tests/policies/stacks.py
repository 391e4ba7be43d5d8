"""Good resources to break one property at a time."""

from __future__ import annotations

import base64
from dataclasses import replace
from itertools import pairwise
from typing import Any

from agno_ha.configuration import deep_merge
from agno_ha_policies import UNKNOWN as UNKNOWN
from agno_ha_policies import Configuration, Resource, evaluate

MIB = 1024**2
STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
AGNO = "urn:pulumi:dev::p::agno-ha:index:AgnoService::agno"
DOCKER = "docker:index/service:Service"
CONTAINER = "docker:index/container:Container"
CONFIG = "docker:index/serviceConfig:ServiceConfig"
VOLUME = "docker:index/volume:Volume"
DROP: Any = object()
"""As a change: the property is not there at all."""

FACTS: dict[str, Any] = {
    "target": "docker",
    "environment": "prod",
    "autoscaled": False,
    "protected": True,
    "min": 2.0,  # Pulumi's numbers are floats
    "max": 4.0,
    "surge": 4.0,
    "scaleCpu": 70.0,
    "scaleMemory": 80.0,
    "scaleRequests": 0.0,
    "cooldownOut": 60.0,
    "cooldownIn": 300.0,
    "workers": 1.0,
    "poolSize": 5.0,
    "poolOverflow": 5.0,
    "poolTimeout": 10.0,
    "schedulerConnections": 0.0,
    "connectionsNeeded": 80.0,
    "connectionsUsable": 190.0,
    "maxConnections": 200.0,
    "reservedConnections": 10.0,
    "pooler": False,
    "poolerMode": "transaction",
    "poolerPoolSize": 50.0,
    "poolerMaxClientConnections": 500.0,
    "drainDelay": 5.0,
    "drainTimeout": 90.0,
    "drainGrace": 180.0,
    "idleTimeout": 3600.0,
    "longestSilence": 300.0,
    "tls": "provided",
    "authentication": "securityKey",
    "appMemory": 512.0 * MIB,
    "appMemoryNeeded": 256.0 * MIB,
    "postgresMode": "managed",
    "postgresTls": False,
    "postgresMemory": 1024.0 * MIB,
    "postgresMemoryNeeded": 536.0 * MIB,
    "sharedBuffers": 128.0 * MIB,
    "effectiveCacheSize": 512.0 * MIB,
    "workMem": 4.0 * MIB,
    "failover": True,
    "backupRetention": 604800.0,
    "redisMode": "managed",
    "redisTls": False,
    "redisMemory": 512.0 * MIB,
    "redisMemoryNeeded": 342.0 * MIB,
    "maxmemory": 256.0 * MIB,
    "maxmemoryPolicy": "noeviction",
    "redisFailover": False,
    "appendonly": True,
}
POOLED = {"pooler": True, "connectionsNeeded": 50}
HARDENED: dict[str, Any] = {
    "updateConfig": {"failureAction": "rollback", "order": "start-first"},
    "taskSpec": {
        "containerSpec": {"image": "registry.example.com/thing:1", "user": "1000:1000", "readOnly": True},
        "resources": {"limits": {"memoryBytes": 1024 * MIB}},
        "logDriver": {"name": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
    },
}
POSTGRES_ARGS = (
    *("postgres", "-c", "max_connections=200", "-c", "superuser_reserved_connections=10"),
    *("-c", "shared_buffers=131072kB", "-c", "effective_cache_size=524288kB", "-c", "work_mem=4096kB"),
)
REDIS_ARGS = (
    *("redis-server", "--dir", "/data", "--aclfile", "/run/secrets/users", "--maxmemory", "268435456"),
    *("--maxmemory-policy", "noeviction", "--appendonly", "yes"),
)
NGINX = """\
# the whole of it
http {
  server {
    listen 8443 ssl http2;
    location / {
      proxy_pass http://web:8000;
      proxy_buffering off;
      proxy_read_timeout 3600000ms;
      proxy_next_upstream error timeout;
    }
  }
}
"""
PGBOUNCER = """\
[databases]
agno = host=db
[pgbouncer]
pool_mode = transaction
max_db_connections = 50
max_client_conn = 500
"""


def changed(resource: Resource, **changes: Any) -> Resource:
    """A copy with other properties; `__` stands for the dot of a path, the last part may have dots of its own."""
    props = deep_merge({}, resource.props)
    for name, value in changes.items():
        put(props, name.replace("__", "."), value)
    return replace(resource, props=props)


def put(props: Any, path: str, value: Any) -> None:
    """Set what stands at a path; a number is a place in a list that is there. What is on the way is copied."""
    *above, last = (int(part) if part.isdecimal() else part for part in path.split("."))
    for part, below in pairwise((*above, last)):
        inner = props[part] if isinstance(part, int) else props.get(part)
        fits = isinstance(inner, list) if isinstance(below, int) else isinstance(inner, dict)
        props[part] = props = inner.copy() if fits else {}
    if value is DROP:
        props.pop(last, None)
    else:
        props[last] = value


def facts(without: str = "", **changes: Any) -> Resource:
    props = {key: value for key, value in {**FACTS, **changes}.items() if key != without}
    return Resource(AGNO, "agno-ha:index:AgnoService", "agno", STACK, props)


def of(kind: str, name: str, props: dict[str, Any], parent: str = STACK, **more: Any) -> Resource:
    above = "agno-ha:index:AgnoService$" if parent == AGNO else ""
    return Resource(f"urn:pulumi:dev::p::{above}{kind}::{name}", kind, name, parent, props, **more)


def below(component: str, resource: Resource) -> Resource:
    """The same, put into a component of the program's own."""
    kind = "theirs:index:Thing"
    urn = resource.urn.replace("::p::", f"::p::{kind}$")
    return replace(resource, urn=urn, parent=f"urn:pulumi:dev::p::{kind}::{component}")


def docker(name: str, props: dict[str, Any], parent: str = STACK) -> Resource:
    """A service that nothing is wrong with, but for what `props` change."""
    return of(DOCKER, name, deep_merge(HARDENED, props), parent)


def instance(
    name: str = "agno-web",
    *,
    parent: str = AGNO,
    replicas: Any = 2.0,
    order: Any = "start-first",
    env: Any = None,
    without: str = "",
    **changes: Any,
) -> Resource:
    """A service with a pool; `changes` to its environment, `env` instead of it."""
    environment = {
        "AGNO_ROLE": "web",
        "WORKERS": "1",
        "DB_POOL_SIZE": "5",
        "DB_MAX_OVERFLOW": "5",
        "DB_POOLER": "off",
        **changes,
    }
    environment.pop(without, None)
    spec = {
        "image": "app:1",
        "env": environment if env is None else env,
        "stopGracePeriod": "3m",
        "healthcheck": {"tests": ["CMD", "probe", "http://127.0.0.1:8000/health"]},
    }
    return docker(
        name,
        {
            "mode": {"replicated": {"replicas": replicas}},
            "updateConfig": {"order": order},
            "taskSpec": {"containerSpec": spec, "resources": {"limits": {"memoryBytes": 512 * MIB}}},
        },
        parent,
    )


def stranger(name: str = "api", **changes: Any) -> Resource:
    """The same in a program that never heard of this package."""
    return instance(name, parent=STACK, without="AGNO_ROLE", **changes)


def server(
    name: str = "agno-postgres",
    /,
    *,
    parent: str = AGNO,
    args: Any = POSTGRES_ARGS,
    image: Any = "sha256:0123",
    **changes: Any,
) -> Resource:
    spec = {
        "image": image,
        "args": list(args) if isinstance(args, tuple) else args,
        "mounts": [{"type": "volume", "source": "data", "target": "/var/lib/postgresql/data"}],
    }
    return docker(name, deep_merge({"taskSpec": {"containerSpec": spec}}, changes), parent)


def redis(
    name: str = "agno-redis", /, *, parent: str = AGNO, args: Any = REDIS_ARGS, image: Any = "sha256:0456"
) -> Resource:
    spec = {
        "image": image,
        "args": list(args) if isinstance(args, tuple) else args,
        "mounts": [{"type": "volume", "source": "data", "target": "/data"}],
    }
    limits = {"resources": {"limits": {"memoryBytes": 512 * MIB}}}
    return docker(name, {"taskSpec": {"containerSpec": spec, **limits}}, parent)


def file(name: str, text: Any, parent: str = AGNO) -> Resource:
    """A Swarm config; its content as text."""
    data = base64.b64encode(text.encode()).decode() if isinstance(text, str) else text
    return of(CONFIG, name, {"data": data}, parent)


def nginx(old: str = "", new: str = "", name: str = "agno-nginx-conf", parent: str = AGNO) -> Resource:
    assert old in NGINX
    return file(name, NGINX.replace(old, new) if old else NGINX, parent)


def found(*resources: Resource, configuration: Configuration | None = None) -> set[tuple[str, str, str]]:
    """Exactly what all rules find: (rule, logical name, path); a `?` after the rule: could not be checked."""
    return {
        (finding.rule + "?" * finding.unknown, finding.resource, finding.path)
        for finding in evaluate(resources, configuration)
    }
