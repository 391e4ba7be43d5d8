"""An AWS account on loopback: every resource that a program registers is created in it by boto3.

The program runs under Pulumi's mocks, which ask here for each resource once its inputs are known: in the order of the
dependencies, with the real ids and ARNs of what was created before. botocore checks every argument by AWS's own models.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from moto.server import ThreadedMotoServer

Outputs = dict[str, Any]
Create = Callable[["Cloud", "Inputs"], Outputs]
Read = Callable[["Cloud", Outputs], Mapping[str, Any]]
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
ACCOUNT = "123456789012"
"""moto's."""


class Inputs:
    """A resource's inputs, of which nothing may be left over: what is not sent to AWS is not tested."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._left = dict(given)
        self.kept: dict[str, Any] = {}
        """What is said to the provider, or to a later call of AWS."""

    def take(self, name: str, default: Any = None) -> Any:
        """Return an input, which counts as used."""
        return self._left.pop(name, default)

    def keep(self, *names: str) -> None:
        """Put aside what this call does not send."""
        self.kept |= {name: self._left.pop(name) for name in names if name in self._left}

    def request(self, **names: str) -> dict[str, Any]:
        """Return inputs under the API's names, those that were given."""
        return {api: self._left.pop(own) for own, api in names.items() if own in self._left}

    def tags(self, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
        """Return the tags in the API's form."""
        return [{key: name, value: text} for name, text in sorted(self.take("tags", {}).items())]

    @property
    def left(self) -> set[str]:
        """What nobody asked for."""
        return set(self._left)


@dataclass(frozen=True)
class Made:
    """One created resource."""

    kind: str
    name: str
    inputs: Mapping[str, Any]
    outputs: Outputs
    calls: tuple[Call, ...]
    kept: Mapping[str, Any]
    """Inputs that no call has sent (`Inputs.keep`)."""


@dataclass(frozen=True)
class Call:
    """One API call, as botocore sent it."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass
class Cloud:
    """One account in one region, empty at first."""

    endpoint: str
    region: str
    create: Mapping[str, Create]
    made: list[Made] = field(default_factory=list)
    there: dict[str, Any] = field(default_factory=dict)
    """What somebody else had made before, by the setting that names it."""
    stubbed: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What moto lacks, by kind and name (`stubs`)."""

    def __post_init__(self) -> None:
        self._session = boto3.Session("moto", "moto", region_name=self.region)
        self._clients: dict[str, Any] = {}
        self._calls: list[Call] = []
        self._lock = Lock()

    def client(self, service: str) -> Any:
        """Return boto3's client, which writes down each call."""
        if service not in self._clients:
            client = self._session.client(
                service, endpoint_url=self.endpoint, config=Config(retries={"max_attempts": 1})
            )
            client.meta.events.register("provide-client-params.*.*", self._record)
            self._clients[service] = client
        return self._clients[service]

    def __call__(self, kind: str, name: str, inputs: Mapping[str, Any]) -> Outputs:
        """Create a resource; what is not AWS's gets what its provider would compute."""
        if kind.startswith("random:"):
            return {"result": f"secret-{name}"}
        if not kind.startswith("aws:"):
            return {}
        with self._lock:  # the mocks ask from several threads
            self._calls = []
            inputs = plain(inputs)
            given = Inputs(inputs)
            outputs = self.create[kind](self, given)
            assert not given.left, f"{kind} {name}: {given.left} were not sent"
            self.made.append(Made(kind, name, inputs, outputs, tuple(self._calls), given.kept))
        return outputs

    def of(self, kind: str, name: str) -> Made:
        """Return what was created."""
        return next(made for made in self.made if made.kind.endswith(f":{kind}") and made.name == name)

    def calls(self, operation: str) -> list[Mapping[str, Any]]:
        """Return the parameters of each call of an operation."""
        return [call.parameters for made in self.made for call in made.calls if call.operation == operation]

    def _record(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self._calls.append(Call(model.service_model.service_name, model.name, dict(params)))


def plain(value: Any) -> Any:
    """Secrets as what they hold, and whole numbers as such: Pulumi's wire has floats only."""
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            return plain(value["value"])
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def serve() -> ThreadedMotoServer:
    """Start moto on a free port of loopback; no call of this process goes anywhere else."""
    from moto.server import (
        ThreadedMotoServer,
    )  # takes seconds, which the provider of tests/engine_aws has not

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line a call
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server
