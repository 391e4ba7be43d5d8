"""One moto for the tier, one empty account a variant."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from agno_ha.configuration import deep_merge
from agno_ha.offline import Plan
from offline.ecs import PROD, evaluate, program

from . import vpc
from .cloud import Cloud, serve
from .rooms import CREATE

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
        cloud = Cloud(endpoint, (ecs or {}).get("region", REGION), CREATE)
        root, settings = program(tmp_path_factory.mktemp("project")), _existing(cloud, ecs or {})
        return cloud, evaluate(root, settings, topology, environment, outputs=cloud, **secrets)

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
