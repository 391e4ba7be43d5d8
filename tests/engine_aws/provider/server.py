"""The engine's side: the provider's protocol, over plain dictionaries.

`pulumi.provider.experimental` would do, but wraps every value in a class of its own.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import grpc
from aws.cloud import Cloud, plain
from aws.rooms import CREATE
from botocore.exceptions import ClientError
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc

from . import front, stores, tags, tasks, vpc, watch
from .compare import UNKNOWN, changes
from .kind import Change, Forgotten, Kind, State
from .replaces import NAMES, refused, replaced
from .unfinished import UnfinishedError, keeping, tell

KINDS: dict[str, Kind] = {
    kind: what for room in (vpc, front, tasks, stores, watch) for kind, what in room.KINDS.items()
}
_GONE = ("NotFound", "NoSuch", "InvalidAllocationID", "Malformed")


def _dict(struct: struct_pb2.Struct) -> dict[str, Any]:
    return dict(plain(json_format.MessageToDict(struct)))


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update({name: value for name, value in values.items() if value is not None})
    return made


def _kind(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _key(state: State) -> str:
    """A resource, of which a replacement differs: a task definition's id is its family."""
    return str(state.get("arn", state["id"]))


def _gone(error: ClientError) -> bool:
    return any(word in error.response["Error"]["Code"] for word in _GONE)


def _safely(method: Callable[..., Any]) -> Callable[..., Any]:
    """One call at a time, and an error as the engine shows it."""

    def call(self: Servicer, request: Any, context: Any) -> Any:
        with self.lock:
            try:
                return method(self, request, context)
            except UnfinishedError as error:
                tell(context, error)
            except Exception as error:
                traceback.print_exc()
                context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")

    return call


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Every kind, by its table."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forgotten = Forgotten()
        self.cloud: Cloud

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return proto.PluginInfo(version="7.51.1")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return proto.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.cloud = Cloud(os.environ["AWS_ENDPOINT_URL"], _dict(request.args)["region"], CREATE)
        return proto.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        return proto.CheckResponse(inputs=request.news)

    @_safely
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        assert request.tok == "aws:ecs/getService:getService", request.tok
        found = tasks.get_service(self.cloud, _dict(request.args))
        return proto.InvokeResponse(**{"return": _struct(found)})

    @_safely
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, new, old = _kind(request.urn), _dict(request.news), _dict(request.old_inputs)
        state = _dict(request.olds)
        changed = changes(kind, new, old, state, list(request.ignoreChanges))
        replaces = replaced(kind, changed, new, state)
        named = [name for name in NAMES if name in new]
        kinds = proto.PropertyDiff
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
            deleteBeforeReplace=bool(named) and all(new[name] == state.get(name) for name in named),
            hasDetailedDiff=True,
            detailedDiff={
                name: kinds(kind=kinds.UPDATE_REPLACE if name in replaces else kinds.UPDATE)
                for name in changed
            },
        )

    @_safely
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, new = _kind(request.urn), _dict(request.properties)
        if request.preview:
            if said := refused(kind, new):
                raise ValueError(said)
            unknown = dict.fromkeys(KINDS[kind].computed, UNKNOWN)
            return proto.CreateResponse(id="", properties=_struct({**new, **unknown}))
        outputs = self.cloud(kind, request.urn, new)
        made = outputs.pop("id")
        self._keep(kind, {**outputs, "id": made}, new)
        state = self._read(kind, made, {**new, **outputs})
        assert state is not None, f"{kind} {made} is not there"
        if created := KINDS[kind].created:
            with keeping(made, request.properties, _struct(state)):
                created(self.cloud, {**state, "id": made})
        return proto.CreateResponse(id=made, properties=_struct(state))

    @_safely
    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs = _kind(request.urn), _dict(request.inputs)
        state = self._read(kind, request.id, _dict(request.properties))
        if state is None:
            return proto.ReadResponse(id="")
        unchanged = set(inputs) - set(changes(kind, inputs, inputs, state, []))
        now = {name: value if name in unchanged else state.get(name) for name, value in inputs.items()}
        return proto.ReadResponse(id=request.id, properties=_struct(state), inputs=_struct(now))

    @_safely
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, new, state = _kind(request.urn), _dict(request.news), _dict(request.olds)
        if request.preview:
            return proto.UpdateResponse(properties=_struct({**state, **new}))
        changed = changes(kind, new, _dict(request.old_inputs), state, list(request.ignoreChanges))
        state["id"] = request.id
        update, other = KINDS[kind].update, frozenset(changed) - {"tags"}
        if other:
            assert update is not None, f"{kind}: {sorted(other)} can't be changed in place"
            with keeping(request.id, request.news, _struct({**state, **new})):
                update(Change(self.cloud, state, new, other))
        if "tags" in changed:
            tags.put(self.cloud, kind, state, new.get("tags", {}))
        self._keep(kind, state, new)
        return proto.UpdateResponse(properties=_struct(self._read(kind, request.id, {**state, **new}) or {}))

    @_safely
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, state = _kind(request.urn), {**_dict(request.properties), "id": request.id}
        try:
            KINDS[kind].delete(self.cloud, state)
        except ClientError as error:
            if not _gone(error):
                raise
        self.forgotten.put(kind, _key(state), None)
        return empty_pb2.Empty()

    def _keep(self, kind: str, state: State, new: Mapping[str, Any]) -> None:
        names = {*KINDS[kind].forgotten, "tags"} & set(new)
        self.forgotten.put(kind, _key(state), {name: new[name] for name in names})

    def _read(self, kind: str, resource_id: str, known: State) -> State | None:
        """Return what AWS has; None where it has nothing. What only the engine knows stays."""
        try:
            found = KINDS[kind].read(self.cloud, {**known, "id": resource_id})
        except (IndexError, StopIteration, ValueError):
            return None  # none is listed
        except ClientError as error:
            if _gone(error):
                return None
            raise
        if found is None:
            return None
        kept = self.forgotten.get(kind, _key({**known, "id": resource_id}))
        outputs = {name: known[name] for name in KINDS[kind].computed if name in known}
        return {**outputs, **kept, **found}


def main() -> None:
    """Serve until the engine ends it."""
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", 64 * 2**20)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()
