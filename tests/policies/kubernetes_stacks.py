"""Good objects of a cluster to break one property at a time."""

from __future__ import annotations

from typing import Any

from agno_ha_policies import Resource
from agno_ha_policies.kubernetes import kinds
from policies.stacks import AGNO, NGINX, PGBOUNCER, POSTGRES_ARGS, REDIS_ARGS, STACK, changed, of

P = "spec__template__spec__"
C = f"{P}containers__0__"
POD = "spec.template.spec"
MAIN = f"{POD}.containers.0"

SAFE = {
    "runAsNonRoot": True,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def env(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def pods(
    kind: str, name: str, container: dict[str, Any], *, parent: str = STACK, volumes: Any = None, **spec: Any
) -> Resource:
    """What makes pods that nothing is wrong with, but for what is given."""
    full = {
        "name": "main",
        "image": "registry.example.com/thing:1",
        "securityContext": dict(SAFE),
        "resources": {"limits": {"memory": "1Gi"}},
        **container,
    }
    short = name.removeprefix("agno-")
    template = {"spec": {"containers": [full], "volumes": volumes or [], "automountServiceAccountToken": False,
                         "terminationGracePeriodSeconds": 185.0}}  # fmt: skip
    return of(kind, name, {"metadata": {"name": short}, "spec": {"template": template, **spec}}, parent)


def thing(name: str = "thing", **changes: Any) -> Resource:
    """A Deployment of something that is no app and no store."""
    return changed(pods(kinds.DEPLOYMENT, name, {}), **changes)


def app(name: str = "agno-web", *, parent: str = AGNO, **changes: Any) -> Resource:
    """App instances; `changes` by path."""
    probe = {"httpGet": {"path": "/health", "port": "http"}}
    container = {
        "image": "app:1",
        "env": env(AGNO_ROLE="web", WORKERS="1", DB_POOL_SIZE="5", DB_MAX_OVERFLOW="5", DB_POOLER="off",
                   DRAIN_DELAY="5", DRAIN_TIMEOUT="90"),
        "livenessProbe": probe,
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5.0}}},
        "resources": {"limits": {"memory": "512Mi"}},
    }  # fmt: skip
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0.0}}
    return changed(pods(kinds.DEPLOYMENT, name, container, parent=parent, strategy=strategy), **changes)


def stranger(name: str = "api", **changes: Any) -> Resource:
    """The same in a program that never heard of this package, with a count of its own."""
    return app(name, parent=STACK, **{"spec__replicas": 2.0, **changes})


def hpa(name: str = "agno-web", *, parent: str = AGNO, target: Any = "web", **changes: Any) -> Resource:
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
        "minReplicas": 2.0,
        "maxReplicas": 4.0,
    }
    return changed(of(kinds.HPA, name, {"metadata": {"name": name}, "spec": spec}, parent), **changes)


def scaled(name: str = "scaled", **changes: Any) -> Resource:
    """A ScaledObject of KEDA."""
    spec = {"scaleTargetRef": {"name": "api"}, "minReplicaCount": 2.0, "maxReplicaCount": 4.0}
    return changed(of(kinds.SCALED_OBJECT, name, {"spec": spec}), **changes)


def postgres(
    name: str = "agno-postgres",
    *,
    parent: str = AGNO,
    args: Any = POSTGRES_ARGS,
    image: Any = "postgres:16",
    **changes: Any,
) -> Resource:
    container = {
        "image": image,
        "args": list(args) if isinstance(args, tuple) else args,
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/postgresql/data"}],
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    return changed(pods(kinds.STATEFUL_SET, name, container, parent=parent, volumes=volumes), **changes)


def redis(
    name: str = "agno-redis",
    *,
    parent: str = AGNO,
    args: Any = REDIS_ARGS,
    image: Any = "redis:7",
    **changes: Any,
) -> Resource:
    container = {
        "image": image,
        "args": list(args) if isinstance(args, tuple) else args,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "resources": {"limits": {"memory": "512Mi"}},
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    return changed(pods(kinds.STATEFUL_SET, name, container, parent=parent, volumes=volumes), **changes)


def cluster(
    name: str = "agno-postgres", *, parent: str = AGNO, protect: bool | None = True, **changes: Any
) -> Resource:
    """A Postgres of the CloudNativePG operator."""
    parameters = dict(word.split("=") for word in POSTGRES_ARGS if "=" in word)
    spec = {
        "instances": 3.0,
        "postgresql": {"parameters": parameters},
        "resources": {"limits": {"memory": "1Gi"}},
    }
    made = of(kinds.CLUSTER, name, {"metadata": {"name": "postgres"}, "spec": spec}, parent, protect=protect)
    return changed(made, **changes)


def config(name: str, text: Any, parent: str = AGNO) -> Resource:
    return of(kinds.CONFIG_MAP, name, {"data": {"file.conf": text}}, parent)


def nginx(old: str = "", new: str = "", name: str = "agno-nginx-conf", parent: str = AGNO) -> Resource:
    assert old in NGINX
    return config(name, NGINX.replace(old, new) if old else NGINX, parent)


def ini(old: str = "", new: str = "", name: str = "ini", parent: str = STACK) -> Resource:
    assert old in PGBOUNCER
    return config(name, PGBOUNCER.replace(old, new) if old else PGBOUNCER, parent)


def claim(name: str = "data", **more: Any) -> Resource:
    return of(kinds.CLAIM, name, {"spec": {}}, **more)


def service(name: str = "db", kind: Any = "LoadBalancer", port: Any = 5432.0, target: Any = None) -> Resource:
    ports = [{"name": "main", "port": port, **({} if target is None else {"targetPort": target})}]
    return of(kinds.SERVICE, name, {"spec": {"type": kind, "ports": ports}})


def ingress(name: str = "front", **changes: Any) -> Resource:
    spec = {"tls": [{"hosts": ["agno.example.com"], "secretName": "tls"}], "rules": []}
    annotations = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "3600"}
    return changed(
        of(kinds.INGRESS, name, {"metadata": {"annotations": annotations}, "spec": spec}), **changes
    )


def budget(name: str = "calm", **spec: Any) -> Resource:
    return of(kinds.BUDGET, name, {"spec": {"maxUnavailable": 1.0, **spec}})


def deny(name: str = "agno-default-deny", *, parent: str = AGNO, **changes: Any) -> Resource:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return changed(of(kinds.NETWORK_POLICY, name, {"spec": spec}, parent), **changes)
