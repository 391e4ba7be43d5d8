"""The rules on Kubernetes' objects, one line a case, as in `cases.py`."""

from __future__ import annotations

from typing import Any

from agno_ha_policies.kubernetes import kinds
from policies.cases import Case, bad, ok, other, unknown, without
from policies.kubernetes_stacks import (
    MAIN,
    POD,
    C,
    P,
    app,
    budget,
    claim,
    cluster,
    config,
    deny,
    env,
    hpa,
    ingress,
    ini,
    nginx,
    pods,
    postgres,
    redis,
    scaled,
    service,
    stranger,
    thing,
)
from policies.stacks import (
    DROP,
    MIB,
    POSTGRES_ARGS,
    REDIS_ARGS,
    STACK,
    UNKNOWN,
    Resource,
    below,
    changed,
    facts,
    of,
)

ENV, ARGS, IMAGE = f"{MAIN}.env", f"{MAIN}.args", f"{MAIN}.image"
LIMIT = f"{MAIN}.resources.limits.memory"
ALB = "alb.ingress.kubernetes.io/"
PARAMETERS = "spec.postgresql.parameters"


def agno(*changed: Resource, **fact: Any) -> list[Resource]:
    """A good AgnoService in a cluster with some of its objects changed or added."""
    good = (
        facts(target="kubernetes", autoscaled=True, **fact),
        app(),
        hpa(),
        postgres(),
        redis(),
        nginx(),
        deny(),
    )
    return list({(each.type, each.name): each for each in (*good, *changed)}.values())


def api(**values: Any) -> Resource:
    """A stranger's instances with some variables changed."""
    plain = {"WORKERS": "1", "DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "5", **values}
    return stranger(**{f"{C}env": env(**{name: value for name, value in plain.items() if value is not DROP})})


def db(*more: str, drop: tuple[str, ...] = (), **changes: Any) -> Resource:
    """A stranger's Postgres with other arguments."""
    return postgres("db", parent=STACK, args=(*without(POSTGRES_ARGS, *drop), *more), **changes)


def cache(*more: str, drop: tuple[str, ...] = (), **changes: Any) -> Resource:
    """A stranger's Redis, likewise."""
    return redis("cache", parent=STACK, args=(*without(REDIS_ARGS, *drop), *more), **changes)


HIDDEN = stranger(
    **{f"{C}env": env(AGNO_ROLE="web"), f"{C}envFrom": [{"configMapRef": {"name": "settings"}}]}
)
"""A stranger's instances whose pool may stand elsewhere."""
FREE = stranger(spec__replicas=DROP)
"""A stranger's instances that leave their count to an autoscaler."""
ROLL = "spec__strategy__rollingUpdate__"
UNAVAILABLE = "api spec.strategy.rollingUpdate.maxUnavailable"


def paused(count: Any) -> Resource:
    """KEDA's autoscaler, told to hold a count."""
    return scaled(metadata={"annotations": {"autoscaling.keda.sh/paused-replicas": count}})


def old_hpa(**changes: Any) -> Resource:
    """An autoscaler of the first version."""
    return of(kinds.HPA_V1, "h", hpa(target="api", **changes).props)


def many(host: str = "", **changes: Any) -> Resource:
    """Instances whose pools are more than a Postgres with the usual settings admits."""
    return changed(api(WORKERS="5", POSTGRES_HOST=host), **changes)


def sidecar(resource: Resource, **container: Any) -> Resource:
    """The same with one more container in its pods, with nothing else to find."""
    safe = resource.props["spec"]["template"]["spec"]["containers"]
    more = {**thing().props["spec"]["template"]["spec"]["containers"][0], "name": "more", **container}
    return changed(resource, **{f"{P}containers": [*safe, more]})


def beside_it(**values: Any) -> Resource:
    """A stranger's instances with the environment of a second container."""
    return sidecar(stranger(), env=env(**values))


def bouncer(**spec: Any) -> Resource:
    """A stranger's Deployment of PgBouncer."""
    return pods(kinds.DEPLOYMENT, "bouncer", {"image": "registry.example.com/pgbouncer:1"}, **spec)


def leads(to: str, selector: dict[str, str]) -> Resource:
    """A Service of another name than the server that it leads to."""
    return changed(service(f"to-{to}", "ClusterIP"), metadata={"name": "leads"}, spec__selector=selector)


def labelled(resource: Resource) -> Resource:
    return changed(resource, spec__template__metadata={"labels": {"app": "db", "tier": "store"}})


CASES: list[Case] = [
    # SCALE
    ok("SCALE-201", *agno(), scaled()),
    bad("SCALE-201", hpa("h", parent=STACK, target="x", spec__maxReplicas=51.0), "h spec.maxReplicas"),
    bad("SCALE-201", FREE, hpa("h", parent=STACK, target="api", spec__minReplicas=DROP), "h spec.minReplicas"),
    bad("SCALE-201", FREE, scaled(spec__minReplicaCount=DROP), "scaled spec.minReplicaCount"),
    bad("SCALE-201", FREE, scaled(spec__idleReplicaCount=0.0), "scaled spec.idleReplicaCount"),
    bad("SCALE-201", FREE, paused("0"), "scaled metadata.annotations"),
    bad("SCALE-201", paused("500"), "scaled metadata.annotations"),
    ok("SCALE-201", FREE, paused("2")),
    bad("SCALE-201", old_hpa(spec__maxReplicas=500.0), "h spec.maxReplicas"),
    ok("SCALE-201", thing(), scaled(spec__scaleTargetRef__name="thing", spec__minReplicaCount=DROP)),
    ok("SCALE-201", scaled(spec__minReplicaCount=DROP)),
    bad("SCALE-201", below("c", FREE), scaled(spec__minReplicaCount=1.0), "scaled spec.minReplicaCount"),
    bad("SCALE-201", scaled(spec__maxReplicaCount=DROP), "scaled spec.maxReplicaCount"),
    unknown("SCALE-201", scaled(spec__maxReplicaCount=UNKNOWN), "scaled spec.maxReplicaCount"),
    unknown("SCALE-201", paused("many"), "scaled metadata.annotations"),
    unknown("SCALE-201", paused(UNKNOWN), "scaled metadata.annotations"),
    other("SCALE-201", thing()),
    ok("SCALE-202", *agno()),
    bad("SCALE-202", *agno(hpa(spec__minReplicas=3.0)), "agno-web spec.minReplicas"),
    bad("SCALE-202", *agno(hpa(spec__maxReplicas=5.0)), "agno-web spec.maxReplicas"),
    unknown("SCALE-202", *agno(hpa(spec__minReplicas=UNKNOWN)),
            "agno-web spec.minReplicas", "SCALE-201? agno-web spec.minReplicas",
            "POOL-201? agno-web spec.minReplicas"),
    other("SCALE-202", hpa("h", parent=STACK, target="x", spec__minReplicas=3.0)),
    ok("SCALE-203", stranger(spec__replicas=DROP), scaled()),
    bad("SCALE-203", stranger(), scaled(), "api spec.replicas"),
    bad("SCALE-203", stranger(spec__replicas=DROP), scaled(), hpa("h", parent=STACK, target="api"),
        "scaled spec.scaleTargetRef"),
    ok("SCALE-203", stranger(metadata__namespace="a"), scaled(metadata__namespace="b")),
    ok("SCALE-203", stranger(), scaled(spec__scaleTargetRef__kind="StatefulSet")),
    bad("SCALE-203", below("c", stranger()), old_hpa(), "api spec.replicas"),
    unknown("SCALE-203", thing(), hpa("h", parent=STACK, target=UNKNOWN), "h spec.scaleTargetRef.name",
            "SCALE-201? h spec.scaleTargetRef.name"),
    unknown("SCALE-203", changed(stranger(), metadata__namespace=UNKNOWN), scaled(), "api metadata.namespace",
            "SCALE-203 api spec.replicas", "SCALE-201? api metadata.namespace", "SCALE-204? api metadata.namespace"),
    other("SCALE-203", stranger(), hpa("h", parent=STACK, target="something-else")),
    ok("SCALE-204", stranger(), stranger("b", spec__replicas=DROP), hpa("h", parent=STACK, target="b")),
    ok("SCALE-204", below("c", FREE), old_hpa()),
    bad("SCALE-204", FREE, scaled(metadata__namespace="other"), "api spec.replicas"),
    bad("SCALE-204", FREE, scaled(spec__scaleTargetRef__kind="StatefulSet"), "api spec.replicas"),
    bad("SCALE-204", stranger(spec__replicas=DROP), "api spec.replicas"),
    bad("SCALE-204", stranger(spec__replicas=51.0), "api spec.replicas"),
    unknown("SCALE-204", stranger(spec__replicas=UNKNOWN), "api spec.replicas"),
    other("SCALE-204", thing()),
    ok("SCALE-205", stranger(), stranger("b", spec__strategy=DROP)),
    bad("SCALE-205", stranger(spec__strategy__type="Recreate"), "api spec.strategy.type"),
    *(ok("SCALE-205", stranger(spec__replicas=10.0, **{f"{ROLL}maxUnavailable": stopped}))
      for stopped in (1.0, 2.0, "10%", "25%")),
    ok("SCALE-205", stranger(**{f"{ROLL}maxUnavailable": "30%"})),
    bad("SCALE-205", stranger(**{f"{ROLL}maxUnavailable": "50%"}), UNAVAILABLE),
    bad("SCALE-205", stranger(**{f"{ROLL}maxUnavailable": 1.0}), UNAVAILABLE),
    bad("SCALE-205", stranger(spec__replicas=10.0, **{f"{ROLL}maxUnavailable": 3.0}), UNAVAILABLE),
    bad("SCALE-205", stranger(**{f"{ROLL}maxUnavailable": "10%", f"{ROLL}maxSurge": 0.0}), UNAVAILABLE),
    bad("SCALE-205", changed(FREE, **{f"{ROLL}maxUnavailable": "30%"}), scaled(spec__maxReplicaCount=10.0),
        UNAVAILABLE),
    unknown("SCALE-205", stranger(**{f"{ROLL}maxUnavailable": "some"}), UNAVAILABLE),
    unknown("SCALE-205", stranger(spec__strategy__type=UNKNOWN), "api spec.strategy.type"),
    other("SCALE-205", thing(spec__strategy__type="Recreate")),
    # POOL
    ok("POOL-201", *agno()),
    ok("POOL-201", stranger(), cluster("db", parent=STACK)),
    ok("POOL-201", stranger(spec__replicas=40.0)),
    bad("POOL-201", stranger(spec__replicas=10.0), db(), f"db {ARGS}"),
    bad("POOL-201", stranger(spec__replicas=DROP), scaled(spec__maxReplicaCount=10.0), db(), f"db {ARGS}"),
    bad("POOL-201", api(WORKERS="8", DB_MAX_OVERFLOW="-1"), cluster("db", parent=STACK), f"db {PARAMETERS}",
        f"POOL-202 api {ENV}.DB_MAX_OVERFLOW"),
    bad("POOL-201", pods(kinds.STATEFUL_SET, "s", {"env": env(DB_POOL_SIZE="20", DB_MAX_OVERFLOW="20")}, replicas=5.0),
        db(), f"db {ARGS}", f"LB-204 s {POD}.containers"),
    unknown("POOL-201", stranger(spec__replicas=UNKNOWN), db(), "api spec.replicas", "SCALE-204? api spec.replicas"),
    unknown("POOL-201", pods(kinds.DAEMON_SET, "d", {"env": env(DB_POOL_SIZE="5")}), db(), "d spec",
            f"LB-204 d {POD}.containers"),
    unknown("POOL-201", stranger(), thing(**{f"{C}image": UNKNOWN}), f"thing {IMAGE}", f"DB-201? thing {IMAGE}",
            f"CACHE-201? thing {IMAGE}", f"SEC-206? thing {IMAGE}"),
    other("POOL-201", api(DB_POOLER="transaction", WORKERS="9"), db()),
    bad("POOL-201", api(DB_POOLER="false", WORKERS="9"), db(), f"db {ARGS}"),
    bad("POOL-201", below("ours", many()), below("stores", db()), f"db {ARGS}"),
    bad("POOL-201", FREE, below("scaling", old_hpa(spec__maxReplicas=10.0)), db(), f"db {ARGS}"),
    ok("POOL-201", FREE, hpa("h", parent=STACK, target="api"), scaled(metadata__namespace="other"), db()),
    bad("POOL-201", api(DB_POOL_SIZE="0"), db(), f"db {ARGS}", f"POOL-202 api {ENV}.DB_POOL_SIZE"),
    bad("POOL-204", beside_it(DB_POOL_SIZE="5", DB_POOL_TIMEOUT="60"), f"api {POD}.containers.1.env.DB_POOL_TIMEOUT"),
    bad("POOL-202", pods(kinds.STATEFUL_SET, "s", {"env": env(AGNO_ROLE="scheduler", DB_POOL_SIZE="0")}, replicas=0.0),
        db(), f"s {ENV}.DB_POOL_SIZE"),
    ok("POOL-201", beside_it(DB_POOL_SIZE="5", DB_MAX_OVERFLOW="5"), db()),
    bad("POOL-201", beside_it(DB_POOL_SIZE="20", DB_MAX_OVERFLOW="20"), db(), f"db {ARGS}"),
    ok("POOL-201", beside_it(DB_POOL_SIZE="20", DB_MAX_OVERFLOW="20", DB_POOLER="session"), db()),
    ok("POOL-201", beside_it(DB_POOL_SIZE="20", DB_MAX_OVERFLOW="20", PGHOST="elsewhere"), db()),
    unknown("POOL-201", beside_it(DB_POOL_SIZE=UNKNOWN), db(), f"api {POD}.containers.1.env.DB_POOL_SIZE",
            f"POOL-202? api {POD}.containers.1.env.DB_POOL_SIZE"),
    bad("POOL-202", beside_it(DB_POOL_SIZE="30"), f"api {POD}.containers.1.env.DB_POOL_SIZE"),
    ok("POOL-201", stranger(**{f"{C}envFrom": [{"secretRef": {"name": "keys"}}]}), db()),
    ok("POOL-201", thing(**{f"{C}envFrom": [{"secretRef": {"name": "keys"}}]}), db()),
    unknown("POOL-201", HIDDEN, db(), f"api {MAIN}.envFrom", f"POOL-202? api {MAIN}.envFrom"),
    unknown("POOL-202", HIDDEN, f"api {MAIN}.envFrom"),
    *(bad("POOL-201", many(host), db(), f"db {ARGS}")
      for host in ("", "db", "db.default", "db.default.svc", "db.default.svc.cluster.local.", "db-0.db.default.svc")),
    *(ok("POOL-201", many(host), db()) for host in ("db.other", "db.example.com", "pooler-rw", "db-0.db.other.svc")),
    *(bad("POOL-201", many(host), cluster("c", parent=STACK), leads("c", {"cnpg.io/cluster": "postgres"}),
          f"c {PARAMETERS}") for host in ("postgres-rw", "leads")),
    bad("POOL-201", many("leads"), labelled(db()), leads("db", {"app": "db"}), f"db {ARGS}"),
    ok("POOL-201", many("leads"), labelled(db()), leads("db", {"app": "elsewhere"})),
    ok("POOL-201", many("leads"), labelled(db()), changed(leads("db", {"app": "db"}), metadata__namespace="other")),
    ok("POOL-201", many("db"), db(metadata__namespace="other")),
    unknown("POOL-201", stranger(), below("one", postgres("x", parent=STACK)),
            below("two", postgres("y", parent=STACK)), f"api {ENV}.POSTGRES_HOST"),
    ok("POOL-202", stranger()),
    bad("POOL-202", api(DB_POOL_SIZE="1"), f"api {ENV}.DB_POOL_SIZE"),
    unknown("POOL-202", api(DB_POOL_SIZE=UNKNOWN), f"api {ENV}.DB_POOL_SIZE"),
    other("POOL-202", thing()),
    ok("POOL-203", *agno()),
    bad("POOL-203", *agno(poolSize=6.0, connectionsNeeded=88.0), f"agno-web {ENV}.DB_POOL_SIZE"),
    bad("POOL-203", *agno(postgres(args=(*POSTGRES_ARGS, "-c", "max_connections=190"))), f"agno-postgres {ARGS}"),
    unknown("POOL-203", *agno(poolSize=UNKNOWN), "agno poolSize", "POOL-001? agno poolSize", "POOL-002? agno poolSize"),
    other("POOL-203", api(DB_POOL_SIZE="6")),
    ok("POOL-204", api(DB_POOL_TIMEOUT="10")),
    bad("POOL-204", api(DB_POOL_TIMEOUT="60"), f"api {ENV}.DB_POOL_TIMEOUT"),
    unknown("POOL-204", api(DB_POOL_TIMEOUT=UNKNOWN), f"api {ENV}.DB_POOL_TIMEOUT"),
    other("POOL-204", thing(**{f"{C}env": env(DB_POOL_TIMEOUT="60")})),
    ok("POOL-205", ini(), db(), api(DB_POOLER="transaction")),
    bad("POOL-205", ini("max_db_connections = 50", "max_db_connections = 191"), db(), "ini data.file.conf"),
    bad("POOL-205", ini("max_client_conn = 500", "max_client_conn = 39"), api(DB_POOLER="transaction"),
        "ini data.file.conf"),
    ok("POOL-205", ini(), db(), bouncer(strategy={"type": "Recreate"}, replicas=3.0)),
    bad("POOL-205", ini(), db(), bouncer(replicas=2.0), "ini data.file.conf"),
    bad("POOL-205", ini(), db(), bouncer(), hpa("h", parent=STACK, target="bouncer"), "ini data.file.conf"),
    bad("POOL-205", ini(), db(), sidecar(stranger(spec__replicas=2.0), image="pgbouncer:1"), "ini data.file.conf"),
    ok("POOL-205", ini("max_client_conn = 500", "max_client_conn = 20"), bouncer(replicas=2.0),
       api(DB_POOLER="transaction")),
    bad("POOL-205", ini("max_client_conn = 500", "max_client_conn = 19"), bouncer(replicas=2.0),
        api(DB_POOLER="transaction"), "ini data.file.conf"),
    ok("POOL-205", ini("max_client_conn = 500", "max_client_conn = 1"), bouncer(),
       api(DB_POOLER="transaction", PGHOST="another")),
    unknown("POOL-205", ini(), bouncer(replicas=UNKNOWN), "bouncer spec.replicas"),
    unknown("POOL-205", ini("max_client_conn = 500", "max_client_conn = many"), "ini data.file.conf"),
    other("POOL-205", config("settings", "max_client_conn = 1", STACK)),
    ok("POOL-206", db(), cluster("c", parent=STACK)),
    bad("POOL-206", db("-c", "superuser_reserved_connections=1"), f"db {ARGS}"),
    unknown("POOL-206", db("-c", "superuser_reserved_connections=$N"), f"db {ARGS}"),
    other("POOL-206", thing()),
    # DB
    ok("DB-201", db(), cluster("c", parent=STACK)),
    bad("DB-201", db("-c", "effective_cache_size=2GB"), f"db {ARGS}"),
    bad("DB-201", cluster("c", parent=STACK, spec__postgresql__parameters__effective_cache_size="2GB"),
        f"c {PARAMETERS}"),
    unknown("DB-201", db("-c", "effective_cache_size=much"), f"db {ARGS}"),
    other("DB-201", thing(**{f"{C}args": ["--cache=2GB"]})),
    ok("DB-202", db()),
    bad("DB-202", db("-c", "work_mem=64MB"), f"db {ARGS}"),
    unknown("DB-202", db("-c", "work_mem=much"), f"db {ARGS}"),
    other("DB-202", thing()),
    ok("DB-203", *agno()),
    bad("DB-203", *agno(workMem=2.0 * MIB), f"agno-postgres {ARGS}"),
    unknown("DB-203", *agno(workMem=UNKNOWN), "agno workMem", "DB-002? agno workMem"),
    other("DB-203", db("-c", "work_mem=1MB")),
    ok("DB-204", claim(protect=True), cluster("c", parent=STACK)),
    bad("DB-204", claim(protect=False), "data protect"),
    bad("DB-204", cluster("c", parent=STACK, protect=False), "c protect"),
    unknown("DB-204", claim(), "data protect"),
    other("DB-204", db()),
    ok("DB-205", db(), db(**{"spec__volumeClaimTemplates": [{"metadata": {"name": "data"}}], f"{P}volumes": []})),
    bad("DB-205", db(**{f"{P}volumes": [{"name": "data", "emptyDir": {}}]}), f"db {MAIN}.volumeMounts"),
    unknown("DB-205", db(**{f"{P}volumes": UNKNOWN}), f"db {MAIN}.volumeMounts", f"SEC-202? db {POD}.volumes"),
    other("DB-205", thing()),
    ok("DB-206", db("-c", "fsync=on")),
    bad("DB-206", db("-c", "fsync=off"), f"db {ARGS}"),
    unknown("DB-206", cluster("c", parent=STACK, spec__postgresql__parameters__fsync=UNKNOWN),
            f"c {PARAMETERS}.fsync"),
    other("DB-206", thing(**{f"{C}args": ["-c", "fsync=off"]})),
    ok("DB-207", db(**{f"{C}env": env(POSTGRES_HOST_AUTH_METHOD="scram-sha-256")})),
    bad("DB-207", db(**{f"{C}env": env(POSTGRES_HOST_AUTH_METHOD="trust")}), f"db {ENV}.POSTGRES_HOST_AUTH_METHOD"),
    unknown("DB-207", db(**{f"{C}env": env(POSTGRES_HOST_AUTH_METHOD=UNKNOWN)}),
            f"db {ENV}.POSTGRES_HOST_AUTH_METHOD"),
    other("DB-207", thing(**{f"{C}env": env(POSTGRES_HOST_AUTH_METHOD="trust")})),
    ok("DB-208", cluster("c", parent=STACK)),
    bad("DB-208", cluster("c", parent=STACK, spec__instances=1.0), "c spec.instances"),
    unknown("DB-208", cluster("c", parent=STACK, spec__instances=UNKNOWN), "c spec.instances"),
    other("DB-208", db()),
    # CACHE
    ok("CACHE-201", cache()),
    bad("CACHE-201", cache("--maxmemory", "500mb"), f"cache {ARGS}"),
    unknown("CACHE-201", cache("--maxmemory", "much"), f"cache {ARGS}"),
    other("CACHE-201", thing()),
    ok("CACHE-202", stranger(), cache()),
    bad("CACHE-202", stranger(), cache("--maxmemory-policy", "allkeys-lru"), f"cache {ARGS}"),
    unknown("CACHE-202", stranger(), cache("/etc/redis.conf", drop=("--maxmemory-policy",)), f"cache {ARGS}",
            f"CACHE-204? cache {ARGS}",
            f"CACHE-205? cache {ARGS}"),
    other("CACHE-202", cache("--maxmemory-policy", "allkeys-lru")),
    ok("CACHE-203", stranger(), cache()),
    bad("CACHE-203", stranger(), cache("--appendonly", "no"), f"cache {ARGS}"),
    bad("CACHE-203", stranger(), cache(**{f"{P}volumes": []}), f"cache {MAIN}.volumeMounts"),
    unknown("CACHE-203", stranger(), cache("/etc/redis.conf", drop=("--appendonly",)), f"cache {ARGS}",
            f"CACHE-204? cache {ARGS}",
            f"CACHE-201? cache {ARGS}", f"CACHE-205? cache {ARGS}"),
    other("CACHE-203", cache("--appendonly", "no")),
    ok("CACHE-204", cache()),
    bad("CACHE-204", cache(drop=("--aclfile",)), f"cache {ARGS}"),
    unknown("CACHE-204", cache("/etc/redis.conf", drop=("--aclfile",)), f"cache {ARGS}", f"CACHE-205? cache {ARGS}"),
    other("CACHE-204", thing()),
    ok("CACHE-205", cache()),
    bad("CACHE-205", cache("--cluster-enabled", "yes"), f"cache {ARGS}"),
    unknown("CACHE-205", cache("/etc/redis.conf"), f"cache {ARGS}", f"CACHE-204? cache {ARGS}"),
    other("CACHE-205", thing(**{f"{C}args": ["--cluster-enabled", "yes"]})),
    ok("CACHE-206", *agno()),
    bad("CACHE-206", *agno(maxmemory=255.0 * MIB), f"agno-redis {ARGS}"),
    unknown("CACHE-206", *agno(maxmemory=UNKNOWN), "agno maxmemory", "CACHE-001? agno maxmemory"),
    other("CACHE-206", cache("--maxmemory", "1mb")),
    # LB
    ok("LB-201", *agno(), nginx(name="n", parent=STACK)),
    bad("LB-201", nginx("proxy_read_timeout 3600000ms;", "", "n", STACK), "n data.file.conf"),
    unknown("LB-201", nginx("3600000ms", "$t", "n", STACK), "n data.file.conf"),
    other("LB-201", config("settings", "proxy_read_timeout 1s;", STACK)),
    ok("LB-202", nginx(name="n", parent=STACK)),
    bad("LB-202", nginx("proxy_buffering off;", "", "n", STACK), "n data.file.conf"),
    unknown("LB-202", config("n", UNKNOWN, STACK), "n data.file.conf",
            *(f"{rule}? n data.file.conf" for rule in ("LB-201", "LB-203", "LB-206", "POOL-205"))),
    other("LB-202", config("settings", "proxy_buffering on;", STACK)),
    ok("LB-203", nginx(name="n", parent=STACK)),
    bad("LB-203", nginx("error timeout", "error non_idempotent", "n", STACK), "n data.file.conf"),
    unknown("LB-203", config("n", UNKNOWN, STACK), "n data.file.conf",
            *(f"{rule}? n data.file.conf" for rule in ("LB-201", "LB-202", "LB-206", "POOL-205"))),
    other("LB-203", config("settings", "non_idempotent", STACK)),
    ok("LB-204", stranger()),
    bad("LB-204", stranger(**{f"{C}livenessProbe": DROP}), f"api {POD}.containers"),
    bad("LB-204", stranger(**{f"{C}livenessProbe__httpGet__path": "/ready"}), f"api {MAIN}.livenessProbe"),
    bad("LB-204", stranger(**{f"{C}readinessProbe": DROP}), f"api {MAIN}.readinessProbe"),
    unknown("LB-204", stranger(**{f"{C}readinessProbe": UNKNOWN}), f"api {MAIN}.readinessProbe"),
    other("LB-204", thing()),
    ok("LB-205", stranger()),
    bad("LB-205", stranger(**{f"{P}terminationGracePeriodSeconds": 164.0}), f"api {POD}.terminationGracePeriodSeconds"),
    bad("LB-205", api(), thing(),
        stranger("b", **{f"{P}terminationGracePeriodSeconds": DROP, f"{C}env": env(DB_POOL_SIZE="5")}),
        f"b {POD}.terminationGracePeriodSeconds"),
    unknown("LB-205", stranger(**{f"{P}terminationGracePeriodSeconds": UNKNOWN}),
            f"api {POD}.terminationGracePeriodSeconds"),
    other("LB-205", thing(**{f"{P}terminationGracePeriodSeconds": 1.0})),
    ok("LB-206", nginx(name="n", parent=STACK)),
    bad("LB-206", nginx("ssl http2", "", "n", STACK), "n data.file.conf"),
    unknown("LB-206", config("n", UNKNOWN, STACK), "n data.file.conf",
            *(f"{rule}? n data.file.conf" for rule in ("LB-201", "LB-202", "LB-203", "POOL-205"))),
    other("LB-206", config("settings", "listen 80;", STACK)),
    ok("LB-207", *agno()),
    bad("LB-207", *agno(nginx("3600000ms", "3000s")), "agno-nginx-conf data.file.conf"),
    unknown("LB-207", *agno(tls=UNKNOWN), "agno tls", "LB-003? agno tls"),
    other("LB-207", nginx("3600000ms", "3000s", "n", STACK)),
    ok("LB-208", ingress(), ingress("b", metadata__annotations=DROP)),
    bad("LB-208", ingress(spec__tls=DROP), "front spec.tls"),
    bad("LB-208", ingress(metadata__annotations={"haproxy.org/timeout-server": "50s"}), "front metadata.annotations"),
    bad("LB-208", ingress(metadata__annotations={f"{ALB}target-type": "ip"}), "front metadata.annotations"),
    ok("LB-208", ingress(metadata__annotations={f"{ALB}listen-ports": '[{"HTTPS":443}]'})),
    unknown("LB-208", ingress(metadata__annotations={"haproxy.org/timeout-server": UNKNOWN}),
            "front metadata.annotations"),
    unknown("LB-208", ingress(spec__tls=UNKNOWN), "front spec.tls"),
    other("LB-208", service(port=80.0)),
    # SEC
    ok("SEC-201", thing(**{f"{C}env": [{"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "s"}}}]})),
    bad("SEC-201", thing(**{f"{C}env": env(API_KEY="hunter2")}), f"thing {ENV}.0"),
    bad("SEC-201", thing(**{f"{C}env": env(A="b", DATABASE_URL="postgres://a:hunter2@db/a")}), f"thing {ENV}.1"),
    bad("SEC-201", thing(**{f"{C}command": ["serve", "--token", "hunter2"]}), f"thing {ARGS}"),
    unknown("SEC-201", thing(**{f"{C}env": env(DATABASE_URL=UNKNOWN)}), f"thing {ENV}.0"),
    other("SEC-201", claim(protect=True)),
    ok("SEC-202", thing()),
    bad("SEC-202", thing(**{f"{P}hostPID": True}), f"thing {POD}.hostPID"),
    bad("SEC-202", thing(**{f"{P}volumes": [{"name": "h", "hostPath": {"path": "/"}}]}),
        f"thing {POD}.volumes.0.hostPath"),
    bad("SEC-202", thing(**{f"{C}securityContext__privileged": True}), f"thing {MAIN}.securityContext.privileged"),
    bad("SEC-202", thing(**{f"{C}securityContext__capabilities": {"add": ["CAP_SYS_ADMIN"]}}),
        f"thing {MAIN}.securityContext.capabilities.add.0"),
    unknown("SEC-202", thing(**{f"{P}hostNetwork": UNKNOWN}), f"thing {POD}.hostNetwork"),
    other("SEC-202", claim(protect=True)),
    ok("SEC-203", thing(),
       thing("u", **{f"{C}securityContext__runAsNonRoot": DROP, f"{P}securityContext": {"runAsUser": 5}})),
    bad("SEC-203", thing(**{f"{C}securityContext__runAsNonRoot": DROP}), f"thing {MAIN}.securityContext"),
    bad("SEC-203", thing(**{f"{C}securityContext__runAsUser": 0.0}), f"thing {MAIN}.securityContext"),
    unknown("SEC-203", thing(**{f"{C}securityContext__runAsNonRoot": UNKNOWN}),
            f"thing {MAIN}.securityContext.runAsNonRoot"),
    other("SEC-203", claim(protect=True)),
    ok("SEC-204", thing()),
    bad("SEC-204", thing(**{f"{C}securityContext__readOnlyRootFilesystem": DROP}),
        f"thing {MAIN}.securityContext.readOnlyRootFilesystem"),
    unknown("SEC-204", thing(**{f"{C}securityContext__readOnlyRootFilesystem": UNKNOWN}),
            f"thing {MAIN}.securityContext.readOnlyRootFilesystem"),
    other("SEC-204", claim(protect=True)),
    ok("SEC-205", service(kind="ClusterIP"), service("web", port=80.0)),
    bad("SEC-205", service(), "db spec.ports.0"),
    bad("SEC-205", service(kind="NodePort", port=1.0, target=6379.0), "db spec.ports.0"),
    unknown("SEC-205", service(kind=UNKNOWN, port=80.0), "db spec.type"),
    unknown("SEC-205", service(port=UNKNOWN), "db spec.ports.0.port"),
    other("SEC-205", db()),
    ok("SEC-206", thing()),
    bad("SEC-206", thing(**{f"{C}image": "thing"}), f"thing {IMAGE}"),
    bad("SEC-206", thing(**{f"{P}initContainers": [{"image": "a:latest", "resources": {"limits": {"memory": "1Gi"}},
        "securityContext": {"runAsNonRoot": True, "readOnlyRootFilesystem": True}}]}),
        f"thing {POD}.initContainers.0.image"),
    unknown("SEC-206", thing(**{f"{C}image": UNKNOWN}), f"thing {IMAGE}", f"DB-201? thing {IMAGE}",
            f"CACHE-201? thing {IMAGE}"),
    other("SEC-206", claim(protect=True)),
    ok("SEC-207", stranger()),
    bad("SEC-207", stranger(**{f"{P}automountServiceAccountToken": DROP}), f"api {POD}.automountServiceAccountToken"),
    unknown("SEC-207", stranger(**{f"{P}automountServiceAccountToken": UNKNOWN}),
            f"api {POD}.automountServiceAccountToken"),
    other("SEC-207", thing(**{f"{P}automountServiceAccountToken": True})),
    ok("SEC-208", *agno()),
    bad("SEC-208", *agno(deny(spec__ingress=[{}])), "agno-web metadata.namespace"),
    bad("SEC-208", *agno(deny(spec__podSelector={"matchLabels": {"a": "b"}})), "agno-web metadata.namespace"),
    unknown("SEC-208", *agno(deny("a", spec__podSelector=UNKNOWN)), "a spec.podSelector"),
    other("SEC-208", stranger()),
    # OPS
    ok("OPS-201", thing()),
    bad("OPS-201", thing(**{f"{C}resources": DROP}), f"thing {LIMIT}"),
    unknown("OPS-201", thing(**{f"{C}resources__limits__memory": UNKNOWN}), f"thing {LIMIT}"),
    other("OPS-201", claim(protect=True)),
    ok("OPS-202", budget(), budget("half", minAvailable="50%")),
    bad("OPS-202", budget(maxUnavailable=0.0), "calm spec.maxUnavailable"),
    bad("OPS-202", budget(minAvailable="100%"), "calm spec.minAvailable"),
    unknown("OPS-202", budget(maxUnavailable=UNKNOWN), "calm spec.maxUnavailable"),
    other("OPS-202", thing()),
    ok("OPS-205", *agno()),
    bad("OPS-205", *agno(app(**{f"{C}resources__limits__memory": "400Mi"})), f"agno-web {LIMIT}"),
    unknown("OPS-205", *agno(app(**{f"{C}resources__limits__memory": "much"})), f"agno-web {LIMIT}"),
    other("OPS-205", thing(**{f"{C}resources__limits__memory": "1Mi"})),
]  # fmt: skip
