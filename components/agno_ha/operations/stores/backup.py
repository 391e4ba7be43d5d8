"""Backup: both stores while they work, each as it was at one moment."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from agno_ha.operations import reach, stores
from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.stores.manifest import File, Manifest
from agno_ha.operations.workspace import Workspace


def backup(workspace: Workspace, out: Path | None, progress: Progress) -> tuple[Path, Manifest]:
    """Write a backup of the stack's own stores into a new directory; it is there as a whole or not at all.

    Redis comes first: a background run that ends in between is then queued and done, and is not begun again. The
    other way round it would be done in Redis and for ever running in Postgres.

    Args:
        workspace: the stack.
        out: the directory, which must not exist. Default: a new one in `.agno-ha/backups`, which `down --data`
            leaves alone.
        progress: told of each step.

    Raises:
        OperationError: it could not be made; what was written of it is gone.
    """
    topology = reach.read(workspace).topology
    _, postgres, redis = stores.of(workspace, topology, "backup")
    kept = [store for store in (redis, postgres) if store is not None]
    if not kept:
        raise OperationError("Both stores are external: their backups are their owner's.")
    if out is None:
        parent = workspace.private.parent / "backups"
        parent.mkdir(mode=0o700, exist_ok=True)
        out = parent / f"{workspace.stack}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if out.exists():
        raise OperationError(f"{out} exists. Name a directory that does not.")
    draft = out.with_name(f".{out.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(mode=0o700, parents=True)
        written = {}
        for store in kept:
            progress(f"Writing what {store.name} holds")
            path = draft / store.file
            sha256 = store.dump(path)
            written[store.name] = File(
                file=path.name, bytes=path.stat().st_size, sha256=sha256, server=store.version()
            )
        made = Manifest(
            stack=workspace.stack, target=str(workspace.values()["target"]), created=datetime.now(UTC),
            agno_ha=version("agno-ha"), stores=written,
        )  # fmt: skip
        made.write(draft)
        draft.rename(out)
    except OSError as error:
        raise OperationError(f"{draft}: {error.strerror}. Make room, or name another directory.") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return out, made
