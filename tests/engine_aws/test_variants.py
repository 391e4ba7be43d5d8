"""Another stack, after the tier's own is gone: in an existing VPC, on external stores, plain HTTP, of a fixed size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aws.vpc import existing
from harness.settings import not_refused

from .account import IMAGE, REGION, Account, failed
from .settings import BOUNDS, CREATE, DELETE, ELSEWHERE, REPLACE, UPDATE, alarms, every

EXTERNAL = {
    name: {"mode": "external", "password": "given", "external": {"host": f"{name}.example.com"}}
    for name in ("postgres", "redis")
}
SECURE = {
    **every(CREATE, "Listener", "https"), **every(UPDATE, "Listener", "http"),
    **every(REPLACE, "ListenerRule", "metrics"),
    **every(CREATE, "SecurityGroupIngressRule", "load-balancer-443-0.0.0.0-0"),
}  # fmt: skip
SCALED = {**BOUNDS, **every(CREATE, "Policy", "scaling-cpu", "scaling-memory", "scaling-requests"),
          **alarms("ceiling", operation=CREATE)}  # fmt: skip


@pytest.fixture(scope="module")
def variant(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Account:
    made = Account(tmp_path_factory.mktemp("variant"), endpoint)
    made.keep("given", "a given password")
    topology = made.settings["config"]["agno-ha:topology"]
    made.settings["config"]["agno-ha:topology"] = {
        **topology,
        **EXTERNAL,
        "scaling": {**topology["scaling"], "min": 4, "max": 4},
    }
    certificate = made.settings["config"]["agno-ha:ecs"]["loadBalancer"].pop("certificateArn")
    made.certificate = certificate
    made.change({"ecs": {
        "network": {"nat": "one", **existing(made.client("ec2"), REGION)},
        # Internal, so that `agno-ha up` asks nobody: none answers for moto's load balancer.
        "loadBalancer": {"plainHttp": True, "internal": True},
    }})  # fmt: skip
    configured = made.pulumi.root / "policies" / "prod.yaml"
    configured.parent.mkdir()
    configured.write_text("LB: advisory\n")
    return made


def test_it_is_made_without_what_is_there_already(variant: Account) -> None:
    touched = variant.preview({})
    assert set(touched.values()) == {"create"}
    kinds = {name.partition(" ")[2] for name in touched}
    assert not kinds & {
        f"({name})" for name in ("Vpc", "Subnet", "NatGateway", "Instance", "ReplicationGroup", "Policy")
    }


def test_a_first_deployment_that_fails_is_no_success_of_the_next_up_either(variant: Account) -> None:
    """There is nothing that ECS could go back to: it has what was asked for, and starts no task of it."""
    variant.change({"ecs": {"image": IMAGE.replace(":0.1.0", ":bad")}})
    assert "waiting for ECS Service" in failed(variant.pulumi.run, "up", "--yes", "--skip-preview")
    said = failed(variant.pulumi.run, "up", "--yes", "--skip-preview")
    assert "Service agno-ha-prod-web runs no task of agno-ha-prod-web:1 and starts none" in said
    assert "--cluster agno-ha-prod-cluster --service agno-ha-prod-web --force-new-deployment" in said
    variant.change({"ecs": {"image": IMAGE}})


def test_with_another_image_it_is_brought_up(variant: Account) -> None:
    """By `agno-ha up`, which says what is left to do."""
    done = variant.pulumi.agno_ha("up", "--yes")
    own = variant.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    assert f"DNS      point agents.example.com at {own}, by a CNAME or an alias" in done.stdout
    assert "URL      http://agents.example.com\n" in done.stdout
    assert "Not asked: from this machine" in " ".join(done.stderr.split())
    key = json.loads(variant.pulumi.run("stack", "output", "--json", "--show-secrets").stdout)["securityKey"]
    assert variant.workspace.security_key_file.read_text() == key
    variant.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    variant.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    outputs = json.loads(variant.pulumi.run("stack", "output", "--json").stdout)
    assert (outputs["url"], outputs["loadBalancer"]) == ("http://agents.example.com", own)
    definition = variant.client("ecs").describe_task_definition(
        taskDefinition=variant.service()["taskDefinition"]
    )
    app, *_ = definition["taskDefinition"]["containerDefinitions"]
    hosts = {each["name"]: each["value"] for each in app["environment"] if each["name"].endswith("_HOST")}
    assert hosts == {"POSTGRES_HOST": "postgres.example.com", "REDIS_HOST": "redis.example.com"}
    assert variant.service()["desiredCount"] == 4


def test_another_vpc_is_refused_in_the_preview(variant: Account) -> None:
    """Also where no store of ours is in it, which could not go there either."""
    assert not not_refused(variant, {"another VPC": ELSEWHERE})


def test_https_comes_and_goes(variant: Account) -> None:
    plain = {"ecs": {"loadBalancer": {"plainHttp": True, "certificateArn": None}}}
    secure = {"ecs": {"loadBalancer": {"plainHttp": False, "certificateArn": variant.certificate}}}
    assert variant.preview(secure) == SECURE
    variant.change(secure)
    variant.pulumi.run("up", "--yes", "--skip-preview")
    variant.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    back = {name: DELETE if operation == CREATE else operation for name, operation in SECURE.items()}
    assert variant.preview(plain) == back
    variant.change(plain)
    variant.pulumi.run("up", "--yes", "--skip-preview")
    [listener] = variant.client("elbv2").describe_listeners(
        LoadBalancerArn=variant.client("elbv2").describe_load_balancers()["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
    )["Listeners"]
    assert (listener["Protocol"], listener["DefaultActions"][0]["Type"]) == ("HTTP", "forward")


def test_a_fixed_size_becomes_a_range(variant: Account) -> None:
    assert variant.preview({"scaling": {"min": 2, "max": 6}}) == SCALED
    variant.change({"scaling": {"min": 2, "max": 6}})
    variant.pulumi.run("up", "--yes", "--skip-preview")
    assert variant.service()["desiredCount"] == 4  # the autoscaler's, who now has room
    variant.pulumi.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_it_leaves_what_was_there(variant: Account, tmp_path: Path) -> None:
    variant.change({"environment": "dev"})
    variant.pulumi.run("up", "--yes", "--skip-preview")
    variant.pulumi.run("destroy", "--yes", "--skip-preview")
    assert variant.left() == {}
    assert (
        len(
            variant.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.1.0.0/16"]}])["Vpcs"]
        )
        == 1
    )
