"""A failure after AWS has taken what was asked for: the engine is told what the state is nevertheless.

So does pulumi-terraform-bridge: an error beside a state is `ErrorResourceInitFailed`. After it the engine keeps that
state with the error, and makes the next `up` update the resource even if nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import status_pb2


class UnfinishedError(Exception):
    """What was asked for was taken, and never got ready; the text says why."""

    state: proto.ErrorResourceInitFailed


@contextmanager
def keeping(resource_id: str, inputs: struct_pb2.Struct, properties: struct_pb2.Struct) -> Iterator[None]:
    """Give such an error what the engine shall keep."""
    try:
        yield
    except UnfinishedError as error:
        error.state = proto.ErrorResourceInitFailed(
            id=resource_id, inputs=inputs, properties=properties, reasons=[str(error)]
        )
        raise


def tell(context: Any, error: UnfinishedError) -> None:
    """End the call with the error and its state."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(error.state)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
