"""The same for Kubernetes: good stacks, broken one property at a time, and exactly the rules that should notice.

`kubernetes` is the repository's topology in a cluster, in dev; `kubernetes pooled` the same with PgBouncer;
`kubernetes prod` in production, with TLS and CloudNativePG; `kubernetes ingress prod` behind an Ingress.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agno_ha.offline import Plan, Resource
from policies.stacks import DROP

from .conftest import Evaluate
from .mutations import Mutation, option, setting

POD = "spec.template.spec"
MAIN = f"{POD}.containers.0"
ARGS = f"{MAIN}.args"
ENV = f"{MAIN}.env"
LIMIT = f"{MAIN}.resources.limits.memory"

HPA, WEB, PG, REDIS = (
    "HorizontalPodAutoscaler:agno-web",
    "Deployment:agno-web",
    "StatefulSet:agno-postgres",
    "StatefulSet:agno-redis",
)
NGINX, CONF, INI = "Deployment:agno-nginx", "ConfigMap:agno-nginx-conf", "ConfigMap:agno-pgbouncer-ini"
INGRESS, CLUSTER, BUDGET = "Ingress:agno-web", "Cluster:agno-postgres", "PodDisruptionBudget:agno-web"


def stacks(evaluate: Evaluate) -> dict[str, Plan]:
    """The good stacks."""
    images = {
        "images": {"app": "registry.example.com/app:1", "pgbouncer": "registry.example.com/pgbouncer:1"}
    }
    tls = {"loadBalancer": {"tls": {"mode": "generated"}}}
    ready = {**tls, "postgres": {"highAvailability": True}}
    backups = {"cloudNativePg": {"backups": {"destination": "s3://bucket/path"}}}
    front = {"loadBalancer": {"kind": "ingress", "host": "agno.example.com"}}

    def run(topology: Any = None, environment: str = "dev", **own: Any) -> Plan:
        return evaluate(topology, environment, target="kubernetes", own={**images, **own})

    return {
        "kubernetes": with_a_stranger(run()),
        "kubernetes pooled": run({"postgres": {"pooler": {"enabled": True}}}),
        "kubernetes prod": run(ready, "prod", **backups),
        "kubernetes ingress prod": run(ready, "prod", **backups, **front),
    }


def with_a_stranger(plan: Plan) -> Plan:
    """The plan, and beside it an autoscaler of something else."""
    [hpa] = plan.of_type("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")
    target = {**hpa.inputs["spec"]["scaleTargetRef"], "name": "something-else"}
    inputs = {**hpa.inputs, "spec": {**hpa.inputs["spec"], "scaleTargetRef": target}}
    name = "agno-zother"
    stranger = Resource(
        hpa.urn.replace("::agno-web", f"::{name}"),
        name,
        hpa.type,
        name,
        hpa.parent,
        inputs,
        (),
        protect=False,
    )
    return Plan(plan.project, plan.stack, (*plan.resources, stranger), plan.outputs, plan.warnings)


def variable(name: str, value: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Another value of an environment variable, or one more of them."""
    return lambda env: [*(each for each in env if each["name"] != name), {"name": name, "value": value}]


def text(pattern: str, new: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Another line of a configuration file."""

    def change(data: dict[str, str]) -> dict[str, str]:
        [(name, old)] = data.items()
        changed, count = re.subn(pattern, new, old)
        assert count, pattern
        return {name: changed}

    return change


def more(entry: dict[str, Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda entries: [*entries, entry]


def dev(*case: Any) -> Mutation:
    return Mutation("kubernetes", *case)


def prod(*case: Any) -> Mutation:
    return Mutation("kubernetes prod", *case)


def pooled(*case: Any) -> Mutation:
    return Mutation("kubernetes pooled", *case)


def ingress(*case: Any) -> Mutation:
    return Mutation("kubernetes ingress prod", *case)


MUTATIONS = [
    dev(HPA, "spec.maxReplicas", 11, "SCALE-201 SCALE-202 POOL-201@agno-postgres"),
    dev(HPA, "spec.minReplicas", 0, "SCALE-201 SCALE-202"),
    dev("HorizontalPodAutoscaler:agno-zother", "spec.scaleTargetRef.name", "web", "SCALE-203"),
    dev(WEB, "spec.replicas", 3, "SCALE-203"),
    prod(HPA, "spec.scaleTargetRef.name", "other", "SCALE-204@agno-web"),
    dev(WEB, "spec.strategy", {"type": "Recreate"}, "SCALE-205"),
    dev(WEB, "spec.strategy.rollingUpdate.maxUnavailable", "100%", "SCALE-205"),
    dev(WEB, ENV, variable("WORKERS", "8"), "POOL-201@agno-postgres POOL-203"),
    dev(WEB, ENV, variable("DB_POOL_SIZE", "21"), "POOL-201@agno-postgres POOL-202 POOL-203"),
    dev(WEB, ENV, variable("DB_MAX_OVERFLOW", "21"), "POOL-201@agno-postgres POOL-202 POOL-203"),
    dev(WEB, ENV, variable("DB_POOL_TIMEOUT", "60"), "POOL-204"),
    dev(PG, ARGS, setting("max_connections", "170"), "POOL-203"),
    prod(CLUSTER, "spec.postgresql.parameters.superuser_reserved_connections", "1", "POOL-206"),
    pooled(INI, "data", text("max_db_connections = .*", "max_db_connections = 195"), "POOL-205"),
    pooled(INI, "data", text("max_client_conn = .*", "max_client_conn = 10"), "POOL-205"),
    pooled("Deployment:agno-pgbouncer", "spec.replicas", 5, "POOL-205@agno-pgbouncer-ini"),
    dev(PG, ARGS, setting("shared_buffers", "500MB"), "DB-201 DB-202 DB-203"),
    dev(PG, ARGS, setting("effective_cache_size", "2GB"), "DB-201 DB-203"),
    prod("PersistentVolumeClaim:agno-redis-data", "protect", False, "DB-204"),
    dev(PG, f"{MAIN}.volumeMounts", DROP, "DB-205"),
    dev(PG, ARGS, setting("fsync", "off"), "DB-206"),
    dev(PG, ARGS, setting("full_page_writes", "off"), "DB-206"),
    dev(PG, ENV, variable("POSTGRES_HOST_AUTH_METHOD", "trust"), "DB-207"),
    prod(CLUSTER, "spec.instances", 1, "DB-208"),
    dev(REDIS, ARGS, option("maxmemory", "400mb"), "CACHE-201 CACHE-206"),
    dev(REDIS, ARGS, option("maxmemory", None), "CACHE-201 CACHE-206"),
    dev(REDIS, ARGS, option("maxmemory-policy", "allkeys-lru"), "CACHE-202 CACHE-206"),
    dev(REDIS, ARGS, option("appendonly", "no"), "CACHE-203"),
    dev(REDIS, f"{MAIN}.volumeMounts", DROP, "CACHE-203"),
    dev(REDIS, ARGS, option("aclfile", None), "CACHE-204"),
    dev(REDIS, ARGS, option("cluster-enabled", "yes"), "CACHE-205"),
    dev(CONF, "data", text("proxy_read_timeout .*;", "proxy_read_timeout 60s;"), "LB-201 LB-207"),
    dev(CONF, "data", text("proxy_buffering off;", ""), "LB-202"),
    dev(CONF, "data", text("error timeout", "error timeout non_idempotent"), "LB-203"),
    dev(WEB, f"{MAIN}.livenessProbe", DROP, "LB-204"),
    dev(WEB, f"{MAIN}.livenessProbe.httpGet.path", "/ready", "LB-204"),
    dev(WEB, f"{MAIN}.readinessProbe", DROP, "LB-204"),
    dev(WEB, f"{POD}.terminationGracePeriodSeconds", 160, "LB-205"),
    prod(CONF, "data", text(r"ssl http2", ""), "LB-206 LB-207"),
    ingress(INGRESS, "spec.tls", DROP, "LB-208"),
    ingress(
        INGRESS, "metadata.annotations", {"nginx.ingress.kubernetes.io/proxy-read-timeout": "60"}, "LB-208"
    ),
    ingress(INGRESS, "metadata.annotations", {"alb.ingress.kubernetes.io/target-type": "ip"}, "LB-208"),
    dev(WEB, ENV, variable("OPENAI_API_KEY", "hunter2"), "SEC-201"),
    dev(WEB, ENV, variable("DATABASE_URL", "postgres://agno:hunter2@db/agno"), "SEC-201"),
    dev(REDIS, ARGS, option("requirepass", "hunter2"), "SEC-201"),
    dev(WEB, f"{POD}.hostNetwork", True, "SEC-202"),
    dev(WEB, f"{POD}.volumes", more({"name": "host", "hostPath": {"path": "/"}}), "SEC-202"),
    dev(WEB, f"{MAIN}.securityContext.privileged", True, "SEC-202"),
    dev(WEB, f"{MAIN}.securityContext.capabilities.add", ["SYS_ADMIN"], "SEC-202"),
    dev(WEB, f"{MAIN}.securityContext.runAsUser", 0, "SEC-203"),
    dev(WEB, f"{MAIN}.securityContext.readOnlyRootFilesystem", False, "SEC-204"),
    dev("Service:agno-postgres", "spec.type", "LoadBalancer", "SEC-205"),
    dev(NGINX, f"{MAIN}.image", "nginx:latest", "SEC-206"),
    dev(WEB, f"{POD}.automountServiceAccountToken", True, "SEC-207"),
    dev("NetworkPolicy:agno-default-deny", "spec.policyTypes", ["Ingress"], "SEC-208@agno-web"),
    dev(NGINX, LIMIT, DROP, "OPS-201"),
    dev(BUDGET, "spec.maxUnavailable", 0, "OPS-202"),
    dev(BUDGET, "spec", {"minAvailable": "100%"}, "OPS-202"),
    dev(PG, LIMIT, "2Gi", "OPS-205"),
]
