"""`agno-ha check` against `pulumi preview --policy-pack` on the dev stack, and how it grows with the resources."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from agno_ha import offline, stack
from agno_ha.check import resources_of
from agno_ha.targets.docker import images
from bare import outputs
from common import ROOT, VENV, Project, alternate, earlier, median, ratio, save, scratch, spread, table, timed

CHECK, PREVIEW = "agno-ha check", "pulumi preview --policy-pack"
SIZES = (100, 1000, 5000)
EMPTY = "0"
"""A file without resources: start and imports, which do not grow."""


def saved(size: int) -> str:
    """Return a saved preview of that many resources: dev stacks put together."""
    values = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    plan = offline.evaluate(ROOT, "dev", {**config, "agno-ha:resolveImages": "false"}, outputs=outputs)
    made = resources_of(plan)
    steps: list[dict[str, Any]] = []
    while len(steps) < size:
        number = len(steps) // len(made)
        for each in made[: size - len(steps)]:
            steps.append({"op": "create", "newState": {
                "urn": renamed(each.urn, number), "type": each.type, "parent": renamed(each.parent, number),
                "inputs": each.props, "protect": each.protect,
            }})  # fmt: skip
    return json.dumps({"steps": steps})


def renamed(urn: str, number: int) -> str:
    """Return the URN in a project of its own, so that every copy keeps its names."""
    return urn.replace("::agno-ha::", f"::agno-ha-{number}::", 1)


def growth(directory: Path, rounds: int, result: dict[str, Any], sizes: tuple[int, ...]) -> None:
    """Measure `agno-ha check --file` on saved previews."""
    ways = {}
    for size in (0, *sizes):
        path = directory / f"{size}.json"
        path.write_text(saved(size))
        command = [str(VENV / "bin" / "agno-ha"), "check", "--file", str(path), "--format", "json"]
        ways[str(size)] = lambda command=command: timed(command, cwd=directory)
    (directory / "policies").mkdir(exist_ok=True)
    # Of a file nothing says the environment; as in production the rules would find what Docker lacks, and exit with 1.
    (directory / "policies" / "prod.yaml").write_text("all: advisory\n")
    kept = result["growth"]
    alternate(ways, rounds, kept["seconds"], lambda: save("policies", result), kept["cpu"])


def against(directory: Path, rounds: int, result: dict[str, Any]) -> None:
    """Measure the check against the engine's preview, on the same stack."""
    stack_file = (ROOT / "Pulumi.dev.yaml").read_text()
    config = yaml.safe_load(stack_file)["config"]
    values = {key.removeprefix("agno-ha:"): value for key, value in config.items()}
    wanted = stack.read(ROOT / "topology.yaml", values, source="Pulumi.dev.yaml")
    images.resolve(wanted.topology, wanted.settings, print)  # a prepared machine: nothing is built meanwhile
    ours = Project(directory / "ours", (ROOT / "__main__.py").read_text(), stack_file=stack_file)
    ours.copy("topology.yaml")
    command = [str(VENV / "bin" / "agno-ha"), "check", "--stack", "bench"]
    ways = {
        CHECK: lambda: timed(command, cwd=ours.directory),
        PREVIEW: lambda: ours.preview("--policy-pack", str(ROOT / "policies")),
    }
    for warm_up in ways.values():  # writes byte code and fills caches
        warm_up()
    kept = result["stack"]
    alternate(ways, rounds, kept["seconds"], lambda: save("policies", result), kept["cpu"])


def show(result: dict[str, Any]) -> str:
    """Return both tables; what was not measured is said."""
    parts = []
    measured: Mapping[str, Any] = result["stack"]
    if measured["seconds"]:
        rows = [
            [f"`{name}`", spread(measured["seconds"][name], 1),
             f"{ratio(measured['seconds'], name, PREVIEW):.2f}", f"{ratio(measured['cpu'], name, PREVIEW):.2f}"]
            for name in (CHECK, PREVIEW)
        ]  # fmt: skip
        parts.append(table(["the dev stack", "s", "to preview", "CPU to preview"], rows))
    else:
        parts.append("Against `pulumi preview`: not measured yet.")
    seconds, cpu = result["growth"]["seconds"], result["growth"]["cpu"]
    if seconds:
        # Of each round: what the resources took, beside the start.
        sizes = [int(name) for name in seconds if name != EMPTY]
        own = {
            size: median(ours - start for ours, start in zip(cpu[str(size)], cpu[EMPTY], strict=True))
            for size in sizes
        }
        peer = sizes[len(sizes) // 2]  # a hundred take less than the start varies
        rows = [
            [size, spread(seconds[str(size)]), f"{own[size]:.2f}", f"{own[size] / size * 1000:.2f}",
             f"{own[size] / size / (own[peer] / peer):.2f}"]
            for size in sizes
        ]  # fmt: skip
        head = ["resources", "s", "CPU s above an empty file", "CPU ms per resource", f"to {peer} resources"]
        parts.append(table(head, rows))
    return "\n\n".join(parts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only", choices=("growth", "stack"), help="growth needs neither engine nor CLI")
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    blank = {part: {"seconds": {}, "cpu": {}} for part in ("stack", "growth")}
    result = earlier("policies", wanted=arguments.add) or blank
    with scratch() as directory:
        if arguments.only != "stack":
            growth(directory, arguments.rounds, result, tuple(arguments.sizes))
        if arguments.only != "growth":
            against(directory, arguments.rounds, result)
    print(show(result))


if __name__ == "__main__":
    main()
