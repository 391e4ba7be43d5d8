"""One moto for the tier, one empty account a variant."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha import offline
from agno_ha.configuration import deep_merge
from agno_ha.offline import Plan

from . import vpc
from .cloud import Cloud, serve
from .rooms import CREATE

ROOT = Path(__file__).parents[2]
PROD: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
REGION = PROD["agno-ha:ecs"]["region"]
Deploy = Callable[..., tuple[Cloud, Plan]]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = serve()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def deploy(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """Create the repository's prod stack, with changes to its settings and topology, in an empty account."""

    def run(
        ecs: Mapping[str, Any] | None = None,
        topology: Mapping[str, Any] | None = None,
        environment: str = "prod",
        **secrets: str,
    ) -> tuple[Cloud, Plan]:
        urllib.request.urlopen(
            urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST"), timeout=30
        )
        root = tmp_path_factory.mktemp("project")
        for name in ("__main__.py", "topology.yaml"):
            shutil.copy(ROOT / name, root)
        cloud = Cloud(endpoint, (ecs or {}).get("region", REGION), CREATE)
        # What prod says of its own servers is no part of a stack whose servers are somebody else's.
        external = {name for name, section in (topology or {}).items() if section.get("mode") == "external"}
        base = {name: value for name, value in PROD["agno-ha:topology"].items() if name not in external}
        settings = deep_merge(PROD["agno-ha:ecs"], _existing(cloud, ecs or {}))
        config = {
            "agno-ha:target": "ecs",
            "agno-ha:environment": environment,
            "agno-ha:ecs": json.dumps(settings),
            "agno-ha:topology": json.dumps(deep_merge(base, topology or {})),
            "agno-ha:resolveImages": "false",
            **{f"agno-ha:{key}": value for key, value in secrets.items()},
        }
        keys = frozenset(f"agno-ha:{key}" for key in secrets)
        plan = offline.evaluate(root, "prod", config, secret_keys=keys, outputs=cloud)
        return cloud, plan

    return run


@pytest.fixture(scope="session")
def prod(deploy: Deploy) -> tuple[Cloud, Plan]:
    """The stack as its files have it."""
    return deploy()


def _existing(cloud: Cloud, ecs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make what a variant says is there already: the VPC and the certificate."""
    elsewhere = cloud.client("acm").request_certificate(DomainName="agents.example.com")["CertificateArn"]
    wanted = ecs.get("network", {}).get("vpcId") == "existing"
    found = {"network": vpc.existing(cloud.client("ec2"), cloud.region)} if wanted else {}
    arn = {"loadBalancer": {"certificateArn": elsewhere}}
    cloud.there |= {"certificateArn": elsewhere, **found.get("network", {})}
    return deep_merge(deep_merge(arn, ecs), found)
