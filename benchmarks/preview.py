"""`pulumi preview` of the dev stack, against an empty program and against the same resources without our component."""

import argparse
import json
from typing import Any

import bare
import yaml
from agno_ha import offline, stack
from agno_ha.targets.docker import images
from common import ROOT, Project, alternate, earlier, ratio, save, scratch, spread, table

EMPTY, BARE, OURS, POLICIES = "empty program", "bare resources", "dev stack", "dev stack, with the policies"


def show(result: dict[str, Any]) -> str:
    """Return the table; the CPU's columns where it was measured."""
    kinds = {kind: what for kind, what in (("seconds", "s"), ("cpu", "CPU s")) if result.get(kind)}
    head = ["`pulumi preview` of"]
    for what in kinds.values():
        head += [what, "to empty", "to bare"]
    rows = []
    for name in (EMPTY, BARE, OURS, POLICIES):
        row = [name]
        for kind in kinds:
            measured = result[kind]
            row.append(spread(measured[name], 1))
            row += [f"{ratio(measured, name, peer):.2f}" for peer in (EMPTY, BARE)]
        rows.append(row)
    return table(head, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    result = earlier("preview", wanted=arguments.add) or {"seconds": {}, "cpu": {}}

    stack_file = (ROOT / "Pulumi.dev.yaml").read_text()
    config = yaml.safe_load(stack_file)["config"]
    values = {key.removeprefix("agno-ha:"): value for key, value in config.items()}
    wanted = stack.read(ROOT / "topology.yaml", values, source="Pulumi.dev.yaml")
    images.resolve(wanted.topology, wanted.settings, print)  # a prepared machine: nothing is built meanwhile

    with scratch() as directory:
        ours = Project(directory / "ours", (ROOT / "__main__.py").read_text(), stack_file=stack_file)
        ours.copy("topology.yaml")
        flat = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
        peer = Project(directory / "bare", "")
        bare.write(offline.evaluate(ours.directory, "bench", flat, outputs=bare.outputs), peer.directory)
        empty = Project(directory / "empty", "")
        ways = {
            EMPTY: empty.preview,
            BARE: peer.preview,
            OURS: ours.preview,
            POLICIES: lambda: ours.preview("--policy-pack", str(ROOT / "policies")),
        }
        for warm_up in ways.values():  # writes byte code and fills caches
            warm_up()
        alternate(ways, arguments.rounds, result["seconds"], lambda: save("preview", result), result["cpu"])
    print(show(result))


if __name__ == "__main__":
    main()
