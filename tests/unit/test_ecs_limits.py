"""What ECS refuses, with its exact message; names within AWS's limits; the check after a roll."""
# ruff: noqa: E501 (the messages as they are shown)

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
import yaml
from agno_ha import certificate
from agno_ha.configuration import ConfigurationError, deep_merge
from agno_ha.service import AgnoService
from agno_ha.stack import read
from agno_ha.targets.ecs import (
    fargate,
    names,
    passwords,
    postgres,
    problems,
    redis,
    roles,
    sizes,
    steady,
    stores,
)
from agno_ha.targets.ecs.ignored import unsupported
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology
from agno_ha.topology.units import GiB, MiB, TiB
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
PROD: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
ECS, T = "agno-ha:ecs", "topology"


def told(settings: dict[str, Any], topology: dict[str, Any], tmp_path: Path) -> list[str]:
    """Every problem of the prod stack with these changes; `None` in a list of keys removes one."""
    (tmp_path / "topology.yaml").write_text((ROOT / "topology.yaml").read_text())
    values = {
        "target": "ecs", "environment": "prod",
        "ecs": deep_merge(PROD["agno-ha:ecs"], settings), "topology": deep_merge(PROD["agno-ha:topology"], topology),
    }  # fmt: skip
    try:
        read(tmp_path / "topology.yaml", values, source="Pulumi.prod.yaml")
    except ConfigurationError as error:
        return str(error).splitlines()
    return []


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "fargate size": (
        {}, {"app": {"memory": "512MiB"}},
        "topology.app.memory = 512MiB: Fargate has no size with 1 core and it. The nearest is 1 and 2GiB: set app.cpu and app.memory to it.",
    ),
    "no fargate size": (
        {}, {"app": {"cpu": 20}},
        "topology.app.memory = 2GiB: Fargate has no size with 20 cores and it. The largest is 16 and 120GiB: lower app.cpu and app.memory.",
    ),
    "scheduler's size": (
        {}, {"app": {"scheduler": {"enabled": True}}},
        "topology.app.scheduler.memory = 512MiB (default): Fargate has no size with 0.5 cores and it. The nearest is 0.5 and 1GiB: set app.scheduler.cpu and app.scheduler.memory to it.",
    ),
    "stop": (
        {}, {"app": {"drain": {"timeout": "90s", "grace": "180s"}}},
        "topology.app.drain.grace = 3m: Fargate kills a task 120s after SIGTERM. Lower app.drain.timeout to 30s and app.drain.grace to 120s.",
    ),
    "health": (
        {}, {"app": {"health": {"interval": "2s"}}},
        "topology.app.health.interval = 2s: ECS and its load balancer check every 5s to 5m. Raise it to 5s.",
    ),
    "health's wait": (
        {}, {"app": {"health": {"timeout": "1s"}}},
        "topology.app.health.timeout = 1s: a health check of ECS waits 2s to 60s. Raise it to 2s.",
    ),
    "start": (
        {}, {"app": {"health": {"startPeriod": "6m"}}},
        "topology.app.health.startPeriod = 6m: ECS ignores failures for at most 5m. Lower it to 5m.",
    ),
    "retries": (
        {}, {"app": {"health": {"retries": 1}}},
        "topology.app.health.retries = 1: the load balancer counts 2 to 10 failures. Raise it to 2.",
    ),
    "idle timeout": (
        {}, {"loadBalancer": {"idleTimeout": "2h"}},
        "topology.loadBalancer.idleTimeout = 2h: an Application Load Balancer waits at most 4000s. Lower it to 4000s.",
    ),
    "backups": (
        {}, {"postgres": {"backups": {"retention": "90d"}}},
        "topology.postgres.backups.retention = 90d: RDS keeps backups for at most 35d. Lower it to 35d.",
    ),
    "image": (
        {"image": None}, {},
        "agno-ha:ecs.image: is required: the default image is built here, and Fargate pulls from a registry. Push it (docs/ecs.md says how) and name it here, or name another in topology.app.image.",
    ),
    "no certificate": (
        {"loadBalancer": {"certificateArn": None}}, {},
        "agno-ha:ecs.loadBalancer.certificateArn: is required: without it API keys and conversations cross the network in the open. Give a certificate of ACM, or set topology.loadBalancer.tls.mode, or ask for plainHttp by name.",
    ),
    "two certificates": (
        {}, {"loadBalancer": {"tls": {"mode": "generated"}}},
        "agno-ha:ecs.loadBalancer.certificateArn: given together with topology.loadBalancer.tls.mode = generated. Keep one of them.",
    ),
    "certificate elsewhere": (
        {"region": "eu-west-1"}, {},
        "agno-ha:ecs.loadBalancer.certificateArn: in eu-central-1, and a load balancer takes certificates of its own region eu-west-1 only. Request or import the certificate in eu-west-1.",
    ),
    "single zone": (
        {"network": {"zones": ["a"]}}, {},
        "agno-ha:ecs.network.zones: 1 of them: where it fails, everything does. Name two or three, such as [a, b].",
    ),
    "four zones": (
        {"network": {"zones": ["a", "b", "c", "d"]}}, {},
        "agno-ha:ecs.network.zones: 4 of them: the address plan has three. Name two or three, such as [a, b].",
    ),
    "large network": (
        {"network": {"cidr": "10.20.0.0/15"}}, {},
        'agno-ha:ecs.network.cidr = "10.20.0.0/15": not between /16 and /22. Choose a range like 10.20.0.0/16.',
    ),
    "small network": (
        {"network": {"cidr": "10.20.0.0/23"}}, {},
        'agno-ha:ecs.network.cidr = "10.20.0.0/23": not between /16 and /22. Choose a range like 10.20.0.0/16.',
    ),
    "private subnets without their VPC": (
        {"network": {"privateSubnetIds": ["subnet-00000001", "subnet-00000002"]}}, {},
        "agno-ha:ecs.network.privateSubnetIds: given without agno-ha:ecs.network.vpcId. Give the VPC's id, or remove it.",
    ),
    "public subnets without their VPC": (
        {"network": {"publicSubnetIds": ["subnet-00000001", "subnet-00000002"]}}, {},
        "agno-ha:ecs.network.publicSubnetIds: given without agno-ha:ecs.network.vpcId. Give the VPC's id, or remove it.",
    ),
    "zone twice": (
        {"network": {"zones": ["a", "a"]}}, {},
        "agno-ha:ecs.network.zones: names a zone twice. Name two or three different ones.",
    ),
    "single subnet": (
        {"network": {"vpcId": "vpc-0123abcd", "privateSubnetIds": ["subnet-00000001"],
                     "publicSubnetIds": ["subnet-00000002", "subnet-00000003"]}}, {},
        "agno-ha:ecs.network.privateSubnetIds: 1 of them: a single zone is no high availability. Name two or three.",
    ),
    "single public subnet": (
        {"network": {"vpcId": "vpc-0123abcd", "privateSubnetIds": ["subnet-00000001", "subnet-00000002"]}}, {},
        "agno-ha:ecs.network.publicSubnetIds: 0 of them: a single zone is no high availability. Name two or three.",
    ),
    "memory of the class": (
        {"postgres": {"instanceClass": "db.t4g.medium"}}, {},
        "agno-ha:ecs.postgres.instanceClass = db.t4g.medium: has 4GiB, less than postgres.memory = 8GiB. Choose db.t4g.large or a larger one, or lower postgres.memory.",
    ),
    "connections of the class": (
        {"postgres": {"instanceClass": "db.t4g.small"}},
        {"postgres": {"maxConnections": 300, "memory": "2GiB", "sharedBuffers": "256MiB", "effectiveCacheSize": "1GiB"}},
        "agno-ha:ecs.postgres.instanceClass = db.t4g.small: holds 225 connections, fewer than postgres.maxConnections = 300. Choose db.t4g.medium or a larger one, or lower postgres.maxConnections to 225.",
    ),
    "no class fits": (
        {"postgres": {"instanceClass": None}}, {"postgres": {"memory": "64GiB"}},
        "agno-ha:ecs.postgres.instanceClass: postgres.cpu, memory and maxConnections = 200 fit into no db.t4g class. Name a larger one, such as db.r7g.2xlarge.",
    ),
    "no node type fits": (
        {"redis": {"nodeType": None}}, {},
        "agno-ha:ecs.redis.nodeType: redis.memory = 6GiB fits into no cache.t4g type. Name a larger one, such as cache.r7g.large.",
    ),
    "no node type": (
        {"redis": {"nodeType": "m7g.large"}}, {},
        "agno-ha:ecs.redis.nodeType = m7g.large: is no node type of ElastiCache. Name one like cache.m7g.large.",
    ),
    "no class": (
        {"postgres": {"instanceClass": "m7g.large"}}, {},
        "agno-ha:ecs.postgres.instanceClass = m7g.large: is no class of RDS. Name one like db.m7g.large.",
    ),
    "storage": (
        {}, {"postgres": {"storage": "10GiB"}},
        "topology.postgres.storage = 10GiB: a volume of RDS has at least 20GiB. Raise postgres.storage to 20GiB.",
    ),
    "room to grow": (
        {"postgres": {"maxStorage": "105GiB"}}, {"postgres": {"storage": "100GiB"}},
        "agno-ha:ecs.postgres.maxStorage = 105GiB: less than a tenth above postgres.storage = 100GiB. Raise it, or remove it.",
    ),
    "authority": (
        {"region": "us-gov-west-1", "loadBalancer": {"certificateArn": "arn:aws-us-gov:acm:us-gov-west-1:111122223333:certificate/a"}}, {},
        "agno-ha:ecs.postgres.sslMode = verify-full: the image carries no authority of RDS in us-gov-west-1. Set require, or name a bundle of your image in app.environment as PGSSLROOTCERT.",
    ),
    "window": (
        {"postgres": {"backupWindow": "23:50-00:10"}}, {},
        'agno-ha:ecs.postgres.backupWindow = "23:50-00:10": shorter than the half hour that RDS wants. End it later.',
    ),
    "window of a minute too few": (
        {"postgres": {"backupWindow": "02:00-02:29"}}, {},
        'agno-ha:ecs.postgres.backupWindow = "02:00-02:29": shorter than the half hour that RDS wants. End it later.',
    ),
    "time of the day": (
        {"postgres": {"backupWindow": "24:00-25:00"}}, {},
        'agno-ha:ecs.postgres.backupWindow = "24:00-25:00": must be two times of the day in UTC. Write it like 02:00-03:00, in quotes.',
    ),
    "topic": (
        {"alarms": {"topicArn": "arn:aws:sns:us-east-1:111122223333:ops"}}, {},
        "agno-ha:ecs.alarms.topicArn = arn:aws:sns:us-east-1:111122223333:ops: in us-east-1, and an alarm tells topics of its own region eu-central-1 only. Name or make a topic in eu-central-1.",
    ),
    "subscriber of another's topic": (
        {"alarms": {"topicArn": "arn:aws:sns:eu-central-1:111122223333:ops", "email": "ops@example.com"}}, {},
        "agno-ha:ecs.alarms.email = ops@example.com: given together with agno-ha:ecs.alarms.topicArn. Subscribe it there.",
    ),
    "nobody": (
        {"loadBalancer": {"allowFrom": []}}, {},
        "agno-ha:ecs.loadBalancer.allowFrom: empty, so that nobody can connect. Name a range, or leave it out.",
    ),
    "no list": (
        {"loadBalancer": {"allowFrom": "10.0.0.0/8"}}, {},
        'agno-ha:ecs.loadBalancer.allowFrom = "10.0.0.0/8": must be a list. Write one a line, each after a dash.',
    ),
    "a zone's name": (
        {"network": {"zones": ["a", "eu-central-1b"]}}, {},
        "agno-ha:ecs.network.zones.1: must be a zone's letter. Write a, b or c, one a line.",
    ),
    "a tag of AWS's": (
        {"tags": {"aws:team": "agents"}}, {},
        "agno-ha:ecs.tags: must have names of tags. Use up to 128 letters, digits and .:/=+-@_, not begun by aws:.",
    ),
    "tags": (
        {"tags": {f"tag{number}": "x" for number in range(49)}}, {},
        "agno-ha:ecs.tags: 49 of them: AWS takes 50, and two are ours. Name at most 48.",
    ),
    "one port": (
        {}, {"loadBalancer": {"httpPort": 443}},
        "topology.loadBalancer.httpsPort = 443 (default): the same as loadBalancer.httpPort, which redirects to it. Choose another port.",
    ),
    "range": (
        {"loadBalancer": {"allowFrom": ["10.0.0.0/8", "10.0.0.0/8"]}}, {},
        "agno-ha:ecs.loadBalancer.allowFrom: names a range twice. Name each once.",
    ),
    "user": (
        {}, {"postgres": {"user": "admin"}},
        "topology.postgres.user = admin: RDS takes names that begin with a letter, and for the user no reserved word. Choose another, such as agno.",
    ),
    "database": (
        {}, {"postgres": {"database": "_agno"}},
        "topology.postgres.database = _agno: RDS takes names that begin with a letter, and for the user no reserved word. Choose another, such as agno.",
    ),
    "proxy of another's server": (
        {}, {"postgres": {"mode": "external", "password": "given", "external": {"host": "db.example.com"},
                          "pooler": {"enabled": True, "poolSize": 90}}},
        "topology.postgres.pooler.enabled = true: RDS Proxy stands in front of RDS only, and postgres.mode = external. Disable it, or pool where that server runs.",
    ),
    "proxy mode": (
        {}, {"postgres": {"pooler": {"enabled": True, "mode": "session", "poolSize": 95}}, "scaling": {"max": 4}},
        "topology.postgres.pooler.mode = session: RDS Proxy pools by transaction. Set postgres.pooler.mode to transaction.",
    ),
    "proxy's wait": (
        {}, {"postgres": {"pooler": {"enabled": True, "poolSize": 90}, "pool": {"timeout": "6m"}}},
        "topology.postgres.pool.timeout = 6m: RDS Proxy lets a client wait for a connection at most 5m. Lower it to 5m.",
    ),
    "old protocols": (
        {"loadBalancer": {"sslPolicy": "ELBSecurityPolicy-TLS13-1-0-2021-06"}}, {},
        "agno-ha:ecs.loadBalancer.sslPolicy = ELBSecurityPolicy-TLS13-1-0-2021-06: must be a policy of TLS 1.2 or newer. Name one of AWS's that begins with ELBSecurityPolicy-TLS13-1-2 or -1-3.",
    ),
    "bits of hosts": (
        {"network": {"cidr": "10.20.0.1/16"}}, {},
        'agno-ha:ecs.network.cidr = "10.20.0.1/16": must be a range of IPv4 addresses. Write it like 10.20.0.0/16.',
    ),
    "range, written in two ways": (
        {"loadBalancer": {"allowFrom": ["10.0.0.0/8", "10.0.0.0/255.0.0.0"]}}, {},
        "agno-ha:ecs.loadBalancer.allowFrom: names a range twice. Name each once.",
    ),
    "redis version": (
        {}, {"redis": {"version": 8}},
        "topology.redis.version = 8: ElastiCache has redis 6 and 7. Choose one of them, or set agno-ha:ecs.redis.engine to valkey.",
    ),
    "node type": (
        {"redis": {"nodeType": "cache.t4g.small"}}, {},
        "agno-ha:ecs.redis.nodeType = cache.t4g.small: holds 1471026299B, less than redis.memory = 6GiB. Choose a larger one, or lower redis.memory.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_message(name: str, tmp_path: Path) -> None:
    settings, topology, message = BAD[name]
    problems_ = told(settings, topology, tmp_path)
    assert message in [each.partition(": ")[2] for each in problems_]
    assert {each.partition(": ")[0] for each in problems_} <= {"Pulumi.prod.yaml", "topology.yaml"}


@pytest.mark.parametrize(
    "room", ["fargate", "ignored", "names", "postgres", "proxy", "roles", "sizes", "steady"]
)
def test_examples_in_the_code(room: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"agno_ha.targets.ecs.{room}"))
    assert (tried.failed, tried.attempted > 0) == (0, True)


def test_the_prod_stack_has_no_problem(tmp_path: Path) -> None:
    assert told({}, {}, tmp_path) == []


GOV = {
    "region": "us-gov-west-1",
    "loadBalancer": {"certificateArn": "arn:aws-us-gov:acm:us-gov-west-1:111122223333:certificate/a"},
}
GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "without a proxy an instance may wait longer": ({}, {"postgres": {"pool": {"timeout": "6m"}}}),
    "window over midnight": ({"postgres": {"backupWindow": "23:45-00:15"}}, {}),
    "window of half an hour": ({"postgres": {"backupWindow": "02:00-02:30"}}, {}),
    "largest network": ({"network": {"cidr": "10.0.0.0/16"}}, {}),
    "smallest network": ({"network": {"cidr": "10.0.0.0/22"}}, {}),
    "two zones": ({"network": {"zones": ["b", "c"]}}, {}),
    # Its certificate is by a public authority.
    "a proxy where the image has no authority of RDS": (
        GOV, {"postgres": {"pooler": {"enabled": True, "poolSize": 90}}},
    ),
    "authorities of one's own": (GOV, {"app": {"environment": {"PGSSLROOTCERT": "/etc/rds.pem"}}}),
    "authorities of one's own, as a secret": (GOV, {"app": {"secrets": {"PGSSLROOTCERT": "bundle"}}}),
    "no authority asked": ({**GOV, "postgres": {"sslMode": "require"}}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_is_taken(name: str, tmp_path: Path) -> None:
    assert told(*GOOD[name], tmp_path) == []


def test_a_range_is_told_to_aws_as_it_writes_it() -> None:
    given = {"allowFrom": ["203.0.113.7", "10.0.0.0/255.0.0.0", "192.0.2.0/24"]}
    settings = EcsSettings.model_validate({"region": "eu-central-1", "loadBalancer": given})
    assert settings.load_balancer.allow_from == ["203.0.113.7/32", "10.0.0.0/8", "192.0.2.0/24"]


@pytest.mark.parametrize("policy", ["1-2-Ext2-2021-06", "1-3-2021-06", "1-2-Res-FIPS-2023-04"])
def test_newer_protocols_are_taken(policy: str, tmp_path: Path) -> None:
    assert told({"loadBalancer": {"sslPolicy": f"ELBSecurityPolicy-TLS13-{policy}"}}, {}, tmp_path) == []


def test_an_internal_load_balancer_needs_no_public_subnets(tmp_path: Path) -> None:
    network = {"vpcId": "vpc-0123abcd", "privateSubnetIds": ["subnet-00000001", "subnet-00000002"]}
    assert told({"network": network, "loadBalancer": {"internal": True}}, {}, tmp_path) == []


def test_the_plain_topology_says_all_that_fargate_needs() -> None:
    settings = EcsSettings.model_validate({"region": "eu-central-1"})
    paths = {problem.path for problem in problems(Topology(), settings)}
    assert paths == {
        *("topology.app.memory", "topology.app.drain.grace", "topology.postgres.storage"),
        *("agno-ha:ecs.image", "agno-ha:ecs.loadBalancer.certificateArn"),
    }


def test_the_region_is_required() -> None:
    with pytest.raises(ConfigurationError, match=r"agno-ha:ecs.region: is required. Add it."):
        AgnoService("agno", Topology(), target="ecs")


@given(st.floats(0.05, 40), st.integers(64 * MiB, 200 * GiB))
def test_the_nearest_fargate_size_holds_both(cpu: float, memory: int) -> None:
    near = fargate.nearest(cpu, memory)
    if near is None:
        assert cpu > 16 or memory > 120 * GiB
    else:
        assert near[0] >= cpu
        assert near[1] >= memory
        assert fargate.fits(*near)


@given(st.one_of(st.text(max_size=300), st.sampled_from(["internal", "Internal-agents", "sg", "sg--x"])), st.sampled_from(["web", "alarm-replication-lag-2", "lb"]),
       st.sampled_from([32, 40, 63, 64, 255]))  # fmt: skip
def test_names_are_within_limits(namespace: str, room: str, limit: int) -> None:
    name = names.fit(namespace, room, limit)
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    assert len(name) <= limit
    assert name.endswith(room)
    assert not name.startswith(("internal-", "sg-"))


def test_long_names_stay_two() -> None:
    one, other = (names.fit(f"agno-ha-{'x' * 60}-{end}", "web", 32) for end in ("a", "b"))
    assert one != other
    assert names.fit("a_b", "web", 32) != names.fit("a-b", "web", 32)
    assert names.fit("a", "web", 32, 8000) != names.fit("a", "web", 32, 9000)


@pytest.mark.parametrize(
    ("host", "arn"),
    [
        ("dkr.ecr.eu-central-1.amazonaws.com", "aws:ecr:eu-central-1"),
        ("dkr.ecr.cn-north-1.amazonaws.com.cn", "aws-cn:ecr:cn-north-1"),
        ("dkr.ecr-fips.us-gov-west-1.amazonaws.com", "aws-us-gov:ecr:us-gov-west-1"),
        ("dkr-ecr.eu-central-1.on.aws", "aws:ecr:eu-central-1"),
        ("dkr-ecr-fips.us-east-1.on.aws", "aws:ecr:us-east-1"),
        ("dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "aws-cn:ecr:cn-northwest-1"),
    ],
)
def test_ecr_is_known_under_all_its_names(host: str, arn: str) -> None:
    image = f"123456789012.{host}/team/agents:1"
    assert roles.repository(image) == f"arn:{arn}:123456789012:repository/team/agents"


@pytest.mark.parametrize("image", ["registry.example.com/agents:1", "public.ecr.aws/team/agents:1"])
def test_elsewhere_is_not_ecr(image: str) -> None:
    assert roles.repository(image) is None


def test_a_certificate_of_a_long_name_has_it_all_beside_the_common_one() -> None:
    host = ".".join(["a" * 30, "b" * 30, "example.com"])
    made = x509.load_pem_x509_certificate(certificate.generate("seed", host).certificate.encode())
    [common] = made.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names_ = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert common.value == host[:64]
    assert names_.get_values_for_type(x509.DNSName) == [host, "localhost"]


@given(st.integers(MiB, 4 * GiB))
def test_what_is_reserved_leaves_maxmemory_and_no_more_than_a_percent_else(maxmemory: int) -> None:
    settings = EcsSettings.model_validate(
        {"region": "eu-central-1", "redis": {"nodeType": "cache.m7g.large"}}
    )
    topology = Topology.model_validate({"redis": {"maxmemory": maxmemory, "memory": 6 * GiB}})
    left = (
        sizes.NODE_TYPES["cache.m7g.large"]
        * (100 - stores.reserved_memory_percent(topology, settings))
        // 100
    )
    assert left <= maxmemory <= left + sizes.NODE_TYPES["cache.m7g.large"] // 100 + 1


ASKED = "arn:aws:ecs:eu-central-1:111122223333:task-definition/agno-web:8"


def service(
    *, running: str = ASKED, desired: int = 3, tasks: int = 3, starting: int = 0, said: str = ""
) -> Any:
    """What ECS says of it, as the SDK gives it."""
    primary = SimpleNamespace(status="PRIMARY", running_count=tasks, pending_count=starting)
    drains = SimpleNamespace(status="ACTIVE", running_count=3, pending_count=0)
    return SimpleNamespace(
        service_name="agno-web", cluster_arn="arn:aws:ecs:eu-central-1:111122223333:cluster/agno-cluster",
        task_definition=running, desired_count=desired, deployments=[drains, primary],
        events=[SimpleNamespace(message=message) for message in said.split("; ") if message],
    )  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [service(), service(tasks=1), service(tasks=0, starting=1), service(desired=0, tasks=0)],
    ids=["all run", "some run", "one starts", "none is wanted"],
)
def test_a_service_that_runs_what_was_asked_for(found: Any) -> None:
    assert steady.verdict(ASKED, found) == ASKED


def test_a_rolled_back_service_is_no_success() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        steady.verdict(ASKED, service(running=ASKED[:-1] + "7", said="rolled back to 7.; 2; 3; 4"))
    assert str(caught.value) == (
        "Service agno-web runs agno-web:7, not agno-web:8: the deployment was rolled back. rolled back to 7; 2; 3. "
        "To try it again: agno-ha up, or pulumi up --refresh."
    )


def test_a_first_deployment_that_failed_is_no_success() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        steady.verdict(ASKED, service(tasks=0))
    assert str(caught.value) == (
        "Service agno-web runs no task of agno-web:8 and starts none: its deployment failed, and there is none before it "
        "to go back to. ECS gives no reason. Bring another image up; or try this one again, and then up: aws ecs "
        "update-service --cluster agno-cluster --service agno-web --force-new-deployment"
    )


def test_what_has_no_effect_is_said() -> None:
    given: dict[str, Any] = {
        "loadBalancer": {"bodyLimit": "40MiB", "replicas": 2},
        "redis": {"storage": "6GiB", "persistence": {"fsync": "always"}, "stopGrace": "30s", "cpu": 2},
        "postgres": {"pooler": {"maxClientConnections": 600, "cpu": 2, "memory": "1GiB"}},
    }
    network = {
        "vpcId": "vpc-0123abcd",
        "privateSubnetIds": ["subnet-00000001", "subnet-00000002"],
        "nat": "perZone",
    }
    existing = {"region": "eu-central-1", "network": network, "loadBalancer": {"internal": True}}
    said = " ".join(unsupported(Topology.model_validate(given), EcsSettings.model_validate(existing)))
    assert "agno-ha:ecs.network.nat has no effect" in said
    assert "network.zones" not in said
    for setting in (
        "loadBalancer.bodyLimit",
        "loadBalancer.replicas",
        "redis.storage",
        "redis.persistence",
        "redis.stopGrace",
        "redis.cpu",
    ):
        assert f"topology.{setting} has no effect" in said
    assert "pooler" not in said  # there is none
    given["postgres"]["pooler"]["enabled"] = True
    said = " ".join(unsupported(Topology.model_validate(given), EcsSettings.model_validate(existing)))
    assert "topology.postgres.pooler.maxClientConnections only bounds the budget" in said
    for setting in ("postgres.pooler.cpu", "postgres.pooler.memory"):
        assert f"topology.{setting} has no effect" in said
    assert list(unsupported(Topology(), EcsSettings(region="eu-central-1"))) == []


def test_a_password_that_aws_refuses_is_told_without_being_shown() -> None:
    check = passwords.usable("postgres.password", 8, 128, "-_!")
    assert check("Long-enough_1!") == "Long-enough_1!"
    for password in ("short", "hunter2/with", "hunter2 with a space", "hunter2é-é-é"):
        with pytest.raises(
            pulumi.RunError, match=r"topology.postgres.password: AWS takes 8 to 128"
        ) as caught:
            check(password)
        assert "hunter2" not in str(caught.value)


def test_redis_takes_fewer_letters_than_postgres() -> None:
    """ElastiCache allows !&#$^<>- (its guide to AUTH), RDS all but /@"' (MasterUserPassword)."""
    given = "abc.def_ghi+jkl=%"
    assert passwords.usable("postgres.password", 8, 128, postgres._SPECIAL)(given) == given
    check = passwords.usable("redis.password", 16, 128, redis._SPECIAL)
    assert check("abc-def!ghi#jkl<>") == "abc-def!ghi#jkl<>"
    with pytest.raises(pulumi.RunError, match=re.escape("letters, digits and !&#$^<>- there")):
        check(given)


def test_the_regions_are_those_of_the_authorities_in_the_image() -> None:
    lines = (ROOT / "image" / "amazon-rds.crt").read_text().splitlines()
    named = {line.split()[3] for line in lines if line.startswith("# ")}
    assert named == stores.AUTHORITIES


def test_the_largest_volume_does_not_grow() -> None:
    def most(storage: str, **settings: str) -> float:
        topology = Topology.model_validate({"postgres": {"storage": storage}})
        return stores.max_storage(
            topology, EcsSettings.model_validate({"region": "eu-central-1", "postgres": settings})
        )

    assert most("100GiB") == 1000 * GiB
    assert most("100GiB", maxStorage="110GiB") == 110 * GiB
    assert most("10TiB") == 64 * TiB
    assert most("60TiB") == 0


def test_no_other_target_pays_for_the_aws_sdk() -> None:
    program = (
        "import sys; from agno_ha import service, stack, targets; targets.choose('docker');"
        "raise SystemExit('pulumi_aws' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
