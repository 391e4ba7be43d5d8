"""1, 10 and 100 AgnoServices of 20 pods each in one stack: `pulumi up` in a cluster of simulated nodes (KWOK).

The peer registers the same objects with the same inputs straight with Pulumi's SDK, without our component and without
typed classes, so that the ratio is our own cost. Each run has a cluster of its own. The state is written once, at the
end: a file backend writes all of it at every step, which would be most of what is measured.
"""

import argparse
import json
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agno_ha import offline, placeholders
from agno_ha.offline import Plan, Secret
from common import ROOT, Project, cpu_of_children, earlier, median, ratio, save, scratch, spread, table, timed

SIZES = (1, 10, 100)
PODS = 20
WAYS = ("AgnoService", "bare")
UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", "bench", "--parallel", "64")
"""As somebody with a hundred services would: most of each service's time is waiting for its pods."""
KINDS = ("up", "cpu", "memory", "ready", "again")
CLUSTER = str(ROOT / "tests" / "kubernetes" / "simulated")
PROVIDER = """\
import pulumi
import pulumi_kubernetes as kubernetes

# One for all: each provider is a process of the engine's.
cluster = kubernetes.Provider("cluster", enable_secret_mutable=True)
"""
OURS = (
    PROVIDER
    + """\
from agno_ha.service import AgnoService
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology

web = {{"min": 16, "max": 16, "cpu": None, "memory": None}}
topology = Topology.model_validate({{"scaling": web, "postgres": {{"pool": {{"size": 2, "overflow": 2}}}}}})
settings = KubernetesSettings.model_validate({{"images": {{"app": "registry.example.com/app:1"}}}})
for n in range({count}):
    AgnoService(
        f"s{{n}}", topology, target="kubernetes", settings=settings, environment="dev", namespace=f"bench-{{n}}",
        opts=pulumi.ResourceOptions(providers=[cluster]),
    )
"""
)
BARE = (
    PROVIDER
    + """\
import json

def value(entry):
    if isinstance(entry, list):
        return [value(each) for each in entry]
    if isinstance(entry, dict):
        return pulumi.Output.secret(entry["$secret"]) if "$secret" in entry else {k: value(v) for k, v in entry.items()}
    return entry

made = {}
for entry in json.load(open("resources.json")):
    options = pulumi.ResourceOptions(depends_on=[made[urn] for urn in entry["after"]])
    if entry["type"].startswith("kubernetes:"):
        options.provider = cluster
    made[entry["urn"]] = pulumi.CustomResource(entry["type"], entry["name"], value(entry["inputs"]), options)
"""
)


def describe(plan: Plan) -> list[dict[str, Any]]:
    """Return the plan's resources, components and providers left out, as what BARE reads."""
    kept = [each for each in plan.resources if not each.type.startswith(("agno-ha:", "pulumi:"))]
    known = {each.urn for each in kept}
    return [
        {
            "urn": each.urn,
            "type": each.type,
            "name": each.name,
            "inputs": _plain(each.inputs),
            "after": [urn for urn in each.dependencies if urn in known],
        }
        for each in kept
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"$secret": _plain(value.value)}
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    return [_plain(below) for below in value] if isinstance(value, list) else value


@contextmanager
def cluster() -> Iterator[None]:
    """Have a simulated cluster, named by KUBECONFIG."""
    told = subprocess.run([CLUSTER, "start"], capture_output=True, text=True, check=True).stdout
    before = os.environ.get("KUBECONFIG")
    os.environ["KUBECONFIG"] = dict(word.partition("=")[::2] for word in shlex.split(told))["KUBECONFIG"]
    try:
        yield
    finally:
        os.environ.pop("KUBECONFIG")
        if before is not None:
            os.environ["KUBECONFIG"] = before
        subprocess.run([CLUSTER, "stop"], check=True)


class Memory:
    """Looks each second at the memory of a session's processes, shared pages shared out, and keeps the most."""

    def __init__(self, session: int) -> None:
        self.most = 0
        self._session = session
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def end(self) -> float:
        """Return the most, in MiB."""
        self._ended.set()
        self._thread.join()
        return round(self.most / 1024, 1)

    def _watch(self) -> None:
        while not self._ended.wait(1):
            self.most = max(self.most, sum(self._each()))

    def _each(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.getsid(int(entry.name)) == self._session:
                    lines = (entry / "smaps_rollup").read_text().splitlines()
                    yield next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            except (OSError, StopIteration):
                continue


def environment(project: Project) -> dict[str, str]:
    """Return what `pulumi` is run with."""
    return {**project.environment, "KUBECONFIG": os.environ["KUBECONFIG"], "PULUMI_SKIP_CHECKPOINTS": "true"}


def up(project: Project) -> tuple[float, float]:
    """Bring the stack up; return the seconds, and the MiB of the engine, the program and the provider together."""
    begun = time.monotonic()
    with (project.directory / "up.log").open("w") as log:
        process = subprocess.Popen(
            UP, cwd=project.directory, env=environment(project),
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        memory = Memory(process.pid)
        code = process.wait()
    most = memory.end()
    if code:
        raise SystemExit(f"{project.directory}:\n{(project.directory / 'up.log').read_text()[-4000:]}")
    return time.monotonic() - begun, most


def until_ready(pods: int) -> None:
    """Wait until as many pods are ready; those of the autoscalers come after `up`."""
    while True:
        command = ["kubectl", "get", "deployments,statefulsets", "--all-namespaces", "-o", "json"]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[
            "items"
        ]
        if sum(each["status"].get("readyReplicas", 0) for each in found) >= pods:
            return
        time.sleep(2)


def measure(project: Project, size: int) -> dict[str, float]:
    """Return a run's numbers: seconds and CPU seconds of `up`, MiB, seconds until all are ready, seconds of a no-op."""
    with cluster():
        before = cpu_of_children()
        begun = time.monotonic()
        seconds, memory = up(project)
        cpu = cpu_of_children() - before
        until_ready(PODS * size)
        ready = time.monotonic() - begun
        again = timed([*UP, "--expect-no-changes"], cwd=project.directory, env=environment(project))
    numbers = (seconds, cpu, memory, ready, again)
    return {kind: round(number, 2) for kind, number in zip(KINDS, numbers, strict=True)}


def show(result: dict[str, Any]) -> str:
    """Return the table."""
    rows = []
    for size, kept in result["sizes"].items():
        count = int(size)
        ours = {kind: kept["AgnoService"][kind] for kind in KINDS}
        ratios = {
            kind: ratio({way: kept[way][kind] for way in WAYS}, *WAYS)
            for kind in ("up", "cpu", "memory", "again")
        }
        rows.append([
            count, PODS * count, kept["objects"], spread(ours["up"], 0), f"{ratios['up']:.2f}", f"{ratios['cpu']:.2f}",
            f"{median(ours['up']) / count:.1f}", f"{median(ours['cpu']) / count:.1f}", spread(ours["ready"], 0),
            spread(ours["again"], 0), f"{ratios['again']:.2f}", f"{median(ours['memory']):.0f}",
            f"{ratios['memory']:.2f}",
        ])  # fmt: skip
    head = ["services", "pods", "resources", "up, s", "to bare", "CPU to bare", "s per service",
            "CPU s per service", "all pods ready, s", "nothing changed, s", "to bare",
            "memory, MiB", "to bare"]  # fmt: skip
    return table(head, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    result = earlier("cluster", wanted=arguments.add) or {"sizes": {}}
    for size in arguments.sizes:
        kept = result["sizes"].setdefault(str(size), {way: {kind: [] for kind in KINDS} for way in WAYS})
        for turn in range(arguments.rounds):
            with scratch() as directory:
                projects = {"AgnoService": Project(directory / "ours", OURS.format(count=size))}
                config = {"agno-ha:resolveImages": "false"}  # nobody is asked for the description
                plan = offline.evaluate(
                    directory / "ours", "bench", config,
                    outputs=lambda kind, name, inputs: placeholders.outputs("bench", kind, name, inputs),
                )  # fmt: skip
                projects["bare"] = Project(directory / "bare", BARE)
                described = describe(plan)
                (directory / "bare" / "resources.json").write_text(json.dumps(described))
                kept["objects"] = len(described)
                for way in WAYS[:: -1 if turn % 2 else 1]:
                    numbers = measure(projects[way], size)
                    print(f"{size} services, round {turn + 1}, {way}: {numbers}", flush=True)
                    for kind in KINDS:
                        kept[way][kind].append(numbers[kind])
            save("cluster", result)
    print(show(result))


if __name__ == "__main__":
    main()
