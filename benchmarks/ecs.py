"""The ECS target against pulumi_aws itself: import time and memory, and `pulumi preview` of the prod stack.

The previews ask the tests' own provider (tests/engine_aws), which starts a Python with boto3 each time and asks no AWS.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import bare_aws
import yaml
from agno_ha import offline
from common import ROOT, Project, alternate, earlier, ratio, save, scratch, spread, table

PULUMI, CLASSES, TARGET = (
    "import pulumi",
    "pulumi_aws, the stack's classes",
    "the ECS target, with the same classes",
)
EMPTY, BARE, OURS = "empty program", "bare resources", "prod stack"
MIB = 1024


def show(result: dict[str, Any]) -> str:
    """Return both tables."""
    head = ["import", "s", "CPU s", "to the classes", "CPU to the classes", "MiB", "to the classes"]
    rows = [
        [
            name,
            spread(result["import"][name]), spread(result["importCpu"][name]),
            f"{ratio(result['import'], name, CLASSES):.2f}", f"{ratio(result['importCpu'], name, CLASSES):.2f}",
            spread(result["memory"][name], 0), f"{ratio(result['memory'], name, CLASSES):.2f}",
        ]
        for name in (PULUMI, CLASSES, TARGET)
    ]  # fmt: skip
    text = table(head, rows)
    if not result["seconds"]:
        return text
    head = ["`pulumi preview` of", "s", "to empty", "to bare", "CPU s", "to empty", "to bare"]
    rows = []
    for name in (EMPTY, BARE, OURS):
        row = [name]
        for measured in (result["seconds"], result["cpu"]):
            row += [
                spread(measured[name], 1),
                *(f"{ratio(measured, name, peer):.2f}" for peer in (EMPTY, BARE)),
            ]
        rows.append(row)
    return f"{text}\n\n{table(head, rows)}"


def imports(plan: offline.Plan, result: dict[str, Any]) -> dict[str, Callable[[], float]]:
    """Return the ways of importing; each also notes its memory."""
    touched = ", ".join(bare_aws.classes(plan))
    classes = f"import pulumi_aws as aws; {touched}"
    programs = {
        PULUMI: "import pulumi",
        CLASSES: classes,
        TARGET: f"from agno_ha import service, targets; targets.choose('ecs'); {classes}",
    }
    # Not getrusage: its peak is the parent's where that was larger when it forked.
    peak = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"

    def way(name: str) -> Callable[[], float]:
        def run() -> float:
            start = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", f"{programs[name]}; {peak}"],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.monotonic() - start
            result["memory"].setdefault(name, []).append(round(int(done.stdout) / MIB, 1))
            return seconds

        return run

    return {name: way(name) for name in programs}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--previews", type=int, default=4)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    result = earlier("ecs", wanted=arguments.add) or {
        name: {} for name in ("import", "importCpu", "memory", "seconds", "cpu")
    }
    stack_file = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
    config, region = stack_file["config"], stack_file["config"]["agno-ha:ecs"]["region"]

    def keep() -> None:
        save("ecs", result)

    with scratch() as directory:
        plugin = {
            "plugins": {"providers": [{"name": "aws", "path": str(ROOT / "tests/engine_aws/provider")}]}
        }
        ours = Project(
            directory / "ours",
            (ROOT / "__main__.py").read_text(),
            stack_file=json.dumps(stack_file),
            more=plugin,
        )
        ours.copy("topology.yaml")
        flat = {key: each if isinstance(each, str) else json.dumps(each) for key, each in config.items()}
        flat["agno-ha:resolveImages"] = "false"
        plan = offline.evaluate(ours.directory, "bench", flat, outputs=bare_aws.outputs)
        peer = Project(directory / "bare", "", more=plugin)
        bare_aws.write(plan, peer.directory, region)
        ways = imports(plan, result)
        for warm_up in ways.values():  # writes byte code and fills caches
            warm_up()
        result["memory"] = {name: numbers[:-1] for name, numbers in result["memory"].items()}
        alternate(ways, arguments.rounds, result["import"], keep, result["importCpu"])

        empty = Project(directory / "empty", "")
        for project in (ours, peer):
            project.environment |= {
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody: a preview asks nothing
                "MOTO_FORGETS": str(project.directory / "forgotten.json"),
            }
        ways = {EMPTY: empty.preview, BARE: peer.preview, OURS: ours.preview}
        for warm_up in ways.values():
            warm_up()
        alternate(ways, arguments.previews, result["seconds"], keep, result["cpu"])
    print(show(result))


if __name__ == "__main__":
    main()
