"""The topology with every default, and ways to walk it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

DEFAULTS: dict[str, Any] = yaml.safe_load("""
app:
  image: null
  build: null
  agents: null
  workers: 1
  cpu: 1.0
  memory: 512MiB
  port: 8000
  authentication: securityKey
  model: {id: null, baseUrl: null}
  environment: {}
  secrets: {}
  longestSilence: 300s
  drain: {delay: 5s, timeout: 90s, grace: 180s}
  health: {interval: 5s, timeout: 5s, retries: 2, startPeriod: 60s}
  scheduler: {enabled: false, cpu: 0.5, memory: 512MiB}
scaling:
  min: 2
  max: 4
  cpu: 70
  memory: 80
  requestsPerSecond: null
  cooldown: {out: 60s, in: 300s}
loadBalancer:
  httpPort: 80
  httpsPort: 443
  replicas: 1
  cpu: 0.5
  memory: 128MiB
  tls: {mode: off, certificate: null, privateKey: null}
  idleTimeout: 3600s
  connectTimeout: 1s
  bodyLimit: 25MiB
postgres:
  mode: managed
  version: 15
  database: agno
  user: agno
  maxConnections: 200
  reservedConnections: 10
  sharedBuffers: 128MiB
  effectiveCacheSize: 512MiB
  workMem: 4MiB
  statementTimeout: 60s
  idleInTransactionTimeout: 60s
  cpu: 1.0
  memory: 1GiB
  storage: 10GiB
  backups: {retention: 7d}
  highAvailability: false
  stopGrace: 120s
  password: null
  pool: {size: 5, overflow: 5, timeout: 10s, recycle: 3600s, connectTimeout: 5s}
  pooler:
    {enabled: false, mode: transaction, poolSize: 50, maxClientConnections: 500, cpu: 0.5, memory: 128MiB}
  external: {host: null, port: 5432, sslMode: require}
redis:
  mode: managed
  version: 7
  maxmemory: 256MiB
  maxmemoryPolicy: noeviction
  persistence: {appendonly: true, fsync: everysec}
  cpu: 0.5
  memory: 512MiB
  storage: 5GiB
  highAvailability: false
  stopGrace: 60s
  password: null
  external: {host: null, port: 6379, tls: true, username: null}
sessions: {store: postgres}
""")


def leaves(data: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Dotted path → value of everything that is no section; an empty mapping is a leaf."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            found |= leaves(value, f"{path}{key}.")
        else:
            found[f"{path}{key}"] = value
    return found


def sections(data: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Dotted paths of everything that is a section."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield f"{path}{key}"
            yield from sections(value, f"{path}{key}.")


def at(path: str, value: Any) -> dict[str, Any]:
    """A mapping that holds only this leaf.

    >>> at("scaling.max", 3)
    {'scaling': {'max': 3}}
    """
    head, _, rest = path.partition(".")
    return {head: at(rest, value) if rest else value}
