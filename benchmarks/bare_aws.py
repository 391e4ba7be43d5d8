"""The peer of the ECS target: the same resources with the same inputs, registered straight with pulumi_aws.

As somebody would write it by hand: no component, no checks, references between resources by their outputs. Each
output of an offline plan is a mark of its own; where a mark stands in an input, the program has the output.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agno_ha.offline import Plan, Secret

PROGRAM = """\
import json, re
import pulumi
import pulumi_aws as aws
import pulumi_random as random

MARK = re.compile("<<([^|>]+)[|]([^|>]+)[|]([^>]+)>>")
made = {}
provider = aws.Provider("aws", region=REGION)

def snake(name):
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)

def kind(token):
    module, name = token.split(":")[1].split("/")[0], token.split(":")[2]
    return getattr(getattr(aws, module), name)

def text(given):
    found = [made[m[1], m[2]].__getattribute__(snake(m[3])) for m in MARK.finditer(given)]
    if not found:
        return given
    parts = MARK.split(given)[::4]
    return pulumi.Output.concat(*(each for pair in zip(parts, [*found, ""]) for each in pair))

def value(given):
    if isinstance(given, str):
        return text(given)
    if isinstance(given, list):
        return [value(each) for each in given]
    if not isinstance(given, dict):
        return given
    if "$secret" in given:
        return pulumi.Output.secret(value(given["$secret"]))
    return {key: value(each) for key, each in given.items()}

for entry in json.load(open("resources.json")):
    after = [made[tuple(key)] for key in entry["after"]]
    if entry["type"] == "random":
        made["random", entry["name"]] = random.RandomPassword(entry["name"], length=40, special=False)
        continue
    given = {snake(key): value(each) for key, each in entry["inputs"].items()}
    options = pulumi.ResourceOptions(provider=provider, depends_on=after)
    made[entry["type"], entry["name"]] = kind(entry["type"])(entry["name"], opts=options, **given)
"""
_OUTPUTS = (
    "arn", "arnSuffix", "address", "allocationId", "dnsName", "endpoint", "primaryEndpointAddress", "versionId", "id",
)  # fmt: skip


def outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return marks for what the providers would compute, for `offline.evaluate`."""
    del inputs
    # A password's mark is one that AWS would take.
    names = ("result",) if kind.startswith("random:") else _OUTPUTS
    return {output: f"<<{_key(kind)}|{name}|{output}>>" for output in names}


def write(plan: Plan, directory: Path, region: str) -> None:
    """Write the program and its resources."""
    known = {
        each.urn: (_key(each.type), each.name)
        for each in plan.resources
        if each.type.startswith(("aws:", "random:"))
    }
    described = [
        {
            "type": _key(each.type),
            "name": each.name,
            "inputs": _plain(each.inputs),
            "after": [known[urn] for urn in each.dependencies if urn in known],
        }
        for each in plan.resources
        if each.urn in known
    ]
    (directory / "__main__.py").write_text(PROGRAM.replace("REGION", repr(region)))
    (directory / "resources.json").write_text(json.dumps(described))


def classes(plan: Plan) -> list[str]:
    """Return the SDK's classes that a plan uses, such as `aws.ec2.Vpc`."""
    tokens = {each.type for each in plan.resources if each.type.startswith("aws:")}
    parts = (re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token) for token in tokens)
    return sorted(f"aws.{part[1]}.{part[2]}" for part in parts if part)


def _key(kind: str) -> str:
    return "random" if kind.startswith("random:") else kind


def _plain(entry: Any) -> Any:
    if isinstance(entry, Secret):
        return {"$secret": _plain(entry.value)}
    if isinstance(entry, Mapping):
        return {key: _plain(each) for key, each in entry.items()}
    return [_plain(each) for each in entry] if isinstance(entry, list) else entry
