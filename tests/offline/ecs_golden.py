"""The ECS target's whole plan as files that people read: every input, dependency and protection of every resource.

After a change that is meant: PYTHONPATH=tests .venv/bin/python -m offline.ecs_golden, then read the difference.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from agno_ha import certificate, offline
from agno_ha.offline import Plan, Resource, Secret, Unknown

from .ecs import evaluate, program

PLANS = Path(__file__).parent / "ecs_plans"
DOCUMENTS = ("containerDefinitions", "policy", "assumeRolePolicy", "dashboardBody")

_EXTERNAL = {
    "postgres": {
        "mode": "external",
        "password": "given",
        "external": {"host": "db.example.com", "port": 6432},
    },
    "redis": {
        "mode": "external",
        "password": "given",
        "external": {"host": "redis.example.com", "tls": False},
    },
}
VARIANTS: dict[str, dict[str, Any]] = {
    "prod": {},
    "dev": {"environment": "dev"},
    # Much is there already, and little is encrypted.
    "existing": {
        "settings": {
            "image": "registry.example.com/agents:7",
            "network": {
                "vpcId": "vpc-0123abcd",
                "privateSubnetIds": ["subnet-00000001", "subnet-00000002"],
                "publicSubnetIds": ["subnet-00000003", "subnet-00000004"],
            },
            "loadBalancer": {"certificateArn": None, "plainHttp": True, "host": None},
            "alarms": {"topicArn": "arn:aws:sns:eu-central-1:111122223333:ops"},
        },
        "topology": {**_EXTERNAL, "scaling": {"min": 4, "max": 4}},
        "given": "a-given-password",
    },
    # Everything that can be switched on.
    "full": {
        "settings": {
            "architecture": "ARM64", "exec": True, "updateTimeout": "10m",
            "loadBalancer": {"certificateArn": None, "internal": True, "accessLogsBucket": "our-logs"},
            "alarms": {"email": "ops@example.com"},
        },
        "topology": {
            "app": {"scheduler": {"enabled": True, "cpu": 0.5, "memory": "1GiB"}},
            "loadBalancer": {"tls": {"mode": "generated"}},
            "postgres": {"pooler": {"enabled": True, "poolSize": 90}},
        },
    },
    # Other servers, one of each.
    "small": {
        "settings": {
            "network": {"zones": ["a", "c"], "nat": "one"},
            "loadBalancer": {"certificateArn": None},
            "postgres": {"applyImmediately": False, "backupWindow": "02:00-03:00", "sslMode": "require"},
            "redis": {"engine": "valkey", "snapshots": "0s"},
        },
        "topology": {
            "loadBalancer": {"tls": {"mode": "provided", "certificate": "chain.pem", "privateKey": "given"}},
            "postgres": {"highAvailability": False},
            "redis": {"version": 8, "highAvailability": False},
        },
        "given": "a private key",
    },
    # Another partition, and the oldest Redis.
    "china": {
        "settings": {
            "region": "cn-north-1",
            "image": "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/agno-ha/app:0.1.0",
            "loadBalancer": {"certificateArn": "arn:aws-cn:acm:cn-north-1:111122223333:certificate/0a1b"},
            "postgres": {"sslMode": "require"},
        },
        "topology": {"redis": {"version": 6}},
    },
}  # fmt: skip


def plans() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each variant and its resources; of all but prod only what is other than there, null for what is gone."""
    with tempfile.TemporaryDirectory() as directory, _timeouts() as timeouts:
        root = program(Path(directory))
        chain = [
            certificate.generate(seed, "agents.example.com").certificate for seed in ("own", "authority")
        ]
        (root / "chain.pem").write_text("".join(chain))
        prod: dict[str, Any] = {}
        for variant, changes in VARIANTS.items():
            found = _resources(evaluate(root, **changes), timeouts)
            prod = prod or found
            gone = dict.fromkeys(sorted(prod.keys() - found.keys()))
            yield variant, found if found is prod else {
                **{name: found[name] for name in sorted(found) if found[name] != prod.get(name)}, **gone
            }  # fmt: skip


def _resources(plan: Plan, timeouts: Mapping[tuple[str, str], dict[str, str]]) -> dict[str, Any]:
    return {
        _short(each.urn): _shown(each, timeouts.get((each.type, each.name), {}))
        for each in sorted(plan.resources, key=lambda each: _short(each.urn))
    }


def _shown(resource: Resource, timeouts: dict[str, str]) -> dict[str, Any]:
    inputs = {
        key: json.loads(value) if key in DOCUMENTS and isinstance(value, str) else value
        for key, value in resource.inputs.items()
    }
    if "dashboardBody" in inputs:
        inputs["dashboardBody"] = [_graph(each) for each in inputs["dashboardBody"]["widgets"]]
    options = {
        "dependsOn": sorted({_short(urn) for urn in resource.dependencies}),
        "protect": resource.protect,
        "ignoreChanges": list(resource.ignored),
        "timeouts": timeouts,
    }
    return {**_plain(inputs), **{f"({key})": value for key, value in options.items() if value}}


def _graph(widget: Mapping[str, Any]) -> str:
    """A line of what a graph shows, and where."""
    shown = widget["properties"]
    [metric], [line] = shown["metrics"], shown["annotations"]["horizontal"]
    return f"{widget['x']},{widget['y']} {shown['title']}: {shown['stat']} {' '.join(metric)} against {line['value']}"


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secret": _plain(value.value)}
    if isinstance(value, Unknown):
        return "(unknown)"
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value


def _short(urn: str) -> str:
    kind, name = urn.split("::")[-2:]
    return f"{name} ({kind.rpartition(':')[2]})"


@contextmanager
def _timeouts() -> Iterator[dict[tuple[str, str], dict[str, str]]]:
    """Give what the plan does not keep: how long a resource may take."""
    noted: dict[tuple[str, str], dict[str, str]] = {}
    recorder = offline._Recorder

    class Noting(recorder):  # type: ignore[misc, valid-type]
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802
            given = request.customTimeouts
            found = {"create": given.create, "update": given.update, "delete": given.delete}
            noted[request.type, request.name] = {key: value for key, value in found.items() if value}
            return super().RegisterResource(request)

    offline._Recorder = Noting  # type: ignore[misc]
    try:
        yield noted
    finally:
        offline._Recorder = recorder  # type: ignore[misc]


def text(resources: Mapping[str, Any]) -> str:
    """Return a plan's file."""
    return yaml.safe_dump(
        dict(resources), default_flow_style=None, width=118, sort_keys=False, allow_unicode=True
    )


if __name__ == "__main__":
    for variant, resources in plans():
        (PLANS / f"{variant}.yaml").write_text(text(resources))
