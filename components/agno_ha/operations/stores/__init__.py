"""What the stores hold and what opens them: backup, restore, other passwords; on Docker and Kubernetes."""

from __future__ import annotations

from agno_ha.operations import reach
from agno_ha.operations.errors import OperationError
from agno_ha.operations.reach import Reach
from agno_ha.operations.stores.postgres import PostgresStore
from agno_ha.operations.stores.redis import RedisStore
from agno_ha.operations.workspace import Workspace
from agno_ha.topology import Topology

_AWS = "Stack {stack} is on ECS, whose stores are AWS's own. {instead} (docs/commands.md)."
_INSTEAD = {
    "backup": "Take snapshots: aws rds create-db-snapshot and aws elasticache create-snapshot",
    "restore": "Restore a snapshot: aws rds restore-db-instance-from-db-snapshot, or to a point in time",
    "rotate": "Other passwords there: pulumi state unprotect, then pulumi up with --replace, in a quiet hour",
}


def of(
    workspace: Workspace, topology: Topology, what: str
) -> tuple[Reach, PostgresStore | None, RedisStore | None]:
    """Return the way into the stack and the stores that are its own; None for one that somebody else runs.

    Args:
        workspace: the stack.
        topology: its topology.
        what: `backup`, `restore` or `rotate`, for the message where it can't be done.

    Raises:
        OperationError: both are somebody else's, or AWS's.
    """
    if workspace.values().get("target") == "ecs":
        raise OperationError(_AWS.format(stack=workspace.stack, instead=_INSTEAD[what]))
    way = reach.of(workspace)
    postgres = PostgresStore(way, topology.postgres) if topology.postgres.mode == "managed" else None
    redis = RedisStore(way) if topology.redis.mode == "managed" else None
    return way, postgres, redis
