"""AWS's own command, as far as the operations use it, over moto: names and options from botocore's models."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

LOGS = {"log-stream-name-prefix", "since", "follow"}


def main(region: str, service: str, operation: str, *words: str) -> None:
    """Ask moto, and print what it answers."""
    session = boto3.Session("moto", "moto", region_name=region)
    client = session.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    given = _options(words)
    if (service, operation) == ("logs", "tail"):
        assert given.keys() <= LOGS, given
        [prefix] = given.get("log-stream-name-prefix", [""])
        for event in client.filter_log_events(logGroupName=words[0])["events"]:
            if event["logStreamName"].startswith(prefix):  # which moto does not look at
                print(event["logStreamName"], event["message"])
        return
    assert given.pop("output") == ["json"]
    name = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name]).input_shape
    members = {xform_name(member, "-"): (member, each.type_name) for member, each in shape.members.items()}
    request: dict[str, Any] = {}
    for option, values in given.items():
        member, kind = members[option]
        request[member] = values if kind == "list" else values[0]
    print(json.dumps(getattr(client, name)(**request), default=str))


def _options(words: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            values = found.setdefault(word[2:], [])
        else:
            values.append(word)
    return found


if __name__ == "__main__":
    assert sys.argv[1] == "--region"
    try:
        main(*sys.argv[2:])
    except ClientError as error:
        sys.exit(str(error))
