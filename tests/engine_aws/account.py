"""The repository's prod stack in a project of its own, and the account on loopback that it is deployed to."""

from __future__ import annotations

import copy
import json
import shutil
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml
from agno_ha.configuration import deep_merge
from agno_ha.operations.workspace import Workspace
from harness.pulumi import Pulumi, steps

ROOT = Path(__file__).parents[2]
PROD: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
REGION: str = PROD["config"]["agno-ha:ecs"]["region"]
IMAGE: str = PROD["config"]["agno-ha:ecs"]["image"]
_PROJECT = {
    "name": "agno-ha",
    "runtime": {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(ROOT / ".venv")}},
    "plugins": {"providers": [{"name": "aws", "path": str(ROOT / "tests" / "engine_aws" / "provider")}]},
}


class Account:
    """A stack, its project directory and the AWS account that it lives in."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        urllib.request.urlopen(
            urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=30
        )
        self._session = boto3.Session("moto", "moto", region_name=REGION)
        self._endpoint = endpoint
        for name in ("__main__.py", "topology.yaml"):
            shutil.copy(ROOT / name, directory)
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(_PROJECT))
        self.pulumi = Pulumi(Workspace(directory, "prod"))
        self.pulumi.environment |= {
            "AWS_ENDPOINT_URL": endpoint,
            "MOTO_FORGETS": str(directory / "forgotten.json"),
        }
        self.pulumi.run("stack", "init")
        self._path = directory / "Pulumi.prod.yaml"
        salt = yaml.safe_load(self._path.read_text())
        arn = self.client("acm").request_certificate(DomainName="agents.example.com")["CertificateArn"]
        certificate = {"config": {"agno-ha:ecs": {"loadBalancer": {"certificateArn": arn}}}}
        self.settings: dict[str, Any] = deep_merge(deep_merge(PROD, certificate), salt)
        self.change({})

    def client(self, service: str) -> Any:
        """Return boto3's client: what the console, the autoscaler and everybody else do."""
        return self._session.client(service, endpoint_url=self._endpoint)

    def changed(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stack file with a change to the topology; under `ecs` to the target's settings."""
        made = copy.deepcopy(self.settings)
        change = dict(change)
        config = made["config"]
        if "environment" in change:
            config["agno-ha:environment"] = change.pop("environment")
        config["agno-ha:ecs"] = deep_merge(config["agno-ha:ecs"], change.pop("ecs", {}))
        config["agno-ha:topology"] = deep_merge(config["agno-ha:topology"], change)
        return made

    def change(self, change: Mapping[str, Any]) -> None:
        """Change the stack file for good."""
        self.settings = self.changed(change)
        self._path.write_text(yaml.safe_dump(self.settings))

    def variant(self, change: Mapping[str, Any]) -> Path:
        """Return a stack file with a change, for a preview."""
        path = self._path.with_name(f"Pulumi.variant-{uuid.uuid4().hex}.yaml")
        path.write_text(yaml.safe_dump(self.changed(change)))
        return path

    def preview(self, change: Mapping[str, Any], *arguments: str) -> dict[str, str]:
        """Return what a change would touch: resource → operation."""
        path = self.variant(change)
        return touched(
            json.loads(self.pulumi.run("preview", "--json", "--config-file", str(path), *arguments).stdout)
        )

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


def touched(preview: Mapping[str, Any]) -> dict[str, str]:
    """Return what a JSON preview does to AWS; the component holds its facts and nothing there."""
    return {
        name: step["op"]
        for name, step in steps(preview).items()
        if step["op"] not in ("same", "read") and "AgnoService" not in name
    }
