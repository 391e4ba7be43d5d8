"""Restore: what a backup holds in the place of what the stores hold; whole, and mended by a rerun wherever it ends."""

from __future__ import annotations

from pathlib import Path

from agno_ha.operations import reach, stores
from agno_ha.operations.carrying import held
from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.model import Held
from agno_ha.operations.stores import manifest
from agno_ha.operations.workspace import Workspace


def sessions(workspace: Workspace) -> int:
    """Return how many sessions a restore would replace, as far as Postgres holds them."""
    _, postgres, _ = stores.of(workspace, reach.read(workspace).topology, "restore")
    return postgres.holds() if postgres is not None else 0


def restore(workspace: Workspace, directory: Path, progress: Progress) -> None:
    """Put a backup in the place of what the stack's stores hold.

    The data is brought to the stores and checked while the stack serves. Then the app is kept out of Postgres, so
    that it refuses everything that would change something with 503, until both stores have been swapped. The
    instances are replaced at the end: a new one brings an older backup's schema up to date.

    Raises:
        OperationRefusedError: another operation works on the stack.
        OperationError: the backup is not whole or does not fit, and nothing was changed; or a step failed, and the
            same command again goes on.
    """
    found = manifest.read(directory)
    way, postgres, redis = stores.of(workspace, reach.read(workspace).topology, "restore")
    own = {store.name: store for store in (postgres, redis) if store is not None}
    if foreign := found.stores.keys() - own.keys():
        raise OperationError(
            f"The backup holds {' and '.join(sorted(foreign))}, which is external here: its owner restores it."
        )
    loaded = {name: own[name] for name in ("postgres", "redis") if name in found.stores and name in own}
    for name, store in loaded.items():
        store.refuse(found.stores[name])
    with held(workspace, Held.RESTORE):
        for name, store in loaded.items():
            progress(f"Loading {name} beside what runs")
            store.load(directory / found.stores[name].file)
        progress("Swapping; meanwhile the stack answers 503 with Retry-After")
        if postgres is not None:
            postgres.close()
        for store in loaded.values():
            store.swap()
        if postgres is not None:
            postgres.open()
        progress("Replacing the instances, which see to the schema")
        way.restart("web")
