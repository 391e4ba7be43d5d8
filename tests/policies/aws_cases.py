"""One line a case of the rules on AWS: the rule, a stack, and exactly what all rules find in it."""

from __future__ import annotations

import json
from typing import Any

from policies.aws_stacks import (
    BALANCER,
    CACHE,
    CACHE_PARAMETERS,
    GROUP,
    INGRESS,
    INSTANCE,
    LISTENER,
    LOGS,
    OLD_RULE,
    PARAMETERS,
    ROLE_POLICY,
    SCALING,
    SERVICE,
    TARGETS,
    aws,
    task,
)
from policies.cases import OTHER, Case, bad, ok, other, unknown
from policies.stacks import AGNO, DROP, UNKNOWN, Resource, facts, of

C = "containerDefinitions"
E = f"{C}.0.environment"
ON_TASKS = (
    *("LB-304", "SEC-301", "SEC-302", "SEC-303", "SEC-304", "SEC-306", "OPS-301"),
    *("POOL-301", "POOL-302"),
)
"""What can't be checked while a task's containers are not known, in a program without this package."""


def unknown_task(rule: str, *more: Resource) -> Case:
    """A foreign task whose containers are not known."""
    rules = [each for each in ON_TASKS if each not in ("POOL-301", rule)]
    return unknown(rule, task(text=UNKNOWN), *more, f"{rule}? it {C}", *(f"{each}? it {C}" for each in rules))


def policy(*actions: str) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": list(actions)}]})


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
SCALE = [
    ok("SCALE-301", aws(SCALING)),
    ok("SCALE-301", aws(SCALING, serviceNamespace="dynamodb", minCapacity=1, maxCapacity=4000)),
    bad("SCALE-301", aws(SCALING, minCapacity=1), "it minCapacity"),
    bad("SCALE-301", aws(SCALING, maxCapacity=51), "it maxCapacity"),
    unknown("SCALE-301", aws(SCALING, maxCapacity=UNKNOWN), "it maxCapacity"),
    other("SCALE-301", OTHER),
    ok("SCALE-302", facts(), OWN_SCALING),
    bad("SCALE-302", facts(), aws(SCALING, "agno-scaling", AGNO, maxCapacity=5), "agno-scaling maxCapacity"),
    unknown(
        "SCALE-302", facts(), aws(SCALING, "agno-scaling", AGNO, maxCapacity=UNKNOWN), "agno-scaling maxCapacity",
        "SCALE-301? agno-scaling maxCapacity",
    ),
    other("SCALE-302", aws(SCALING, maxCapacity=5)),
    ok("SCALE-303", aws(SCALING), aws(SERVICE, desiredCount=2, ignored=("desiredCount",))),
    ok("SCALE-303", aws(SCALING), aws(SERVICE)),
    bad("SCALE-303", aws(SCALING), aws(SERVICE, desiredCount=2), "it desiredCount"),
    unknown("SCALE-303", aws(SCALING, serviceNamespace=UNKNOWN), aws(SERVICE, desiredCount=2), "it serviceNamespace",
            "SCALE-301? it serviceNamespace"),
    other("SCALE-303", aws(SERVICE, desiredCount=2)),
    *small("SCALE-304", SERVICE, "deploymentMinimumHealthyPercent", 50),
    other("SCALE-304", aws(SERVICE, loadBalancers=DROP, deploymentMinimumHealthyPercent=0)),
]  # fmt: skip
POOL = [
    ok("POOL-301", aws(PARAMETERS, "db"), task(), aws(SCALING)),
    ok("POOL-301", aws(PARAMETERS, "db"), task(env={"DB_POOLER": "transaction"}), aws(SCALING, maxCapacity=20)),
    ok("POOL-301", aws(PARAMETERS, "db"), task(env={"AGNO_ROLE": "scheduler"}), aws(SCALING, maxCapacity=20)),
    bad("POOL-301", aws(PARAMETERS, "db"), task(), aws(SCALING, maxCapacity=10), "db parameters.0.value"),
    bad("POOL-301", aws(PARAMETERS, "db"), task(), aws(SERVICE, desiredCount=10), "db parameters.0.value"),
    bad("POOL-301", aws(PARAMETERS, "db"), task(env={"DB_POOL_SIZE": "0"}), aws(SCALING), "db parameters.0.value",
        f"POOL-302 it {E}.DB_POOL_SIZE"),
    unknown("POOL-301", aws(PARAMETERS, "db", parameters=[{"name": "max_connections", "value": UNKNOWN}]), task(),
            aws(SCALING), "db parameters.0.value"),
    unknown("POOL-301", aws(PARAMETERS, "db", parameters=[{"name": "max_connections", "value": "{x/9531392}"}]),
            task(), aws(SCALING), "db parameters.0.value"),
    unknown_task("POOL-301", aws(PARAMETERS, "db"), aws(SCALING)),
    other("POOL-301", task(), aws(SCALING, maxCapacity=10)),
    ok("POOL-302", task()),
    bad("POOL-302", task(env={"DB_POOL_SIZE": "1"}), f"it {E}.DB_POOL_SIZE"),
    bad("POOL-302", task(env={"DB_MAX_OVERFLOW": "-1"}), f"it {E}.DB_MAX_OVERFLOW"),
    unknown("POOL-302", task(env={"DB_POOL_SIZE": "five"}), f"it {E}.DB_POOL_SIZE"),
    unknown_task("POOL-302"),
    other("POOL-302", task(env={"DB_POOL_SIZE": None})),
    ok("POOL-303", facts(), task("agno-web", AGNO), aws(PARAMETERS, "agno-postgres", AGNO)),
    bad("POOL-303", facts(), task("agno-web", AGNO, env={"DB_POOL_SIZE": "6"}), f"agno-web {E}.DB_POOL_SIZE"),
    bad("POOL-303", facts(), aws(PARAMETERS, "agno-postgres", AGNO, parameters=[{"name": "max_connections",
        "value": "300"}]), "agno-postgres parameters.0.value"),
    unknown("POOL-303", facts(), task("agno-web", AGNO, env={"WORKERS": "two"}), f"agno-web {E}.WORKERS"),
    other("POOL-303", task(env={"DB_POOL_SIZE": "6"})),
]  # fmt: skip
STORES = [
    *small("DB-301", INSTANCE, "publiclyAccessible", True),
    *small("DB-302", INSTANCE, "multiAz", DROP),
    *small("DB-303", INSTANCE, "backupRetentionPeriod", DROP),
    *small("DB-304", INSTANCE, "deletionProtection", False),
    *small("DB-305", INSTANCE, "storageEncrypted", DROP),
    *small("CACHE-301", CACHE, "automaticFailoverEnabled", False),
    ok("CACHE-302", aws(CACHE)),
    ok("CACHE-302", aws(CACHE, authToken=DROP, userGroupIds=["agents"])),
    ok("CACHE-302", aws(CACHE, authToken=UNKNOWN)),
    bad("CACHE-302", aws(CACHE, transitEncryptionEnabled=DROP), "it transitEncryptionEnabled"),
    bad("CACHE-302", aws(CACHE, authToken=DROP), "it authToken"),
    unknown("CACHE-302", aws(CACHE, transitEncryptionEnabled=UNKNOWN), "it transitEncryptionEnabled"),
    other("CACHE-302", OTHER),
    ok("CACHE-303", aws(CACHE_PARAMETERS)),
    ok("CACHE-303", aws(CACHE_PARAMETERS, parameters=[])),
    bad("CACHE-303", aws(CACHE_PARAMETERS, parameters=[{"name": "maxmemory-policy", "value": "allkeys-lru"}]),
        "it parameters.0.value"),
    unknown("CACHE-303", aws(CACHE_PARAMETERS, parameters=UNKNOWN), "it parameters"),
    other("CACHE-303", OTHER),
    *small("CACHE-304", CACHE, "numNodeGroups", 3),
    bad("CACHE-304", aws(CACHE, clusterMode="enabled"), "it clusterMode"),
    *small("CACHE-305", CACHE, "atRestEncryptionEnabled", False),
]  # fmt: skip
FRONT = [
    *small("LB-301", BALANCER, "idleTimeout", 60),
    bad("LB-301", facts(longestSilence=400), aws(BALANCER, "agno-lb", AGNO, idleTimeout=350), "agno-lb idleTimeout"),
    other("LB-301", aws(BALANCER, loadBalancerType="network", idleTimeout=60)),
    *small("LB-302", LISTENER, "protocol", "HTTP"),
    ok("LB-302", aws(LISTENER, protocol="HTTP", defaultActions=[{"type": "redirect"}])),
    *small("LB-303", TARGETS, "healthCheck.path", "/ready"),
    ok("LB-304", task()),
    ok("LB-304", task(env={"DRAIN_TIMEOUT": None}, stopTimeout=60)),
    bad("LB-304", task(stopTimeout=None), f"it {C}.0.stopTimeout"),
    bad("LB-304", task(env={"DRAIN_TIMEOUT": None}, stopTimeout=59), f"it {C}.0.stopTimeout"),
    unknown_task("LB-304"),
    other("LB-304", task(env={"DB_POOL_SIZE": None}, stopTimeout=None)),
]  # fmt: skip
HARDENING = [
    ok("SEC-301", task(env={"API_TOKEN": "", "TOKENS": "5"})),
    bad("SEC-301", task(env={"API_TOKEN": "hunter2"}), f"it {E}.API_TOKEN"),
    bad("SEC-301", task(env={"DATABASE_URL": "postgres://agno:hunter2@db/agno"}), f"it {E}.DATABASE_URL"),
    unknown_task("SEC-301"),
    other("SEC-301", OTHER),
    ok("SEC-302", task(privileged=False)),
    bad("SEC-302", task(privileged=True), f"it {C}.0.privileged"),
    unknown_task("SEC-302"),
    other("SEC-302", OTHER),
    ok("SEC-303", task()),
    ok("SEC-303", task(user="0:0", essential=False)),
    bad("SEC-303", task(user=None), f"it {C}.0.user"),
    bad("SEC-303", task(user="root"), f"it {C}.0.user"),
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
    bad("SEC-305", aws(GROUP, ingress=[{"fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}]),
        "it ingress.0.cidrBlocks.0"),
    unknown("SEC-305", aws(INGRESS, cidrIpv4=UNKNOWN), "it cidrIpv4"),
    other("SEC-305", aws(OLD_RULE, type="egress", fromPort=5432, toPort=5432)),
    ok("SEC-306", task()),
    ok("SEC-306", task(image="agents@sha256:01")),
    bad("SEC-306", task(image="r:5000/agents"), f"it {C}.0.image"),
    bad("SEC-306", task(image="agents:latest"), f"it {C}.0.image"),
    unknown_task("SEC-306"),
    other("SEC-306", OTHER),
    *small("SEC-307", SERVICE, "networkConfiguration.assignPublicIp", True),
    ok("SEC-308", aws(ROLE_POLICY)),
    ok("SEC-308", aws(ROLE_POLICY, policy=json.dumps({"Statement": [{"Effect": "Deny", "Action": "*"}]}))),
    bad("SEC-308", aws(ROLE_POLICY, policy=policy("s3:*")), "it policy.Statement.0.Action"),
    bad("SEC-308", aws(ROLE_POLICY, policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "*"}})),
        "it policy.Statement.0.Action"),
    unknown("SEC-308", aws(ROLE_POLICY, policy=UNKNOWN), "it policy"),
    unknown("SEC-308", aws(ROLE_POLICY, policy="allow all"), "it policy"),
    other("SEC-308", OTHER),
    ok("OPS-301", task()),
    bad("OPS-301", task(logConfiguration=None), f"it {C}.0.logConfiguration"),
    unknown_task("OPS-301"),
    other("OPS-301", OTHER),
    *small("OPS-302", LOGS, "retentionInDays", DROP),
    *small("OPS-303", SERVICE, "deploymentCircuitBreaker.enable", False),
    bad("OPS-303", aws(SERVICE, deploymentCircuitBreaker__rollback=DROP), "it deploymentCircuitBreaker.rollback"),
    other("OPS-303", aws(SERVICE, deploymentController={"type": "CODE_DEPLOY"}, deploymentCircuitBreaker=DROP)),
    other("OPS-303", of("aws:ecs/cluster:Cluster", "it", {})),
]  # fmt: skip
CASES = [*SCALE, *POOL, *STORES, *FRONT, *HARDENING]
