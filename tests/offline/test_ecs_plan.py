"""The ECS target's plan: exact resources, parents, protection, secrets, rights, and the same app as on Docker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agno_ha.offline import Plan, Secret
from agno_ha.service import TYPE

from .conftest import Evaluate
from .ecs import EcsEvaluate, ecs, kinds

__all__ = ["ecs"]

ZONES = "abc"
ALARMS = (
    *("5xx-app", "5xx-lb", "latency", "unhealthy", "cpu", "memory", "ceiling", "connections", "storage"),
    *("postgres-cpu", "evictions-1", "redis-memory-1", "replication-lag-1"),
    *("evictions-2", "redis-memory-2", "replication-lag-2"),
)
SECRETS = ("postgres-password", "redis-password", "internal-service-token", "os-security-key")


def of(kind: str, *names: str) -> set[tuple[str, str]]:
    return {(kind, f"agno-{name}") for name in names}


NETWORK = {
    *of("Vpc", "vpc"), *of("InternetGateway", "internet"),
    *of("Subnet", *(f"{tier}-{zone}" for tier in ("public", "private") for zone in ZONES)),
    *of("RouteTable", "public", *(f"private-{zone}" for zone in ZONES)),
    *of("Route", "public", *(f"private-{zone}" for zone in ZONES)),
    *of("RouteTableAssociation", *(f"{tier}-{zone}" for tier in ("public", "private") for zone in ZONES)),
    *of("Eip", *(f"nat-{zone}" for zone in ZONES)), *of("NatGateway", *(f"nat-{zone}" for zone in ZONES)),
}  # fmt: skip
POSTGRES = {
    *of("Instance", "postgres"), *of("SecurityGroup", "postgres"), *of("SecurityGroupIngressRule", "app-postgres"),
    *of("MetricAlarm", *(f"alarm-{name}" for name in ("connections", "storage", "postgres-cpu"))),
    *of("RandomPassword", "postgres-password"), *of("LogGroup", "postgres-postgresql", "postgres-upgrade"),
}  # fmt: skip
REDIS = {
    *of("ReplicationGroup", "redis"), *of("SecurityGroup", "redis"), *of("SecurityGroupIngressRule", "app-redis"),
    *of("MetricAlarm", *(f"alarm-{name}-{node}" for name in ("evictions", "redis-memory", "replication-lag")
                         for node in (1, 2))),
    *of("RandomPassword", "redis-password"),
}  # fmt: skip
PROD = {
    ("AgnoService", "agno"), ("aws", "agno-aws"),
    *of("RandomPassword", "postgres-password", "redis-password", "security-key", "service-token"),
    *NETWORK, *POSTGRES, *REDIS, *of("SubnetGroup", "postgres", "redis"), *of("ParameterGroup", "postgres", "redis"),
    *of("SecurityGroup", "load-balancer", "app"),
    *of("SecurityGroupIngressRule", "load-balancer-80-0.0.0.0-0", "load-balancer-443-0.0.0.0-0", "load-balancer-app"),
    *of("SecurityGroupEgressRule", "load-balancer-app", "app-out"),
    *of("LoadBalancer", "load-balancer"), *of("TargetGroup", "web"), *of("Listener", "http", "https"),
    *of("ListenerRule", "metrics"),
    *of("Secret", *SECRETS), *of("SecretVersion", *SECRETS),
    *of("Role", "execution", "task"), *of("RolePolicy", "execution"), *of("LogGroup", "logs"),
    *of("Cluster", "cluster"), *of("TaskDefinition", "web"), *of("Service", "web"),
    *of("Target", "scaling"), *of("Policy", "scaling-cpu", "scaling-memory", "scaling-requests"),
    *of("Topic", "alarms"), *of("MetricAlarm", *(f"alarm-{name}" for name in ALARMS)),
    *of("Dashboard", "dashboard"),
}  # fmt: skip
EXISTING = {
    "vpcId": "vpc-0123abcd",
    "privateSubnetIds": ["subnet-00000001", "subnet-00000002"],
    "publicSubnetIds": ["subnet-00000003", "subnet-00000004"],
}
EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}


def test_the_prod_stack(ecs: EcsEvaluate) -> None:
    assert kinds(ecs()) == PROD


@pytest.mark.parametrize(
    ("settings", "topology", "more", "less"),
    [
        ({"network": EXISTING}, {}, set(), NETWORK),
        (
            {"network": {"nat": "one"}}, {}, set(),
            {*of("Eip", "nat-b", "nat-c"), *of("NatGateway", "nat-b", "nat-c")},
        ),
        (
            {}, {"postgres": {"pooler": {"enabled": True}}},
            {*of("SecurityGroup", "proxy"), *of("SecurityGroupIngressRule", "app-proxy", "proxy-postgres"),
             *of("SecurityGroupEgressRule", "proxy-postgres"), *of("Role", "proxy"), *of("RolePolicy", "proxy"),
             *of("Secret", "proxy-login"), *of("SecretVersion", "proxy-login"), *of("Proxy", "proxy"),
             *of("ProxyDefaultTargetGroup", "proxy"), *of("ProxyTarget", "proxy")},
            of("SecurityGroupIngressRule", "app-postgres"),
        ),
        (
            {}, {"postgres": EXTERNAL}, set(),
            {*POSTGRES, *of("SubnetGroup", "postgres"), *of("ParameterGroup", "postgres")},
        ),
        ({}, {"redis": EXTERNAL}, set(), {*REDIS, *of("SubnetGroup", "redis"), *of("ParameterGroup", "redis")}),
        (
            {"loadBalancer": {"certificateArn": None, "plainHttp": True}}, {}, set(),
            {*of("Listener", "https"), *of("SecurityGroupIngressRule", "load-balancer-443-0.0.0.0-0")},
        ),
        (
            {"loadBalancer": {"certificateArn": None}}, {"loadBalancer": {"tls": {"mode": "generated"}}},
            {*of("Certificate", "certificate"), *of("RandomPassword", "tls-seed")}, set(),
        ),
        (
            {}, {"scaling": {"min": 4, "max": 4}}, set(),
            {*of("Policy", "scaling-cpu", "scaling-memory", "scaling-requests"), *of("MetricAlarm", "alarm-ceiling")},
        ),
        (
            {"exec": True}, {"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}},
            {*of("TaskDefinition", "scheduler"), *of("Service", "scheduler"), *of("RolePolicy", "task")}, set(),
        ),
        ({"alarms": {"topicArn": "arn:aws:sns:eu-central-1:111122223333:ours"}}, {}, set(), of("Topic", "alarms")),
    ],
    ids=["existing vpc", "one nat", "proxy", "external postgres", "external redis", "plain http", "own certificate",
         "fixed size", "scheduler and shell", "own topic"],
)  # fmt: skip
def test_each_choice_adds_and_removes_exactly(
    ecs: EcsEvaluate, settings: Any, topology: Any, more: set[tuple[str, str]], less: set[tuple[str, str]]
) -> None:
    assert kinds(ecs(settings, topology, given="a given password")) == (PROD | more) - less


def test_what_has_no_effect_is_a_warning(ecs: EcsEvaluate) -> None:
    assert ecs().warnings == ()
    [said] = ecs({}, {"loadBalancer": {"bodyLimit": "40MiB"}}).warnings
    assert said.endswith(
        "An Application Load Balancer has no such setting: topology.loadBalancer.bodyLimit has no effect."
    )


OWN = (
    "tls",
    "postgresTls",
    "redisTls",
    "appendonly",
    "redisFailover",
    "surge",
    "connectionsNeeded",
    "largestSafeMax",
)
PLAIN = {
    "postgres": {**EXTERNAL, "external": {"host": "db.example.com", "sslMode": "disable"}},
    "redis": {**EXTERNAL, "external": {"host": "redis.example.com", "tls": False}},
}


@pytest.mark.parametrize(
    ("settings", "topology", "expected"),
    [
        # 18 instances in a roll, with 10 connections each.
        ({}, {}, ("provided", True, True, False, True, 9, 180, 9)),
        (
            {"loadBalancer": {"certificateArn": None, "plainHttp": True}}, {},
            ("off", True, True, False, True, 9, 180, 9),
        ),
        (
            {"loadBalancer": {"certificateArn": None}}, {"loadBalancer": {"tls": {"mode": "generated"}}},
            ("generated", True, True, False, True, 9, 180, 9),
        ),
        # Of another's Redis nobody knows whether it fails over, and the topology says whether it keeps a log.
        ({}, PLAIN, ("provided", False, False, True, False, 9, 180, 9)),
        ({}, dict.fromkeys(PLAIN, EXTERNAL), ("provided", True, True, True, False, 9, 180, 9)),
        ({}, {"scaling": {"min": 4, "max": 4}}, ("provided", True, True, False, True, 4, 80, 9)),
        ({}, {"redis": {"highAvailability": False}}, ("provided", True, True, False, False, 9, 180, 9)),
        # RDS Proxy opens no more than poolSize; what is counted against its 500 clients is 20 a place.
        ({}, {"postgres": {"pooler": {"enabled": True}}}, ("provided", True, True, False, True, 9, 50, 25)),
    ],
    ids=["prod", "plain http", "own certificate", "external and plain", "external", "fixed size", "one node", "proxy"],
)  # fmt: skip
def test_facts_of_ecs(ecs: EcsEvaluate, settings: Any, topology: Any, expected: tuple[Any, ...]) -> None:
    [service] = ecs(settings, topology, given="a given password").of_type(TYPE)
    assert tuple(service.inputs[name] for name in OWN) == expected


def test_every_resource_descends_from_the_service(ecs: EcsEvaluate) -> None:
    plan = ecs()
    [service] = plan.of_type(TYPE)
    assert {each.parent for each in plan.resources if each is not service} == {service.urn}


def test_everything_that_can_be_tagged_is(ecs: EcsEvaluate) -> None:
    untagged = {each.type.split(":")[-1] for each in ecs().resources if "tags" not in each.inputs}
    assert untagged == {
        *("AgnoService", "aws", "RandomPassword", "Route", "RouteTableAssociation", "SecretVersion"),
        *("RolePolicy", "Policy", "Dashboard"),
    }
    plan = ecs({"tags": {"team": "agents"}})
    assert all(each.inputs["tags"]["team"] == "agents" for each in plan.resources if "tags" in each.inputs)


def test_what_holds_data_is_protected_outside_dev(ecs: EcsEvaluate) -> None:
    protected = {(each.type.split(":")[-1], each.name) for each in ecs().resources if each.protect}
    assert protected == {
        *of("RandomPassword", "postgres-password", "redis-password", "security-key", "service-token"),
        *of("Instance", "postgres"), *of("ReplicationGroup", "redis"), *of("LoadBalancer", "load-balancer"),
        *of("SecurityGroup", "load-balancer"),
    }  # fmt: skip
    dev = ecs(environment="dev")
    assert not any(each.protect for each in dev.resources)
    [instance] = dev.of_type("aws:rds/instance:Instance")
    assert (instance.inputs["deletionProtection"], instance.inputs["skipFinalSnapshot"]) == (False, True)


def waits(plan: Plan, kind: str, name: str) -> set[tuple[str, str]]:
    """Type and name of what one resource is made after."""
    [found] = [each for each in plan.of_type(kind) if each.name == f"agno-{name}"]
    return {(urn.split("::")[2].rpartition(":")[2], urn.split("::")[3]) for urn in found.dependencies}


WAY_IN = {*of("Route", "public"), *of("RouteTableAssociation", *(f"public-{zone}" for zone in ZONES))}
"""Also an instance's way out: a NAT gateway goes the same way."""


@pytest.mark.parametrize(
    ("settings", "needed"),
    [({}, WAY_IN), ({"loadBalancer": {"internal": True}}, set()), ({"network": EXISTING}, set())],
    ids=["new vpc", "internal", "existing vpc"],
)
def test_aws_makes_no_load_balancer_for_the_internet_before_the_vpc_is_on_it(
    ecs: EcsEvaluate, settings: dict[str, Any], needed: set[tuple[str, str]]
) -> None:
    made_after = waits(ecs(settings), "aws:lb/loadBalancer:LoadBalancer", "load-balancer")
    assert {each for each in made_after if each[0].startswith("Route")} == needed


def test_instances_start_when_they_may_do_and_reach_what_they_need(ecs: EcsEvaluate) -> None:
    plan = ecs({"exec": True}, {"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}})
    ways_out = {
        *of("Route", *(f"private-{zone}" for zone in ZONES)),
        *of("RouteTableAssociation", *(f"private-{zone}" for zone in ZONES)),
    }
    rights = of("RolePolicy", "execution", "task")
    rules = {
        *of("SecurityGroupIngressRule", "load-balancer-app", "app-postgres", "app-redis"),
        *of("SecurityGroupEgressRule", "load-balancer-app", "app-out"),
    }
    for name in ("web", "scheduler"):
        assert WAY_IN | ways_out | rights | rules <= waits(plan, "aws:ecs/service:Service", name)


def test_a_proxy_starts_when_it_may_read_its_login(ecs: EcsEvaluate) -> None:
    plan = ecs({}, {"postgres": {"pooler": {"enabled": True}}})
    assert of("RolePolicy", "proxy") <= waits(plan, "aws:rds/proxy:Proxy", "proxy")
    rules = {
        *of("SecurityGroupIngressRule", "app-proxy", "proxy-postgres"),
        *of("SecurityGroupEgressRule", "proxy-postgres"),
    }
    assert rules <= waits(plan, "aws:ecs/service:Service", "web")


def test_that_no_access_is_logged_is_said(ecs: EcsEvaluate) -> None:
    """The provider takes a block that is missing for what AWS has: logs once on could not be turned off."""
    for settings, bucket in (({}, ""), ({"loadBalancer": {"accessLogsBucket": "our-logs"}}, "our-logs")):
        [balancer] = ecs(settings).of_type("aws:lb/loadBalancer:LoadBalancer")
        logs = balancer.inputs["accessLogs"]
        assert (logs["bucket"], logs["enabled"]) == (bucket, bool(bucket))


def test_parameters_that_stay_in_use_until_the_maintenance_window_are_left(ecs: EcsEvaluate) -> None:
    for now in (True, False):
        [group] = ecs({"postgres": {"applyImmediately": now}}).of_type(
            "aws:rds/parameterGroup:ParameterGroup"
        )
        assert group.inputs["skipDestroy"] is not now


def test_the_count_is_the_autoscalers(ecs: EcsEvaluate) -> None:
    plan = ecs({}, {"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}})
    ignored = {each.name: each.ignored for each in plan.of_type("aws:ecs/service:Service")}
    assert ignored == {"agno-web": ("desiredCount",), "agno-scheduler": ()}


def test_only_the_load_balancer_is_open(ecs: EcsEvaluate) -> None:
    rules = ecs().of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    open_ = {each.name for each in rules if "cidrIpv4" in each.inputs}
    assert open_ == {"agno-load-balancer-80-0.0.0.0-0", "agno-load-balancer-443-0.0.0.0-0"}


def test_no_secret_stands_in_the_open(ecs: EcsEvaluate) -> None:
    plan = ecs(
        {}, {"app": {"secrets": {"API_TOKEN": "given"}}, "postgres": {"pooler": {"enabled": True}}},
        given="a given value",
    )  # fmt: skip
    for each in plan.resources:
        text = str({key: value for key, value in each.inputs.items() if not isinstance(value, Secret)})
        assert "placeholder-of-a-secret" not in text, each.name
        assert "a given value" not in text, each.name


def rights(room: str, resource: str, *actions: str) -> set[tuple[str, str, str]]:
    return {(f"agno-ha-prod-{room}-eu-central-1", action, resource) for action in actions}


def secrets_of(room: str, *names: str) -> set[tuple[str, str, str]]:
    arn = "arn:aws:placeholder::111122223333:Secret/agno-"
    return {each for name in names for each in rights(room, f"{arn}{name}", "secretsmanager:GetSecretValue")}


STARTS_TASKS = {
    # awslogs opens a stream for each container and writes to it; ECS resolves the tasks' references.
    *rights("execution", "arn:aws:placeholder::111122223333:LogGroup//ecs/agno-ha-prod-logs:*",
            "logs:CreateLogStream", "logs:PutLogEvents"),
    *secrets_of("execution", *SECRETS),
}  # fmt: skip
PULLS = {
    *rights("execution", "*", "ecr:GetAuthorizationToken"),
    *rights("execution", "arn:aws:ecr:eu-central-1:111122223333:repository/agno-ha/app",
            "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
}  # fmt: skip
SHELL = rights(
    "task", "*", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
)  # fmt: skip
TRUST = {"execution": "ecs-tasks.amazonaws.com", "task": "ecs-tasks.amazonaws.com"}
UNBOUND = {"ecr:GetAuthorizationToken", *(action for _, action, _ in SHELL)}
"""Actions of services that know no resource for them."""


def granted(plan: Plan) -> list[tuple[str, str, str]]:
    """(role, action, resource) of every statement, which has nothing else."""
    found = []
    for each in plan.of_type("aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(each.inputs["policy"])["Statement"]:
            assert statement.keys() == {"Effect", "Action", "Resource"}
            assert statement["Effect"] == "Allow"
            resources = statement["Resource"]
            for resource in [resources] if isinstance(resources, str) else resources:
                found += [(each.inputs["role"], action, resource) for action in statement["Action"]]
    return found


@pytest.mark.parametrize(
    ("settings", "topology", "expected", "trust"),
    [
        ({}, {}, STARTS_TASKS | PULLS, TRUST),
        (
            {"exec": True}, {"postgres": {"pooler": {"enabled": True}}},
            STARTS_TASKS | PULLS | SHELL | secrets_of("proxy", "proxy-login"),
            {**TRUST, "proxy": "rds.amazonaws.com"},
        ),
        ({"image": "registry.example.com/agents:1"}, {}, STARTS_TASKS, TRUST),
    ],
    ids=["prod", "shell and proxy", "image elsewhere"],
)  # fmt: skip
def test_exactly_the_rights_that_something_needs(
    ecs: EcsEvaluate, settings: Any, topology: Any, expected: set[Any], trust: dict[str, str]
) -> None:
    plan = ecs(settings, topology)
    found = granted(plan)
    assert (set(found), len(found)) == (expected, len(expected))
    for _, action, resource in found:
        assert "*" not in action
        # Streams of a log group are below it; each container's has a name of its own.
        assert "*" not in resource.removesuffix(":*") or (resource == "*" and action in UNBOUND)
    roles = {
        each.inputs["name"]: json.loads(each.inputs["assumeRolePolicy"])
        for each in plan.of_type("aws:iam/role:Role")
    }
    assert roles == {
        f"agno-ha-prod-{room}-eu-central-1": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}],
        }
        for room, service in trust.items()
    }
    # No other way to get rights.
    assert not any("managedPolicyArns" in each.inputs for each in plan.of_type("aws:iam/role:Role"))


def containers(plan: Plan, name: str = "agno-web") -> list[dict[str, Any]]:
    [task] = [each for each in plan.of_type("aws:ecs/taskDefinition:TaskDefinition") if each.name == name]
    made: list[dict[str, Any]] = json.loads(task.inputs["containerDefinitions"])
    return made


def test_task_definitions_are_canonical(ecs: EcsEvaluate) -> None:
    """The form in which ECS gives them back: sorted, and with its defaults stated."""
    first, second = (
        containers(ecs({}, {"app": {"environment": env}}))
        for env in ({"B": "1", "A": "2"}, {"A": "2", "B": "1"})
    )
    assert first == second
    assert [each["name"] for each in first] == ["app", "schema", "tmp"]
    for each in first:
        assert {"cpu", "environment", "mountPoints", "portMappings", "systemControls", "volumesFrom"} <= set(
            each
        )
        assert [one["name"] for one in each["environment"]] == sorted(
            one["name"] for one in each["environment"]
        )
        assert each["readonlyRootFilesystem"] is True
        assert each["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
    app, schema, tmp = first
    open_ = containers(ecs({"exec": True}))
    assert [each["readonlyRootFilesystem"] for each in open_] == [False, True, True]
    assert open_[0]["linuxParameters"]["initProcessEnabled"] is True
    assert (app["dependsOn"], schema["dependsOn"]) == (
        [{"containerName": "schema", "condition": "SUCCESS"}], [{"containerName": "tmp", "condition": "SUCCESS"}]
    )  # fmt: skip
    assert [each["essential"] for each in first] == [True, False, False]
    assert (app["user"], schema["user"], tmp["user"]) == ("10001:10001", "10001:10001", "0:0")
    assert app["portMappings"] == [{"containerPort": 8000, "hostPort": 8000, "protocol": "tcp"}]


def test_the_app_is_the_same_as_on_docker(ecs: EcsEvaluate, evaluate: Evaluate) -> None:
    """Environment, pool and drain; only what says where the stores are differs."""
    topology: dict[str, Any] = {
        "app": {"environment": {"LOG": "all"}, "secrets": {"API_TOKEN": "given"}, "workers": 2, "memory": "2GiB",
                "drain": {"delay": "4s", "timeout": "50s", "grace": "119s"}},
        "scaling": {"min": 2, "max": 4},
        "postgres": {"pool": {"size": 4, "overflow": 2, "timeout": "8s", "recycle": "20m"}},
    }  # fmt: skip
    [service] = [
        each for each in evaluate(topology, given="x").of_type("docker:index/service:Service")
        if each.name == "agno-web"
    ]  # fmt: skip
    spec = service.inputs["taskSpec"]["containerSpec"]
    plain = {name: value for name, value in spec["env"].items() if not name.endswith("_FILE")}
    plan = ecs({}, topology, stack="test", given="x")
    app = containers(plan)[0]
    here = {each["name"]: each["value"] for each in app["environment"]}
    where = {"POSTGRES_HOST", "POSTGRES_SSLMODE", "REDIS_HOST", "REDIS_TLS"}
    assert here.pop("KEEP_ALIVE") == "3605"
    assert {name for name in plain if plain[name] != here[name]} == where
    assert set(plain) == set(here)
    files = {name.removesuffix("_FILE") for name in spec["env"] if name.endswith("_FILE")}
    assert {each["name"] for each in app["secrets"]} == files
    assert (spec["stopGracePeriod"], app["stopTimeout"]) == ("1m59s", 119)
    assert app["healthCheck"]["command"] == spec["healthcheck"]["tests"]


def test_a_zone_that_goes_moves_no_other_zones_addresses(ecs: EcsEvaluate) -> None:
    """A subnet with other addresses is another subnet, and would want those that its neighbour still has."""

    def ranges(zones: str) -> dict[str, str]:
        plan = ecs({"network": {"zones": list(zones)}})
        return {each.name: each.inputs["cidrBlock"] for each in plan.of_type("aws:ec2/subnet:Subnet")}

    three = ranges("abc")
    assert len(set(three.values())) == 6
    assert ranges("ac") == {name: cidr for name, cidr in three.items() if not name.endswith("-b")}


LIMITS = {
    "LoadBalancer": 32, "TargetGroup": 32, "Role": 64, "RolePolicy": 128, "ReplicationGroup": 40, "Instance": 63,
    "Proxy": 64, "SubnetGroup": 255, "ParameterGroup": 255, "SecurityGroup": 255, "Cluster": 255,
    "TaskDefinition": 255, "Service": 255, "Policy": 256, "MetricAlarm": 255, "Dashboard": 255, "Topic": 256,
    "LogGroup": 512, "Secret": 512 - 26,
}  # fmt: skip
"""Characters of a name, by AWS's API references; the provider ends a secret's prefix with 26 of its own."""
_NAMES = ("name", "namePrefix", "identifier", "replicationGroupId", "family", "dashboardName")


def test_every_name_is_within_its_limit_however_long_the_stacks_is(ecs: EcsEvaluate) -> None:
    seen = set()
    for stack in ("s" * 100, "prod"):
        plan = ecs(
            {"exec": True},
            {
                "postgres": {"pooler": {"enabled": True}},
                "app": {"scheduler": {"enabled": True, "memory": "1GiB"}},
            },
            stack=stack,
        )
        for each in plan.resources:
            kind = each.type.rpartition(":")[2]
            for name in (
                each.inputs[key] for key in _NAMES if key in each.inputs and each.type.startswith("aws:")
            ):
                assert len(name) <= LIMITS[kind], f"{kind} {name}"
                seen.add(kind)
            tags = each.inputs.get("tags", {})
            assert all(len(key) <= 128 and len(value) <= 256 for key, value in tags.items())
    assert seen == set(LIMITS)


def test_a_deleted_secret_can_be_restored_and_blocks_no_name(ecs: EcsEvaluate) -> None:
    for environment, days in (("prod", 30), ("dev", 0)):
        secrets = ecs(environment=environment).of_type("aws:secretsmanager/secret:Secret")
        assert {each.inputs["recoveryWindowInDays"] for each in secrets} == {days}
        assert not [each for each in secrets if "name" in each.inputs]
        assert {each.inputs["namePrefix"] for each in secrets} == {
            f"agno-ha-prod-{name}-" for name in SECRETS
        }
