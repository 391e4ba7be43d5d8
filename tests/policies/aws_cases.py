"""One line a case of the rules on AWS: the rule, a stack, and exactly what all rules find in it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from policies.aws_stacks import (
    ATTACHMENT,
    BALANCER,
    CACHE,
    CACHE_CLUSTER,
    CACHE_PARAMETERS,
    CLUSTER,
    CLUSTER_INSTANCE,
    CLUSTER_PARAMETERS,
    DEFAULT_GROUP,
    GROUP,
    INGRESS,
    INSTANCE,
    LISTENER,
    LOGS,
    OLD_RULE,
    PARAMETERS,
    PROXY,
    ROLE,
    ROLE_POLICY,
    SCALING,
    SCHEDULE,
    SERVERLESS_CACHE,
    SERVICE,
    TARGETS,
    aws,
    container,
    task,
)
from policies.cases import OTHER, Case, bad, ok, other, unknown
from policies.stacks import AGNO, DROP, UNKNOWN, Resource, changed, facts, of

C = "containerDefinitions"
E = f"{C}.0.environment"
ON_TASKS = (
    *("LB-303", "LB-304", "SEC-301", "SEC-302", "SEC-303", "SEC-304", "SEC-306", "OPS-301"),
    *("POOL-301", "POOL-302"),
)
"""What can't be checked while a task's containers are not known, in a program without this package."""


def unknown_task(rule: str, *more: Resource) -> Case:
    """A foreign task whose containers are not known."""
    rules = [each for each in ON_TASKS if each not in ("POOL-301", rule)]
    return unknown(rule, task(text=UNKNOWN), *more, f"{rule}? it {C}", *(f"{each}? it {C}" for each in rules))


def policy(*actions: str, resource: str = "*") -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]})


def trust(principal: Any, **more: Any) -> str:
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return json.dumps({"Statement": [allowed]})


def small(rule: str, kind: str, path: str, wrong: Any, **more: Any) -> list[Case]:
    """The four cases of a rule that reads one setting."""
    key = path.replace(".", "__")
    return [
        ok(rule, aws(kind)),
        bad(rule, aws(kind, **{key: wrong}, **more), f"it {path}"),
        unknown(rule, aws(kind, **{key: UNKNOWN}), f"it {path}"),
        other(rule, OTHER),
    ]


OWN_SCALING = aws(SCALING, "agno-scaling", AGNO)
OF_TASK, OF_SERVICE = {"taskDefinition": (task().urn,)}, {"resourceId": (aws(SERVICE).urn,)}
"""What a preview tells of an ARN or an id that is not known yet."""
SCALER = aws(SCALING, resourceId="service/cluster/api")
WORKER = aws(SERVICE, "worker", loadBalancers=DROP, taskDefinition="arn:aws:ecs:r:1:task-definition/it:7")
"""A service that no load balancer leads to, of the task `it`."""
SCHEDULER = task(env={"AGNO_ROLE": "scheduler"})
ABOUT_TASK = "worker taskDefinition"
AT_NIGHT = "scalableTargetAction"
OVERNIGHT = {"scalableTargetAction__minCapacity": 0, "scalableTargetAction__maxCapacity": 5000}
OF_SCALING = {"resourceId": (aws(SCALING).urn,)}
ON_SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
SCALE = [
    ok("SCALE-301", aws(SCALING)),
    ok("SCALE-301", aws(SCALING), aws(SERVICE, desiredCount=DROP)),
    ok("SCALE-301", aws(SCALING, serviceNamespace="dynamodb", minCapacity=1, maxCapacity=4000)),
    ok("SCALE-301", SCHEDULER, changed(WORKER, desiredCount=DROP), aws(SCALING, minCapacity=0,
       resourceId="service/cluster/worker")),
    ok("SCALE-301", changed(WORKER, desiredCount=DROP), aws(SCALING, minCapacity=0,
       resourceId="service/cluster/worker")),
    bad("SCALE-301", aws(SCALING, minCapacity=1), "it minCapacity"),
    bad("SCALE-301", aws(SCALING, minCapacity=1), aws(SERVICE, desiredCount=DROP), "it minCapacity"),
    bad("SCALE-301", task(), changed(WORKER, desiredCount=DROP), aws(SCALING, minCapacity=1,
        resourceId="service/cluster/worker"), "it minCapacity"),
    bad("SCALE-301", aws(SCALING, maxCapacity=51), "it maxCapacity"),
    bad("SCALE-301", SCHEDULER, changed(WORKER, desiredCount=DROP), aws(SCALING, minCapacity=0, maxCapacity=51,
        resourceId="service/cluster/worker"), "it maxCapacity"),
    ok("SCALE-301", aws(SCALING), aws(SCHEDULE)),
    ok("SCALE-301", aws(SCALING), aws(SCHEDULE, resourceId="service/cluster/other", **OVERNIGHT)),
    ok("SCALE-301", aws(SCALING), aws(SCHEDULE, scalableTargetAction__minCapacity=DROP)),
    bad("SCALE-301", aws(SCALING), aws(SCHEDULE, "night", **OVERNIGHT), f"night {AT_NIGHT}.minCapacity",
        f"night {AT_NIGHT}.maxCapacity"),
    bad("SCALE-301", aws(SCALING, resourceId=UNKNOWN, made_of=OF_SERVICE), aws(SCHEDULE, "night", resourceId=UNKNOWN,
        made_of=OF_SERVICE, **OVERNIGHT), f"night {AT_NIGHT}.minCapacity", f"night {AT_NIGHT}.maxCapacity"),
    bad("SCALE-301", aws(SCALING), aws(SCHEDULE, "night", resourceId=UNKNOWN, made_of=OF_SCALING, **OVERNIGHT),
        f"night {AT_NIGHT}.minCapacity", f"night {AT_NIGHT}.maxCapacity"),
    unknown("SCALE-301", aws(SCALING, maxCapacity=UNKNOWN), "it maxCapacity"),
    unknown("SCALE-301", aws(SCALING), aws(SCHEDULE, "night", scalableTargetAction__maxCapacity=UNKNOWN),
            f"night {AT_NIGHT}.maxCapacity"),
    unknown("SCALE-301", aws(SCALING, resourceId=UNKNOWN), aws(SERVICE), aws(SERVICE, "api"), "it resourceId",
            "SCALE-303? it resourceId", "SCALE-305? it resourceId"),
    other("SCALE-301", OTHER),
    ok("SCALE-302", facts(), OWN_SCALING),
    bad("SCALE-302", facts(), aws(SCALING, "agno-scaling", AGNO, maxCapacity=5), "agno-scaling maxCapacity"),
    unknown(
        "SCALE-302", facts(), aws(SCALING, "agno-scaling", AGNO, maxCapacity=UNKNOWN), "agno-scaling maxCapacity",
        "SCALE-301? agno-scaling maxCapacity",
    ),
    other("SCALE-302", aws(SCALING, maxCapacity=5)),
    ok("SCALE-303", aws(SCALING), aws(SERVICE, ignored=("desiredCount",))),
    ok("SCALE-303", aws(SCALING), aws(SERVICE, ignored=("*",))),
    ok("SCALE-303", aws(SCALING), aws(SERVICE, desiredCount=DROP)),
    ok("SCALE-303", aws(SCALING), aws(SERVICE, desiredCount=DROP), aws(SERVICE, "api")),
    bad("SCALE-303", aws(SCALING), aws(SERVICE), "it desiredCount"),
    bad("SCALE-303", aws(SCALING, resourceId=UNKNOWN), aws(SERVICE), "it desiredCount"),
    bad("SCALE-303", aws(SCALING, resourceId=UNKNOWN, made_of=OF_SERVICE), aws(SERVICE), aws(SERVICE, "api"),
        "it desiredCount"),
    bad("SCALE-303", SCALER, changed(aws(SERVICE, "web"), name="api"), "web desiredCount"),
    unknown("SCALE-303", aws(SCALING, serviceNamespace=UNKNOWN), aws(SERVICE), "it serviceNamespace",
            "SCALE-301? it serviceNamespace", "SCALE-305? it serviceNamespace"),
    other("SCALE-303", aws(SERVICE)),
    *small("SCALE-304", SERVICE, "deploymentMinimumHealthyPercent", 50),
    other("SCALE-304", aws(SERVICE, loadBalancers=DROP, deploymentMinimumHealthyPercent=0)),
    ok("SCALE-305", aws(SERVICE)),
    ok("SCALE-305", aws(SCALING), aws(SERVICE, desiredCount=DROP)),
    ok("SCALE-305", changed(WORKER, desiredCount=1)),
    ok("SCALE-305", SCHEDULER, changed(WORKER, desiredCount=1)),
    ok("SCALE-305", changed(WORKER, desiredCount=DROP, schedulingStrategy="DAEMON")),
    bad("SCALE-305", aws(SERVICE, desiredCount=1), "it desiredCount"),
    bad("SCALE-305", aws(SERVICE, desiredCount=DROP), "it desiredCount"),
    bad("SCALE-305", aws(SERVICE, desiredCount=1000), "it desiredCount"),
    bad("SCALE-305", aws(SERVICE, desiredCount=1), SCALER, "it desiredCount"),
    bad("SCALE-305", aws(SERVICE, desiredCount=1), aws(SCALING, serviceNamespace="dynamodb"), "it desiredCount"),
    bad("SCALE-305", task(), changed(WORKER, desiredCount=1), "worker desiredCount"),
    bad("SCALE-305", changed(WORKER, desiredCount=500), "worker desiredCount"),
    unknown("SCALE-305", aws(SERVICE, desiredCount=UNKNOWN), "it desiredCount"),
    unknown("SCALE-305", aws(SERVICE, ignored=("desiredCount",)), "it desiredCount"),
    unknown("SCALE-305", task(), task("other"), changed(WORKER, taskDefinition=UNKNOWN), ABOUT_TASK),
    other("SCALE-305", OTHER),
    ok("SCALE-306", aws(SERVICE)),
    ok("SCALE-306", aws(SERVICE, capacityProviderStrategies=[{"capacityProvider": "FARGATE", "base": 2}, *ON_SPOT])),
    bad("SCALE-306", aws(SERVICE, capacityProviderStrategies=ON_SPOT), "it capacityProviderStrategies"),
    unknown("SCALE-306", aws(SERVICE, capacityProviderStrategies=UNKNOWN), "it capacityProviderStrategies"),
    other("SCALE-306", changed(WORKER, desiredCount=1, capacityProviderStrategies=ON_SPOT)),
]  # fmt: skip
DB, AURORA = aws(PARAMETERS, "db"), aws(CLUSTER_PARAMETERS, "db")
LIMIT = "db parameters.0.value"
SIDECAR = container({"DB_POOL_SIZE": "20", "DB_MAX_OVERFLOW": "20"}, name="worker")
SECRET_SIZE = task(env={"DB_POOL_SIZE": None}, secrets=[{"name": "DB_POOL_SIZE", "valueFrom": "arn:x"}])
TEN = aws(SERVICE, desiredCount=10)
NO_OVERFLOW, NO_SIZE = (
    task(env={"DB_MAX_OVERFLOW": None}),
    task(env={"DB_POOL_SIZE": None, "AGNO_ROLE": "web"}),
)


def at_once(count: int) -> Resource:
    """A service that is replaced without more tasks than it has."""
    return aws(SERVICE, desiredCount=count, deploymentMaximumPercent=100)


SMALL = aws(INSTANCE, "reports", parameterGroupName="small")
LARGE = aws(INSTANCE, "agents", parameterGroupName=UNKNOWN, made_of={"parameterGroupName": (DB.urn,)})
TWO_SERVERS = [
    changed(DB, parameters__0__value="900"), aws(PARAMETERS, "small", parameters__0__value="50"), SMALL, LARGE,
]  # fmt: skip
POOL = [
    ok("POOL-301", DB, task(), aws(SERVICE, desiredCount=9)),
    ok("POOL-301", DB, task(), aws(SERVICE, desiredCount=DROP), aws(SCALING, maxCapacity=9)),
    ok("POOL-301", DB, task(), aws(SERVICE, desiredCount=19, deploymentMaximumPercent=100)),
    # An update never has fewer than there are.
    ok("POOL-301", DB, task(), aws(SERVICE, desiredCount=19, deploymentMaximumPercent=50)),
    bad("POOL-301", DB, task(), aws(SERVICE, desiredCount=20, deploymentMaximumPercent=50), LIMIT),
    # What a task does not say is SQLAlchemy's: 5 and 10.
    ok("POOL-301", DB, NO_OVERFLOW, at_once(13)),
    bad("POOL-301", DB, NO_OVERFLOW, at_once(14), LIMIT),
    ok("POOL-301", DB, NO_SIZE, at_once(19)),
    bad("POOL-301", DB, NO_SIZE, at_once(20), LIMIT),
    ok("POOL-301", DB, task(), aws(SERVICE), aws(SCALING, "table", serviceNamespace="dynamodb", maxCapacity=900)),
    ok("POOL-301", DB, task(env={"DB_POOLER": "transaction"}), aws(SERVICE, desiredCount=20)),
    # Each count goes with its own task: 8 times 20 and one 30 fit, 9 times the larger would not.
    ok("POOL-301", DB, task(), aws(SERVICE, desiredCount=8, taskDefinition="it:3"), changed(WORKER, desiredCount=1,
       taskDefinition="scheduler", deploymentMaximumPercent=100), task("scheduler", env={"AGNO_ROLE": "scheduler",
       "DB_POOL_SIZE": "20", "DB_MAX_OVERFLOW": "10"})),
    ok("POOL-301", aws(PARAMETERS, "mysql", family="mysql8.0", parameters=[{"name": "max_connections", "value": "9"}]),
       task(), TEN),
    ok("POOL-301", aws(PARAMETERS, "mysql", family="mysql8.0"), DB, task(), aws(SERVICE)),
    ok("POOL-301", DB, changed(AURORA, parameters__0__value="100"), task(), aws(SERVICE)),
    bad("POOL-301", DB, task(), TEN, LIMIT),
    bad("POOL-301", DB, task(env={"DB_POOLER": "false"}), TEN, LIMIT),
    bad("POOL-301", AURORA, task(), TEN, LIMIT),
    bad("POOL-301", changed(DB, family="aurora-postgresql16"), task(), TEN, LIMIT),
    bad("POOL-301", aws(PARAMETERS, "mysql", family="mysql8.0"), DB, task(), TEN, LIMIT),
    bad("POOL-301", DB, task(), aws(SERVICE, desiredCount=DROP), aws(SCALING, maxCapacity=10), LIMIT),
    bad("POOL-301", DB, task(), changed(WORKER, desiredCount=500), LIMIT, "SCALE-305 worker desiredCount"),
    bad("POOL-301", DB, task(), changed(WORKER, desiredCount=5), aws(SERVICE, desiredCount=5), LIMIT),
    bad("POOL-301", DB, task(), task("other", env={"DB_POOL_SIZE": None}), aws(SERVICE, desiredCount=10,
        taskDefinition=UNKNOWN, made_of=OF_TASK), LIMIT),
    bad("POOL-301", DB, task(env={"WEB_CONCURRENCY": "10"}), aws(SERVICE), LIMIT),
    bad("POOL-301", DB, task(env={"WEB_CONCURRENCY": "1", "WORKERS": "10"}), aws(SERVICE), LIMIT),
    bad("POOL-301", DB, task(beside=[SIDECAR]), aws(SERVICE, desiredCount=4), LIMIT),
    bad("POOL-301", DB, task(env={"DB_POOL_SIZE": "0"}), aws(SERVICE), LIMIT, f"POOL-302 it {E}.DB_POOL_SIZE"),
    unknown("POOL-301", changed(DB, parameters=[{"name": "max_connections", "value": UNKNOWN}]), task(),
            aws(SERVICE), LIMIT),
    unknown("POOL-301", changed(DB, parameters=[{"name": "max_connections", "value": "{x/9531392}"}]), task(),
            aws(SERVICE), LIMIT),
    unknown("POOL-301", changed(DB, family=UNKNOWN), task(), aws(SERVICE), "db family"),
    unknown("POOL-301", DB, aws(PARAMETERS, "second"), task(), TEN, LIMIT, "second parameters.0.value"),
    # The database whose host the task is given is the large one.
    ok("POOL-301", *TWO_SERVERS, task(made_of=[LARGE]), TEN),
    bad("POOL-301", *TWO_SERVERS, task(made_of=[SMALL]), TEN, "small parameters.0.value"),
    unknown("POOL-301", *TWO_SERVERS, task(), TEN, "small parameters.0.value"),
    ok("POOL-301", aws(PROXY), DB, task(made_of=[aws(PROXY)]), TEN),
    bad("POOL-301", aws(PROXY), DB, task(), TEN, LIMIT),
    bad("POOL-301", DB, task(), aws(SERVICE, desiredCount=DROP), aws(SCALING), aws(SCHEDULE,
        scalableTargetAction__maxCapacity=10), LIMIT),
    unknown("POOL-301", aws(INSTANCE, "sql"), task(), aws(SERVICE), "sql parameterGroupName"),
    unknown("POOL-301", aws(INSTANCE, "sql", parameterGroupName="default.postgres16"), task(), aws(SERVICE),
            "sql parameterGroupName"),
    unknown("POOL-301", aws(CLUSTER, "sql"), task(), aws(SERVICE), "sql dbClusterParameterGroupName"),
    ok("POOL-301", aws(INSTANCE, parameterGroupName=UNKNOWN), task(), aws(SERVICE)),
    ok("POOL-301", aws(INSTANCE), aws(SERVICE)),
    ok("POOL-301", aws(INSTANCE, engine="mysql"), task(), aws(SERVICE)),
    unknown("POOL-301", DB, task(), "it family"),
    unknown("POOL-301", DB, task(), aws(SERVICE, taskDefinition="elsewhere:2"), "it family"),
    unknown("POOL-301", DB, task(), task("other"), changed(WORKER, taskDefinition=UNKNOWN), ABOUT_TASK,
            f"SCALE-305? {ABOUT_TASK}"),
    unknown("POOL-301", DB, task(), changed(WORKER, schedulingStrategy="DAEMON"), "worker schedulingStrategy"),
    unknown("POOL-301", DB, task(), aws(SERVICE, ignored=("*",)), "it desiredCount", "SCALE-305? it desiredCount"),
    unknown("POOL-301", DB, SECRET_SIZE, aws(SERVICE), f"it {C}.0.secrets.DB_POOL_SIZE",
            f"POOL-302? it {C}.0.secrets.DB_POOL_SIZE"),
    unknown_task("POOL-301", DB, aws(SERVICE)),
    other("POOL-301", task(), TEN),
    other("POOL-301", DB, task(env={"DB_POOL_SIZE": None}), aws(SERVICE, desiredCount=50)),
    ok("POOL-302", task()),
    bad("POOL-302", task(env={"DB_POOL_SIZE": "1"}), f"it {E}.DB_POOL_SIZE"),
    bad("POOL-302", task(env={"DB_MAX_OVERFLOW": "-1"}), f"it {E}.DB_MAX_OVERFLOW"),
    bad("POOL-302", task(beside=[container({"DB_POOL_SIZE": "1"})]), f"it {C}.1.environment.DB_POOL_SIZE"),
    unknown("POOL-302", task(env={"DB_POOL_SIZE": "five"}), f"it {E}.DB_POOL_SIZE"),
    unknown_task("POOL-302"),
    other("POOL-302", task(env={"DB_POOL_SIZE": None})),
    ok("POOL-303", facts(), task("agno-web", AGNO), aws(PARAMETERS, "agno-postgres", AGNO),
       aws(SERVICE, "agno-web", AGNO)),
    bad("POOL-303", facts(), task("agno-web", AGNO, env={"DB_POOL_SIZE": "6"}), f"agno-web {E}.DB_POOL_SIZE"),
    bad("POOL-303", facts(), aws(PARAMETERS, "agno-postgres", AGNO, parameters=[{"name": "max_connections",
        "value": "300"}]), "agno-postgres parameters.0.value"),
    unknown("POOL-303", facts(), task("agno-web", AGNO, env={"WORKERS": "two"}), f"agno-web {E}.WORKERS"),
    other("POOL-303", task(env={"DB_POOL_SIZE": "6"})),
]  # fmt: skip
REPLICA = aws(INSTANCE, replicateSourceDb=UNKNOWN, multiAz=DROP, backupRetentionPeriod=DROP)
ON_AURORA, TWO = (
    aws(CLUSTER, dbClusterInstanceClass=DROP),
    [aws(CLUSTER_INSTANCE, name) for name in ("a", "b")],
)
STORES = [
    *small("DB-301", INSTANCE, "publiclyAccessible", True),
    *small("DB-301", CLUSTER_INSTANCE, "publiclyAccessible", True),
    *small("DB-301", CLUSTER, "publiclyAccessible", True),
    *small("DB-302", INSTANCE, "multiAz", DROP),
    *small("DB-303", INSTANCE, "backupRetentionPeriod", DROP),
    *small("DB-303", CLUSTER, "backupRetentionPeriod", 0),
    ok("DB-303", aws(CLUSTER, backupRetentionPeriod=DROP)),  # Aurora's own is a day
    ok("DB-303", REPLICA),
    ok("DB-304", changed(REPLICA, deletionProtection=DROP)),
    *(ok(rule, aws(INSTANCE, engine="mysql", **{path: wrong})) for rule, path, wrong in (
        ("DB-301", "publiclyAccessible", True), ("DB-302", "multiAz", DROP), ("DB-303", "backupRetentionPeriod", DROP),
        ("DB-304", "deletionProtection", False), ("DB-305", "storageEncrypted", DROP),
    )),
    ok("DB-306", aws(CLUSTER, engine="aurora-mysql", dbClusterInstanceClass=DROP), TWO[0]),
    ok("DB-303", aws(CLUSTER, replicationSourceIdentifier="arn:x", backupRetentionPeriod=1)),
    *small("DB-304", INSTANCE, "deletionProtection", False),
    *small("DB-304", CLUSTER, "deletionProtection", DROP),
    *small("DB-305", INSTANCE, "storageEncrypted", DROP),
    *small("DB-305", CLUSTER, "storageEncrypted", DROP),
    ok("DB-305", aws(CLUSTER, engineMode="serverless", storageEncrypted=DROP)),
    ok("DB-306", aws(CLUSTER)),
    ok("DB-306", ON_AURORA, *TWO),
    ok("DB-306", changed(ON_AURORA, engineMode="serverless")),
    ok("DB-306", changed(ON_AURORA, replicationSourceIdentifier="arn:x"), TWO[0]),
    bad("DB-306", ON_AURORA, TWO[0], "it clusterMembers"),
    bad("DB-306", ON_AURORA, TWO[0], changed(TWO[1], clusterIdentifier="elsewhere"), "it clusterMembers"),
    bad("DB-306", ON_AURORA, aws(CLUSTER_INSTANCE, "lone", clusterIdentifier=UNKNOWN), "it clusterMembers"),
    unknown("DB-306", ON_AURORA, "it clusterMembers"),
    unknown("DB-306", ON_AURORA, aws(CLUSTER, "second"), aws(CLUSTER_INSTANCE, "lone", clusterIdentifier=UNKNOWN),
            TWO[0], "lone clusterIdentifier"),
    other("DB-306", aws(INSTANCE)),
    *small("CACHE-301", CACHE, "automaticFailoverEnabled", False),
    ok("CACHE-301", aws(CACHE_CLUSTER)),
    ok("CACHE-301", aws(CACHE_CLUSTER, engine=DROP, replicationGroupId=UNKNOWN)),
    bad("CACHE-301", aws(CACHE_CLUSTER, engine="redis"), "it automaticFailoverEnabled",
        "CACHE-302 it transitEncryptionEnabled", "CACHE-303 it parameterGroupName",
        "CACHE-305 it atRestEncryptionEnabled"),
    bad("CACHE-301", aws(CACHE_CLUSTER, engine="valkey"), "it automaticFailoverEnabled",
        "CACHE-302 it transitEncryptionEnabled", "CACHE-303 it parameterGroupName",
        "CACHE-305 it atRestEncryptionEnabled"),
    unknown("CACHE-301", aws(CACHE_CLUSTER, engine=UNKNOWN), "it engine", "CACHE-302? it engine",
            "CACHE-303? it engine", "CACHE-305? it engine"),
    ok("CACHE-302", aws(CACHE)),
    ok("CACHE-302", aws(CACHE, authToken=DROP, userGroupIds=["agents"])),
    ok("CACHE-302", aws(CACHE, authToken=UNKNOWN)),
    bad("CACHE-302", aws(CACHE, transitEncryptionEnabled=DROP), "it transitEncryptionEnabled"),
    bad("CACHE-302", aws(CACHE, authToken=DROP), "it authToken"),
    bad("CACHE-302", aws(CACHE, transitEncryptionMode="preferred"), "it transitEncryptionMode"),
    unknown("CACHE-302", aws(CACHE, transitEncryptionEnabled=UNKNOWN), "it transitEncryptionEnabled"),
    other("CACHE-302", OTHER),
    ok("CACHE-303", aws(CACHE_PARAMETERS)),
    ok("CACHE-303", aws(CACHE_PARAMETERS, family="memcached1.6", parameters=[])),
    ok("CACHE-303", aws(CACHE, parameterGroupName=UNKNOWN)),
    bad("CACHE-303", aws(CACHE_PARAMETERS, parameters=[]), "it parameters"),
    bad("CACHE-303", aws(CACHE, parameterGroupName=DROP), "it parameterGroupName"),
    bad("CACHE-303", aws(CACHE, parameterGroupName="default.redis7"), "it parameterGroupName"),
    bad("CACHE-303", aws(CACHE_PARAMETERS, parameters=[{"name": "maxmemory-policy", "value": "allkeys-lru"}]),
        "it parameters.0.value"),
    unknown("CACHE-303", aws(CACHE_PARAMETERS, parameters=UNKNOWN), "it parameters",
            "CACHE-304? it parameters"),
    other("CACHE-303", OTHER),
    *small("CACHE-304", CACHE, "numNodeGroups", 3),
    bad("CACHE-304", aws(CACHE, clusterMode="enabled"), "it clusterMode"),
    bad("CACHE-304", aws(CACHE, parameterGroupName="default.redis7.cluster.on"), "it parameterGroupName",
        "CACHE-303 it parameterGroupName"),
    bad("CACHE-304", aws(CACHE_PARAMETERS, parameters=[{"name": "maxmemory-policy", "value": "noeviction"},
        {"name": "cluster-enabled", "value": "yes"}]), "it parameters.1.value"),
    bad("CACHE-304", aws(SERVERLESS_CACHE, engine="valkey"), "it engine"),
    ok("CACHE-304", aws(SERVERLESS_CACHE)),
    *small("CACHE-305", CACHE, "atRestEncryptionEnabled", False),
    ok("CACHE-305", aws(CACHE, engine="valkey", atRestEncryptionEnabled=DROP)),
]  # fmt: skip
FRONT = [
    *small("LB-301", BALANCER, "idleTimeout", 60),
    bad("LB-301", facts(longestSilence=400), aws(BALANCER, "agno-lb", AGNO, idleTimeout=350), "agno-lb idleTimeout"),
    other("LB-301", aws(BALANCER, loadBalancerType="network", idleTimeout=60)),
    *(bad(rule, replace(each, type=each.type.replace("aws:lb/", f"aws:{module}/")), at)
      for module in ("alb", "applicationloadbalancing", "elasticloadbalancingv2")
      for rule, each, at in (
          ("LB-301", aws(BALANCER, idleTimeout=60), "it idleTimeout"),
          ("LB-302", aws(LISTENER, protocol="HTTP"), "it protocol"),
          ("LB-303", aws(TARGETS, healthCheck__path="/ready"), "it healthCheck.path"))),
    *small("LB-302", LISTENER, "protocol", "HTTP"),
    ok("LB-302", aws(LISTENER, protocol="HTTP", defaultActions=[{"type": "redirect"}])),
    ok("LB-302", aws(LISTENER, protocol=DROP)),  # a Gateway Load Balancer's
    bad("LB-302", aws(LISTENER, protocol=DROP, port=8081), "it protocol"),
    bad("LB-302", aws(LISTENER, protocol="http"), "it protocol"),
    bad("LB-302", aws(LISTENER, sslPolicy=DROP), "it sslPolicy"),
    *(bad("LB-302", aws(LISTENER, sslPolicy=f"ELBSecurityPolicy-{name}"), "it sslPolicy")
      for name in ("TLS-1-0-2015-04", "TLS-1-1-2017-01", "TLS13-1-0-2021-06", "2016-08")),
    *(ok("LB-302", aws(LISTENER, sslPolicy=f"ELBSecurityPolicy-{name}"))
      for name in ("TLS13-1-3-2021-06", "TLS-1-2-Ext-2018-06", "FS-1-2-Res-2020-10", "TLS13-1-2-FIPS-2023-04")),
    *small("LB-303", TARGETS, "healthCheck.path", "/ready"),
    ok("LB-303", aws(TARGETS, healthCheck__path="/already-there")),
    ok("LB-303", aws(TARGETS, healthCheck__path="/ready", healthCheck__enabled=False)),
    bad("LB-303", aws(TARGETS, healthCheck__path="/api/READYZ?full=1"), "it healthCheck.path"),
    ok("LB-303", task(healthCheck={"command": ["CMD-SHELL", "curl -f http://localhost:8000/health"]})),
    bad("LB-303", task(healthCheck={"command": ["CMD-SHELL", "curl -f http://localhost:8000/ready || exit 1"]}),
        f"it {C}.0.healthCheck.command"),
    unknown_task("LB-303"),
    ok("LB-304", task()),
    ok("LB-304", task(env={"DRAIN_TIMEOUT": None}, stopTimeout=60)),
    ok("LB-304", task(stopTimeout=5 + 45 + 65)),
    bad("LB-304", task(stopTimeout=5 + 45 + 65 - 1), f"it {C}.0.stopTimeout"),
    ok("LB-304", task(env={"DRAIN_DELAY": None}, stopTimeout=45 + 65)),
    bad("LB-304", task(env={"DRAIN_DELAY": None}, stopTimeout=45 + 65 - 1), f"it {C}.0.stopTimeout"),
    bad("LB-304", task(stopTimeout=None), f"it {C}.0.stopTimeout"),
    bad("LB-304", task(env={"DRAIN_TIMEOUT": None}, stopTimeout=59), f"it {C}.0.stopTimeout"),
    bad("LB-304", task(beside=[container(stopTimeout=30)]), f"it {C}.1.stopTimeout"),
    bad("LB-304", task(env={"DRAIN_TIMEOUT": "120"}), f"it {C}.0.stopTimeout"),
    ok("LB-304", task(stopTimeout=120.0)),
    unknown("LB-304", task(stopTimeout="120"), f"it {C}.0.stopTimeout"),
    *(unknown("LB-304", task(stopTimeout=wrong), f"it {C}.0.stopTimeout")
      for wrong in (True, float("inf"), float("-inf"), float("nan"))),
    unknown_task("LB-304"),
    other("LB-304", task(env={"DB_POOL_SIZE": None}, stopTimeout=None)),
]  # fmt: skip
HARDENING = [
    ok("SEC-301", task(env={"API_TOKEN": "", "TOKENS": "5"})),
    bad("SEC-301", task(env={"API_TOKEN": "hunter2"}), f"it {E}.API_TOKEN"),
    bad("SEC-301", task(env={"DATABASE_URL": "postgres://agno:hunter2@db/agno"}), f"it {E}.DATABASE_URL"),
    bad("SEC-301", task(env={"DATABASE_URL": "postgresql://postgres:passphrase@db/x"}), f"it {E}.DATABASE_URL"),
    bad("SEC-301", task(env={"DATABASE_URL": "host=db user=x password=hunter2"}), f"it {E}.DATABASE_URL"),
    *(bad("SEC-301", task(env={name: "hunter2"}), f"it {E}.{name}")
      for name in ("DB_PASS", "DB_PWD", "SECRET_KEY_BASE", "DB_PASSWD", "CLIENT_SECRET", "AWS_CREDENTIALS",
                   "GOOGLE_CREDENTIAL")),
    ok("SEC-301", task(env={"PWD": "/app", "JWT_PUBLIC_KEY": "MIIB", "COMPASS": "north",
       "API_SECRET": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:api"})),
    bad("SEC-301", task(Environment=[{"Name": "API_TOKEN", "Value": "hunter2"}], environment=None),
        f"it {E}.API_TOKEN"),
    bad("SEC-301", task(command=["sh", "-c", "exec serve --token hunter2"]), f"it {C}.0.command"),
    bad("SEC-301", task(entryPoint=["migrate", "postgres://agno:hunter2@db/agno"]), f"it {C}.0.entryPoint"),
    bad("SEC-301", task(dockerLabels={"API_KEY": "hunter2"}), f"it {C}.0.dockerLabels.API_KEY"),
    bad("SEC-301", task(logConfiguration={"logDriver": "splunk", "options": {"splunk-token": "hunter2"}}),
        f"it {C}.0.logConfiguration.options.splunk-token"),
    unknown_task("SEC-301"),
    other("SEC-301", OTHER),
    ok("SEC-302", task(privileged=False)),
    bad("SEC-302", task(privileged=True), f"it {C}.0.privileged"),
    ok("SEC-302", task(linuxParameters={"capabilities": {"add": ["NET_BIND_SERVICE"]}})),
    bad("SEC-302", task(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}),
        f"it {C}.0.linuxParameters.capabilities.add.0"),
    bad("SEC-302", task(more={"pidMode": "host"}), "it pidMode"),
    ok("SEC-302", task(more={"pidMode": "task", "volumes": [{"name": "tmp"}, {"hostPath": "/srv/models"}]})),
    bad("SEC-302", task(more={"volumes": [{"name": "tmp"}, {"hostPath": "/var/run/docker.sock"}]}),
        "it volumes.1.hostPath"),
    unknown_task("SEC-302"),
    other("SEC-302", OTHER),
    ok("SEC-303", task()),
    ok("SEC-303", task(user="0:0", essential=False)),
    bad("SEC-303", task(user=None), f"it {C}.0.user"),
    bad("SEC-303", task(user="root"), f"it {C}.0.user"),
    bad("SEC-303", task(text=json.dumps([{**container(), "user": None}])), f"it {C}.0.user"),
    unknown_task("SEC-303"),
    other("SEC-303", OTHER),
    ok("SEC-304", task()),
    bad("SEC-304", task(readonlyRootFilesystem=None), f"it {C}.0.readonlyRootFilesystem"),
    unknown_task("SEC-304"),
    other("SEC-304", OTHER),
    ok("SEC-305", aws(INGRESS)),
    ok("SEC-305", aws(INGRESS, cidrIpv4="10.0.0.0/8", fromPort=5432, toPort=5432)),
    bad("SEC-305", aws(INGRESS, fromPort=5432, toPort=5432), "it cidrIpv4"),
    bad("SEC-305", aws(INGRESS, fromPort=DROP, toPort=DROP), "it cidrIpv4"),
    bad("SEC-305", aws(OLD_RULE, fromPort=6379, toPort=6379), "it cidrBlocks.0"),
    bad("SEC-305", aws(INGRESS, cidrIpv4=DROP, cidrIpv6="::/0", fromPort=5432, toPort=5432), "it cidrIpv6"),
    bad("SEC-305", aws(OLD_RULE, cidrBlocks=DROP, ipv6CidrBlocks=["::/0"], fromPort=6379, toPort=6379),
        "it ipv6CidrBlocks.0"),
    bad("SEC-305", aws(GROUP, ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]),
        "it ingress.0.cidrBlocks.0"),
    bad("SEC-305", aws(INGRESS, ipProtocol="-1", fromPort=-1, toPort=-1), "it cidrIpv4"),
    bad("SEC-305", aws(OLD_RULE, protocol="all", fromPort=443, toPort=443), "it cidrBlocks.0"),
    bad("SEC-305", aws(OLD_RULE, protocol="ALL", fromPort=0, toPort=0), "it cidrBlocks.0"),
    bad("SEC-305", aws(INGRESS, cidrIpv4="128.0.0.0/1", fromPort=5432, toPort=5432), "it cidrIpv4"),
    bad("SEC-305", aws(INGRESS, cidrIpv4=DROP, cidrIpv6="::0/0", fromPort=6379, toPort=6379), "it cidrIpv6"),
    ok("SEC-305", aws(DEFAULT_GROUP)),
    bad("SEC-305", aws(DEFAULT_GROUP, ingress=[{"protocol": "-1", "fromPort": 0, "toPort": 0,
        "cidrBlocks": ["10.0.0.0/8", "0.0.0.0/0"]}]), "it ingress.0.cidrBlocks.1"),
    ok("SEC-305", aws(INGRESS, ipProtocol="icmp", fromPort=-1, toPort=-1)),
    unknown("SEC-305", aws(INGRESS, ipProtocol=UNKNOWN), "it ipProtocol"),
    unknown("SEC-305", aws(INGRESS, cidrIpv4=UNKNOWN), "it cidrIpv4"),
    other("SEC-305", aws(OLD_RULE, type="egress", fromPort=5432, toPort=5432)),
    ok("SEC-306", task()),
    ok("SEC-306", task(image="agents@sha256:01")),
    bad("SEC-306", task(image="r:5000/agents"), f"it {C}.0.image"),
    bad("SEC-306", task(image="agents:latest"), f"it {C}.0.image"),
    bad("SEC-306", task(image="agents:LATEST"), f"it {C}.0.image"),
    unknown_task("SEC-306"),
    other("SEC-306", OTHER),
    *small("SEC-307", SERVICE, "networkConfiguration.assignPublicIp", True),
    ok("SEC-308", aws(ROLE_POLICY)),
    ok("SEC-308", aws(ROLE_POLICY, policy=json.dumps({"Statement": [{"Effect": "Deny", "Action": "*"}]}))),
    bad("SEC-308", aws(ROLE_POLICY, policy=policy("s3:*")), "it policy.Statement.0.Action"),
    bad("SEC-308", aws(ROLE_POLICY, policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "*"}})),
        "it policy.Statement.0.Action"),
    *(bad("SEC-308", aws(ROLE_POLICY, policy=policy(action)), "it policy.Statement.0.Action")
      for action in ("*", "s3:*Object", "iam:Put?olePolicy", "s3:Get*", "s3:GetObject*")),
    ok("SEC-308", aws(ROLE_POLICY, policy=policy("s3:GetObject*", "kms:GenerateDataKey*", resource="arn:x"))),
    bad("SEC-308", aws(ROLE_POLICY, policy=policy("s3:Get*", resource="arn:x")), "it policy.Statement.0.Action"),
    bad("SEC-308", aws(ROLE_POLICY, policy=json.dumps({"Statement": {"Effect": "Allow", "NotAction": "iam:*"}})),
        "it policy.Statement.0.NotAction"),
    bad("SEC-308", aws(ROLE_POLICY, policy=policy("secretsmanager:GetSecretValue")), "it policy.Statement.0.Resource"),
    ok("SEC-308", aws(ROLE_POLICY, policy=policy("secretsmanager:GetSecretValue", resource="arn:x"))),
    *(bad("SEC-308", replace(aws(ROLE_POLICY, policy=policy("*")), type=f"aws:iam/{kind}"),
          "it policy.Statement.0.Action")
      for kind in ("policy:Policy", "userPolicy:UserPolicy", "groupPolicy:GroupPolicy")),
    ok("SEC-308", aws(ROLE)),
    ok("SEC-308", aws(ROLE, assumeRolePolicy=trust("*", Condition={"StringEquals": {"aws:SourceAccount": "1"}}))),
    bad("SEC-308", aws(ROLE, assumeRolePolicy=trust("*")), "it assumeRolePolicy.Statement.0.Principal"),
    bad("SEC-308", aws(ROLE, assumeRolePolicy=trust({"AWS": ["*"]})), "it assumeRolePolicy.Statement.0.Principal"),
    bad("SEC-308", aws(ROLE, managedPolicyArns=["arn:aws:iam::aws:policy/PowerUserAccess"]), "it managedPolicyArns.0"),
    bad("SEC-308", aws(ROLE, inlinePolicies=[{"name": "x", "policy": policy("*")}]),
        "it inlinePolicies.0.policy.Statement.0.Action"),
    ok("SEC-308", aws(ATTACHMENT)),
    bad("SEC-308", aws(ATTACHMENT, policyArn="arn:aws:iam::aws:policy/AdministratorAccess"), "it policyArn"),
    bad("SEC-308", replace(aws(ATTACHMENT, policyArn="arn:aws:iam::aws:policy/IAMFullAccess"),
        type="aws:iam/policyAttachment:PolicyAttachment"), "it policyArn"),
    unknown("SEC-308", aws(ATTACHMENT, policyArn=UNKNOWN), "it policyArn"),
    unknown("SEC-308", aws(ROLE_POLICY, policy=UNKNOWN), "it policy"),
    unknown("SEC-308", aws(ROLE_POLICY, policy="allow all"), "it policy"),
    other("SEC-308", OTHER),
    ok("OPS-301", task()),
    bad("OPS-301", task(logConfiguration=None), f"it {C}.0.logConfiguration"),
    unknown_task("OPS-301"),
    other("OPS-301", OTHER),
    *small("OPS-302", LOGS, "retentionInDays", DROP),
    ok("OPS-302", aws(LOGS, retentionInDays=DROP, logGroupClass="DELIVERY")),
    *small("OPS-303", SERVICE, "deploymentCircuitBreaker.enable", False),
    bad("OPS-303", aws(SERVICE, deploymentCircuitBreaker__rollback=DROP), "it deploymentCircuitBreaker.rollback"),
    *(other("OPS-303", aws(SERVICE, deploymentController={"type": kind}, deploymentCircuitBreaker=DROP))
      for kind in ("CODE_DEPLOY", "EXTERNAL")),
    bad("OPS-303", aws(SERVICE, deploymentController={"type": "ECS"}, deploymentCircuitBreaker=DROP),
        "it deploymentCircuitBreaker.enable"),
    other("OPS-303", of("aws:ecs/cluster:Cluster", "it", {})),
]  # fmt: skip
CASES = [*SCALE, *POOL, *STORES, *FRONT, *HARDENING]
