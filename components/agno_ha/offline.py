"""The program evaluated with no engine: Pulumi's own mocks record every resource it registers, as a Plan."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import run_in_stack

_SIGNATURE = "4dabf18193072939515e22adb298388d"  # marks a special value on Pulumi's wire
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one


@dataclass(frozen=True)
class Secret:
    """A value that was secret where it was registered; its text is never shown."""

    value: Any = field(repr=False)


class Unknown:
    """A value that only an engine would know."""


@dataclass(frozen=True)
class Resource:
    """One resource as the program registered it."""

    urn: str
    id: str
    """What a provider would call it: its `name` where it has one."""
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any]
    """Plain values; secret ones wrapped in `Secret`, unknown ones an `Unknown`."""
    dependencies: tuple[str, ...]
    protect: bool
    ignored: tuple[str, ...] = ()
    """Properties whose changes are left to somebody else (`ignoreChanges`)."""
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Property → URNs of the resources whose outputs it is made of."""


@dataclass(frozen=True)
class Plan:
    """Everything that one stack's program registered, in order."""

    project: str
    stack: str
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    """The stack's exports, as in `Resource.inputs`."""
    warnings: tuple[str, ...]

    def of_type(self, token: str) -> list[Resource]:
        """Return the resources of one type, in order."""
        return [resource for resource in self.resources if resource.type == token]


class ProgramError(Exception):
    """The program stopped; the text is what it said."""


Outputs = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
"""(type, name, inputs) → the outputs that the provider would add, `id` among them where it is not the name; secrets
that were wrapped where they were registered are wrapped here too."""


def wire(value: Any) -> str:
    """Return a value as Pulumi's configuration holds it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def evaluate(
    root: Path,
    stack: str,
    config: Mapping[str, str],
    *,
    secret_keys: frozenset[str] = frozenset(),
    outputs: Outputs = lambda *_: {},
    project: str = "agno-ha",
) -> Plan:
    """Run `root/__main__.py` without an engine and return what it registers.

    Args:
        root: the project's directory.
        stack: the stack's name.
        config: the stack's configuration by full key; objects as JSON, as Pulumi gives them.
        secret_keys: the keys among them that are secret.
        outputs: what providers would compute, such as a generated password.
        project: the project's name.

    Raises:
        ProgramError: the program refused its configuration; the text is its own.
    """
    recorder = _Recorder(_Mocks(outputs))
    log = _Log()
    features = set(recorder.GetDeploymentInfo(None).supportedFeatures)  # type: ignore[no-untyped-call]
    runtime_config.set_all_config(dict(config), list(secret_keys))
    settings.configure(
        mocks.MockSettings(
            monitor=recorder, monitor_features=features, engine=mocks.MockEngine(log.logger), project=project,
            stack=stack, dry_run=False, organization=None, callbacks=None,
            outputs=set(),  # else what a stopped program left waiting stops the next one
        )
    )  # fmt: skip
    try:
        with _inside(root):
            asyncio.run(run_in_stack(_program))
    except pulumi.RunError as error:
        raise ProgramError(str(error)) from None
    finally:
        recorder.close()
        runtime_config.set_all_config({}, [])
    return Plan(project, stack, tuple(recorder.recorded), recorder.outputs, tuple(log.lines))


def _program() -> None:
    runpy.run_path("__main__.py", run_name="__main__")


class _Recorder(mocks.MockMonitor):
    """Pulumi's mock monitor, keeping each raw request: parents, dependencies, protection and secretness."""

    def __init__(self, given: mocks.Mocks) -> None:
        super().__init__(given)
        self.recorded: list[Resource] = []
        self.outputs: dict[str, Any] = {}
        self._loops: set[asyncio.AbstractEventLoop] = set()

    def close(self) -> None:
        """Close the event loops that the mock monitor opens, one a thread, and leaves."""
        for loop in self._loops:
            loop.close()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.type.startswith("aws:"):
            _write_documents(request.object)
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._loops.add(asyncio.get_event_loop())
            self.recorded.append(
                Resource(
                    urn=_urn(response.urn),
                    id=response.id,
                    type=request.type,
                    name=request.name,
                    parent=_urn(request.parent),
                    inputs=_struct(request.object),
                    dependencies=tuple(map(_urn, request.dependencies)),
                    protect=request.protect,
                    ignored=tuple(request.ignoreChanges),
                    made_of={
                        key: tuple(map(_urn, of.urns)) for key, of in request.propertyDependencies.items()
                    },
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.urn.split("::")[-2] == "pulumi:pulumi:Stack":
            self.outputs = _struct(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


class _Mocks(mocks.Mocks):
    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        state = {**args.inputs, **self._outputs(args.typ, args.name, args.inputs)}
        return str(state.pop("id", None) or state.get("name", args.name)), state

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise ProgramError(f"{args.token} needs an engine; the offline plan has none")


class _Log:
    """Collects what the program logs at warning level and above."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.logger = logging.Logger("agno-ha.offline", logging.WARNING)
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        self.logger.addHandler(handler)


@contextmanager
def _inside(directory: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def _write_documents(inputs: struct_pb2.Struct) -> None:
    """Write IAM's documents as text, as AWS's provider does with those that a program gives as objects."""
    for value in inputs.fields.values():
        if "Statement" in value.struct_value.fields:
            value.string_value = json.dumps(_plain(value), default=lambda _: "unknown")


def _urn(text: str) -> str:
    # As the engine writes it: the mocks put the stack's own type in front of every other.
    return text.replace("::pulumi:pulumi:Stack$", "::")


def _struct(value: struct_pb2.Struct) -> dict[str, Any]:
    # The wire does not keep an order; a sorted one makes equal programs equal plans.
    return {key: _plain(value.fields[key]) for key in sorted(value.fields)}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if fields[_SIGNATURE].string_value == _SECRET if _SIGNATURE in fields else False:
            return Secret(_plain(fields["value"]))
        return _struct(value.struct_value)
    if kind == "list_value":
        return [_plain(entry) for entry in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return Unknown() if value.string_value == rpc.UNKNOWN else value.string_value
    return value.bool_value if kind == "bool_value" else None
