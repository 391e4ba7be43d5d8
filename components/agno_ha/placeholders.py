"""What providers would compute, for a plan that no engine makes: nothing secret, nothing real, the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SECRET = "placeholder-of-a-secret"  # noqa: S105
"""Of a form that every platform takes."""
ACCOUNT = "111122223333"
"""AWS's own example of an account."""


def outputs(namespace: str, kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs of one resource.

    Args:
        namespace: prefix of the names on the platform.
        kind: the resource's type.
        name: its logical name.
        inputs: what the program gave it.
    """
    if kind.startswith("random:"):
        return {"result": SECRET}
    if kind == "docker:index/secret:Secret":
        return {"name": f"{namespace}_{name}"}
    if kind.startswith("kubernetes:"):
        given = inputs.get("metadata")
        # The cluster names what the program does not; a program may read that.
        return {"metadata": {"name": f"{name}-placeholder", **(given if isinstance(given, Mapping) else {})}}
    return _aws(kind, name, inputs) if kind.startswith("aws:") else {}


def _aws(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    task = kind == "aws:ecs/taskDefinition:TaskDefinition"
    own = str(inputs.get("family" if task else "name") or name)
    host = f"{own}.placeholder.invalid"
    texts = {
        "name": own,
        "arn": f"arn:aws:placeholder::{ACCOUNT}:{kind.rpartition(':')[2]}/{own}",
        "arnSuffix": f"placeholder/{own}",
        "allocationId": f"placeholder-{own}",
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.placeholder.amazonaws.com/{own}",
        "url": f"https://{host}",
        "versionId": "placeholder",
        "zoneId": "placeholder",
        **dict.fromkeys(_IDENTIFIERS, own),
        **dict.fromkeys(_HOSTS, host),
    }
    nodes = [{"id": "0001", "address": host}] if kind == "aws:elasticache/cluster:Cluster" else None
    # What the program says goes first.
    return {**texts, "cacheNodes": nodes, **{key: inputs[key] for key in texts if inputs.get(key)}}


_IDENTIFIERS = ("identifier", "clusterIdentifier", "clusterId", "bucket", "keyId")
_HOSTS = (
    "address", "bucketDomainName", "bucketRegionalDomainName", "configurationEndpoint", "configurationEndpointAddress",
    "dnsName", "domainName", "endpoint", "primaryEndpointAddress", "publicIp", "readerEndpoint",
    "readerEndpointAddress",
)  # fmt: skip
