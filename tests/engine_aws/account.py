"""The repository's prod stack in a project of its own, and the account on loopback that it is deployed to."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import boto3
import yaml
from harness.project import ROOT, Project

PROD: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
REGION: str = PROD["config"]["agno-ha:ecs"]["region"]
IMAGE: str = PROD["config"]["agno-ha:ecs"]["image"]
_PROVIDER = {"name": "aws", "path": str(ROOT / "tests" / "engine_aws" / "provider")}


def failed(run: Callable[..., CompletedProcess[str]], *command: str) -> str:
    """Return what a command says that must fail, on one line."""
    said = run(*command, code=None)
    assert said.returncode != 0
    return " ".join((said.stdout + said.stderr).split())


class Account(Project):
    """A stack, its project directory and the AWS account that it lives in."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        urllib.request.urlopen(
            urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=30
        )
        self._session = boto3.Session("moto", "moto", region_name=REGION)
        self._endpoint = endpoint
        super().__init__(
            directory, "prod", "ecs", program={"plugins": {"providers": [_PROVIDER]}},
            AWS_ENDPOINT_URL=endpoint, MOTO_FORGETS=str(directory / "forgotten.json"),
        )  # fmt: skip
        arn = self.client("acm").request_certificate(DomainName="agents.example.com")["CertificateArn"]
        self.change({"ecs": {"loadBalancer": {"certificateArn": arn}}})

    def keep(self, name: str, value: str) -> None:
        """Keep a top-level secret in the stack file, as a user does."""
        self.pulumi.run("config", "set", "--secret", f"agno-ha:{name}", value)
        self.settings = yaml.safe_load(self._path.read_text())

    def client(self, service: str) -> Any:
        """Return boto3's client: what the console, the autoscaler and everybody else do."""
        return self._session.client(service, endpoint_url=self._endpoint)

    def service(self) -> dict[str, Any]:
        """Return the web service as ECS has it."""
        found = self.client("ecs").describe_services(
            cluster="agno-ha-prod-cluster", services=["agno-ha-prod-web"]
        )
        [service] = found["services"]
        return dict(service)

    def image(self) -> str:
        """Return the image that the web service runs."""
        found = self.client("ecs").describe_task_definition(taskDefinition=self.service()["taskDefinition"])
        return str(found["taskDefinition"]["containerDefinitions"][0]["image"])

    def database(self) -> dict[str, Any]:
        """Return the database as RDS has it, but for the clock."""
        [found] = self.client("rds").describe_db_instances()["DBInstances"]
        return {name: value for name, value in found.items() if name != "LatestRestorableTime"}

    def left(self) -> dict[str, int]:
        """Return how much of each kind the account has; empty where nothing is left."""
        return {kind: count for kind, count in self._counted() if count}

    def _counted(self) -> Iterator[tuple[str, int]]:
        ours = [{"Name": "tag:agno-ha:stack", "Values": ["agno-ha-prod"]}]
        for service, kind, operation, arguments in _LISTS:
            found = getattr(self.client(service), operation)(**(arguments or {}))
            yield kind, len(found[kind])
        for kind in ("Vpcs", "Subnets", "RouteTables", "SecurityGroups", "InternetGateways"):
            operation = "describe_" + "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).strip("_")
            yield kind, len(getattr(self.client("ec2"), operation)(Filters=ours)[kind])
        clusters = self.client("ecs").describe_clusters(clusters=["agno-ha-prod-cluster"])["clusters"]
        yield "clusters", sum(each["status"] == "ACTIVE" for each in clusters)
        gateways = self.client("ec2").describe_nat_gateways()["NatGateways"]
        yield "NatGateways", sum(each["State"] != "deleted" for each in gateways)


_LISTS: list[tuple[str, str, str, dict[str, Any] | None]] = [
    ("ec2", "Addresses", "describe_addresses", None),
    ("elbv2", "LoadBalancers", "describe_load_balancers", None),
    ("elbv2", "TargetGroups", "describe_target_groups", None),
    ("rds", "DBInstances", "describe_db_instances", None),
    ("rds", "DBSubnetGroups", "describe_db_subnet_groups", None),
    ("rds", "DBParameterGroups", "describe_db_parameter_groups", None),
    ("secretsmanager", "SecretList", "list_secrets", None),
    ("logs", "logGroups", "describe_log_groups", None),
    ("iam", "Roles", "list_roles", None),
    # Not those that Application Auto Scaling makes for itself, and moto leaves.
    ("cloudwatch", "MetricAlarms", "describe_alarms", {"AlarmNamePrefix": "agno-ha-prod"}),
    ("cloudwatch", "DashboardEntries", "list_dashboards", None),
    ("sns", "Topics", "list_topics", None),
    ("application-autoscaling", "ScalableTargets", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
    ("application-autoscaling", "ScalingPolicies", "describe_scaling_policies", {"ServiceNamespace": "ecs"}),
]  # fmt: skip
