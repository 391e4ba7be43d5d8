"""The peer of `AgnoService`: the same resources with the same inputs, registered straight with the SDKs.

`describe` writes down what a program registered (an offline plan) and `PROGRAM` registers it again, without our
component: parents go, references between resources, secrets and `depends_on` stay. What it takes is the SDKs' and
the engine's own cost of that many resources.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agno_ha.offline import Plan, Resource, Secret

PROGRAM = """\
import base64, json, re
import pulumi
import pulumi_docker as docker
import pulumi_random as random

SDK = {
    "docker:index/network:Network": docker.Network,
    "docker:index/secret:Secret": docker.Secret,
    "docker:index/service:Service": docker.Service,
    "docker:index/serviceConfig:ServiceConfig": docker.ServiceConfig,
    "docker:index/volume:Volume": docker.Volume,
    "random:index/randomPassword:RandomPassword": random.RandomPassword,
}
made = {}

def value(entry):
    if isinstance(entry, list):
        return [value(each) for each in entry]
    if not isinstance(entry, dict):
        return entry
    if "$id" in entry:
        return made[entry["$id"]].id
    if "$secret" in entry:
        return made[entry["$secret"]].result.apply(lambda text: base64.b64encode(text.encode()).decode())
    return {key: value(each) for key, each in entry.items()}

for entry in json.load(open("resources.json")):
    given = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), key): value(each) for key, each in entry["inputs"].items()}
    options = pulumi.ResourceOptions(depends_on=[made[key] for key in entry["after"]])
    made[entry["key"]] = SDK[entry["type"]](entry["name"], opts=options, **given)
"""
_PASSWORD = "random:index/randomPassword:RandomPassword"
_SERVICE = "docker:index/service:Service"


def outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return what the providers would compute, for `offline.evaluate`."""
    del inputs
    if kind == _PASSWORD:
        return {"result": "placeholder"}
    return {"name": name} if kind == "docker:index/secret:Secret" else {}


def describe(plan: Plan) -> list[dict[str, Any]]:
    """Return the plan's resources, components left out, as what PROGRAM reads."""
    described = []
    ids: dict[str, str] = {}
    known = {resource.urn: resource for resource in plan.resources}
    for resource in plan.resources:
        if resource.type.startswith("agno-ha:"):
            continue
        needs = [known[urn] for urn in resource.dependencies if urn in known]
        secret = next((_key(need) for need in needs if need.type == _PASSWORD), "")
        described.append(
            {
                "key": _key(resource),
                "type": resource.type,
                "name": resource.name,
                "inputs": {
                    key: entry if key == "name" else _value(entry, ids, secret)
                    for key, entry in resource.inputs.items()
                },
                # What is needed for its outputs is a dependency already; services are waited for by `depends_on`.
                "after": [_key(need) for need in needs if need.type == _SERVICE],
            }
        )
        ids[resource.id] = _key(resource)
    return described


def write(plan: Plan, directory: Path) -> None:
    """Write the program and its resources."""
    (directory / "__main__.py").write_text(PROGRAM)
    (directory / "resources.json").write_text(json.dumps(describe(plan)))


def _key(resource: Resource) -> str:
    return f"{resource.type}::{resource.name}"


def _value(entry: Any, ids: dict[str, str], secret: str) -> Any:
    if isinstance(entry, Secret):
        return {"$secret": secret}
    if isinstance(entry, dict):
        return {key: _value(each, ids, secret) for key, each in entry.items()}
    if isinstance(entry, list):
        return [_value(each, ids, secret) for each in entry]
    return {"$id": ids[entry]} if isinstance(entry, str) and entry in ids else entry
