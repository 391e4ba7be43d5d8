"""Each kind of setting changed alone: what it must touch in a cluster."""

from __future__ import annotations

from harness.settings import CREATE, DELETE, REPLACE, UPDATE, Case, every

WEB = every(UPDATE, "Deployment", "web")
NGINX = every(UPDATE, "Deployment", "nginx")
NGINX_CONF = {**every(REPLACE, "ConfigMap", "nginx-conf"), **NGINX}
"""Immutable, with a hash in its name: what changes in it is a new one."""
BALANCER = every(UPDATE, "Service", "balancer")
HPA = every(UPDATE, "HorizontalPodAutoscaler", "web")
DATABASE = every(UPDATE, "Cluster", "postgres")
REDIS = every(UPDATE, "StatefulSet", "redis")
PODS = {**WEB, **NGINX, **REDIS, **DATABASE}
FRONT = {
    **every(DELETE, "Deployment", "nginx"), **every(DELETE, "PodDisruptionBudget", "nginx"),
    **every(DELETE, "ConfigMap", "nginx-conf"), **every(DELETE, "NetworkPolicy", "nginx"),
    **every(DELETE, "Service", "balancer", "web-pods"), **every(CREATE, "Service", "nowhere"),
    **every(CREATE, "Ingress", "web"), **every(UPDATE, "NetworkPolicy", "web"),
}  # fmt: skip
POOLER = {
    **every(CREATE, "Deployment", "pgbouncer"), **every(CREATE, "Service", "pgbouncer"),
    **every(CREATE, "ConfigMap", "pgbouncer-ini"), **every(CREATE, "Secret", "pgbouncer"),
    **every(CREATE, "NetworkPolicy", "pgbouncer"), **every(UPDATE, "NetworkPolicy", "web", "postgres"), **WEB,
}  # fmt: skip
KEDA = {**every(DELETE, "HorizontalPodAutoscaler", "web"), **every(CREATE, "ScaledObject", "web")}
PROMETHEUS = {"autoscaler": "keda", "prometheus": "http://prometheus.monitoring:9090"}
INGRESS = {"kind": "ingress", "host": "agno.example.com"}
ISSUER = {"tls": {"issuer": "letsencrypt"}, "loadBalancer": {"host": "agno.example.com"}}

CASES = [
    Case("kubernetes.images.app", "registry.example.com/agno-ha/app:0.2.0", WEB),
    Case("kubernetes.images.nginx", "registry.example.com/nginx:1", NGINX),
    Case("kubernetes.images.redis", "registry.example.com/redis:1", REDIS),
    Case("kubernetes.images.cloudNativePg", "registry.example.com/postgresql:15", DATABASE),
    Case("kubernetes.images.pullPolicy", "Always", PODS),
    Case("kubernetes.images.pullSecrets", ["registry"], PODS),
    Case("kubernetes.nodeSelector", {"disk": "ssd"}, PODS),
    Case("app.workers", 2, WEB),
    Case("app.cpu", 0.8, WEB),
    Case("app.memory", "600MiB", WEB),
    Case("app.port", 8010, {
        **WEB, **NGINX_CONF, **every(UPDATE, "Service", "web", "web-pods"),
        **every(UPDATE, "NetworkPolicy", "web", "nginx"),
    }),
    Case("app.environment", {"COLOUR": "green"}, WEB),
    Case("app.secrets", {"SEARCH_API_KEY": "searchKey"}, {**every(UPDATE, "Secret", "app"), **WEB}),
    Case("app.drain.delay", "7s", {**WEB, **NGINX}),
    Case("app.drain.timeout", "15s", WEB),
    Case("app.drain.grace", "200s", {**WEB, **NGINX}),
    Case("app.health.interval", "4s", WEB),
    Case("app.health.timeout", "4s", WEB),
    Case("app.health.retries", 3, WEB),
    Case("app.health.startPeriod", "20s", WEB),
    Case("app.scheduler.enabled", True, {
        **every(CREATE, "Deployment", "scheduler"), **every(CREATE, "NetworkPolicy", "scheduler"),
        **every(UPDATE, "NetworkPolicy", "postgres", "redis"),
    }),
    Case("scaling.min", 3, HPA),
    Case("scaling.max", 5, HPA),
    Case("scaling", {"min": 4, "max": 4}, HPA),
    Case("scaling.cpu", 50, HPA),
    Case("scaling.memory", None, HPA),
    Case("scaling.cooldown.in", "200s", HPA),
    Case("kubernetes.scaling.autoscaler", "keda", KEDA),
    # Prometheus must be let in to read the instances.
    Case("kubernetes.scaling", PROMETHEUS, {**KEDA, **every(UPDATE, "NetworkPolicy", "web")}),
    Case("loadBalancer.httpPort", 8080, BALANCER),
    Case("loadBalancer.httpsPort", 8443, {**BALANCER, **NGINX_CONF}),  # the redirect names it
    Case("loadBalancer.replicas", 3, NGINX),
    Case("loadBalancer.cpu", 0.4, NGINX),
    Case("loadBalancer.memory", "96MiB", NGINX),
    Case("loadBalancer.idleTimeout", "1800s", NGINX_CONF),
    Case("loadBalancer.connectTimeout", "2s", NGINX_CONF),
    Case("loadBalancer.bodyLimit", "20MiB", NGINX_CONF),  # beside two workers it fits into app.memory
    Case("kubernetes.loadBalancer.serviceType", "NodePort", BALANCER),
    Case("kubernetes.loadBalancer.annotations", {"a.example.com/b": "c"}, BALANCER),
    Case("kubernetes.loadBalancer.host", "agno.example.com", {}),
    Case("kubernetes.loadBalancer", INGRESS, FRONT),
    Case("kubernetes.tls.secretName", "wildcard", {**every(DELETE, "Secret", "tls"), **NGINX}),
    Case("kubernetes", ISSUER, {**every(DELETE, "Secret", "tls"), **every(CREATE, "Certificate", "tls"), **NGINX}),
    Case("kubernetes.dns", "kube-dns.kube-system.svc.example.org", NGINX_CONF),
    Case("postgres.maxConnections", 220, DATABASE),
    Case("postgres.sharedBuffers", "192MiB", DATABASE),
    Case("postgres.effectiveCacheSize", "600MiB", DATABASE),
    Case("postgres.memory", "2GiB", DATABASE),
    Case("postgres.cpu", 0.8, DATABASE),
    Case("postgres.storage", "70GiB", DATABASE),
    Case("postgres.version", 18, DATABASE),
    Case("postgres.pool.size", 4, WEB),
    Case("postgres.pool.timeout", "9s", WEB),
    Case("kubernetes.cloudNativePg.instances", 2, DATABASE),
    Case("kubernetes.cloudNativePg.backups.destination", "s3://another/postgres", DATABASE),
    Case("kubernetes.cloudNativePg.serviceAccountAnnotations", {"a.example.com/b": "c"}, DATABASE),
    Case("kubernetes.cloudNativePg.backups.schedule", "0 0 3 * * *", every(
        UPDATE, "ScheduledBackup", "postgres-backup",
    )),
    Case("redis.maxmemory", "300MiB", REDIS),
    Case("redis.memory", "768MiB", REDIS),
    Case("redis.cpu", 0.8, REDIS),
    Case("redis.storage", "20GiB", every(UPDATE, "PersistentVolumeClaim", "redis-data")),
    Case("redis.maxmemoryPolicy", "volatile-lru", REDIS),
    Case("sessions.store", "redis", WEB),
    Case("kubernetes.monitoring.enabled", True, {
        **every(CREATE, "ServiceMonitor", "web"), **every(CREATE, "PrometheusRule", "web"),
        **every(UPDATE, "NetworkPolicy", "web"),
    }),
    Case("kubernetes.updateTimeout", "600s", {}),
    Case("environment", "dev", {}),
    Case("environment", "prod", {}),
]  # fmt: skip

WITH_A_POOLER = {
    "postgres": {"pooler": {"enabled": True, "poolSize": 30}},
    "kubernetes": {"images": {"pgbouncer": "registry.example.com/pgbouncer:1"}},
}
"""Two settings, of which neither means anything alone."""

TOGETHER = {
    "kubernetes.images.app", "app.workers", "app.port", "app.environment", "app.secrets", "app.drain.delay",
    "app.scheduler.enabled", "scaling.max", "loadBalancer.httpsPort", "loadBalancer.replicas", "loadBalancer.bodyLimit",
    "postgres.maxConnections", "postgres.pool.size", "redis.maxmemory", "redis.storage", "sessions.store",
    "kubernetes.monitoring.enabled", "kubernetes.nodeSelector", "kubernetes.cloudNativePg.instances",
}  # fmt: skip
"""Of these, what is brought up at once."""
