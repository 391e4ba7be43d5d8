"""An operation against the bare `pulumi` on the same stack: a preview, and an up that changes nothing."""

import argparse
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from agno_ha.operations.model import Kind, Operation, State
from agno_ha.operations.operations import Operations
from agno_ha.operations.workspace import Workspace
from common import ROOT, VENV, alternate, earlier, ratio, save, scratch, spread, table, timed

PAIRS = {"preview": ("pulumi preview", "operation preview"), "up": ("pulumi up", "operation up")}


def show(result: dict[str, Any]) -> str:
    """Return the table."""
    measured = result["seconds"]
    rows = []
    for bare, ours in PAIRS.values():
        rows.append([bare, spread(measured[bare], 1), "1.00"])
        rows.append([ours, spread(measured[ours], 1), f"{ratio(measured, ours, bare):.2f}"])
    return table(["what", "s", "to pulumi"], rows)


def project(directory: Path) -> Path:
    """Return a copy of this repository's program, with its dev stack."""
    for name in ("__main__.py", "topology.yaml"):
        shutil.copy(ROOT / name, directory)
    shutil.copytree(ROOT / "policies", directory / "policies")
    pack = directory / "policies" / "PulumiPolicy.yaml"
    pack.write_text(pack.read_text().replace("../.venv", str(VENV)))
    program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    program["runtime"]["options"]["virtualenv"] = str(VENV)
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(program))
    shutil.copy(ROOT / "Pulumi.dev.yaml", directory / "Pulumi.bench.yaml")
    return directory


def carried_out(operations: Operations, kind: Kind, of: str | None = None) -> Operation:
    """Do one operation to its end."""
    begun = operations.start("bench", kind, requester="benchmark", of=of)
    for _ in operations.follow(begun.id):
        pass
    done = operations.get(begun.id)
    if done.state is not State.SUCCEEDED:
        raise SystemExit(f"{kind} {done.state}: {done.error}")
    return done


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    result = earlier("operations", wanted=arguments.add) or {"seconds": {}}
    os.environ.update(PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true", PULUMI_SKIP_UPDATE_CHECK="true")

    with scratch() as directory:
        root = project(directory)
        os.environ["PULUMI_BACKEND_URL"] = f"file://{directory / 'state'}"
        os.environ["PULUMI_CONFIG_PASSPHRASE"] = "benchmark"
        (directory / "state").mkdir()
        operations = Operations(root)
        pack = ["--policy-pack", str(root / "policies"), "--stack", "bench", "--non-interactive"]

        def preview() -> float:
            begun = time.monotonic()
            carried_out(operations, Kind.PREVIEW)
            return time.monotonic() - begun

        def up() -> float:
            approved = operations.approve(carried_out(operations, Kind.PREVIEW).id, approver="benchmark")
            begun = time.monotonic()
            carried_out(operations, Kind.UP, approved.id)
            return time.monotonic() - begun

        ways: dict[str, Callable[[], float]] = {
            "pulumi preview": lambda: timed(["pulumi", "preview", *pack], cwd=root),
            "operation preview": preview,
            "pulumi up": lambda: timed(["pulumi", "up", "--yes", *pack], cwd=root),
            "operation up": up,
        }
        try:
            up()  # from nothing: what is measured afterwards changes nothing
            for warm_up in ways.values():
                warm_up()
            alternate(ways, arguments.rounds, result["seconds"], lambda: save("operations", result))
        finally:
            begun = operations.start("bench", Kind.DESTROY, requester="benchmark", confirm="bench")
            for _ in operations.follow(begun.id):
                pass
            operations.close()
            shutil.rmtree(Workspace(root, "bench").private, ignore_errors=True)
    print(show(result))


if __name__ == "__main__":
    main()
