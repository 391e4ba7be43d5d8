"""1, 10 and 50 AgnoServices in one stack: the offline plan and `pulumi preview`, against bare resources.

The peer registers the same resources with the same inputs straight with the SDKs (bare.py), so that the ratio is
our own cost.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import bare
from agno_ha import offline
from common import Project, alternate, earlier, median, ratio, save, scratch, spread, table

SIZES = (1, 10, 50)
WHAT = ("offline plan", "pulumi preview")
OURS = """\
from agno_ha.service import AgnoService
from agno_ha.targets.docker.images import Images
from agno_ha.topology import Topology

IMAGES = Images(*(f"sha256:{{n:064x}}" for n in range(5)))
for n in range({count}):
    topology = Topology.model_validate({{"loadBalancer": {{"httpPort": 20000 + n}}, "scaling": {{"min": 2, "max": 2}}}})
    AgnoService(f"s{{n}}", topology, target="docker", environment="dev", namespace=f"bench-{{n}}", images=IMAGES)
"""
# A process of its own for each: nothing of an earlier evaluation is there. The imports are not counted.
EVALUATE = """\
import sys, time
from pathlib import Path
import pulumi_docker, pulumi_random
from agno_ha import offline, service, targets
from agno_ha.targets import docker
from bare import outputs
start = time.perf_counter()
plan = offline.evaluate(Path(sys.argv[1]), "bench", {}, outputs=outputs)
print(len(plan.resources), time.perf_counter() - start)
"""


def evaluate(directory: Path) -> float:
    """Return the seconds of one offline plan."""
    command = [sys.executable, "-c", EVALUATE, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    return float(done.stdout.split()[1])


def show(result: dict[str, Any]) -> str:
    """Return the table."""
    rows = []
    for what in WHAT:
        first = 0.0
        for size in SIZES:
            measured, cpu = (result[what].get(str(size), {}).get(kind) for kind in ("seconds", "cpu"))
            if not measured:
                continue
            seconds = median(measured["AgnoService"])
            first = first or seconds
            rows.append([
                what, size, result["resources"][str(size)], spread(measured["AgnoService"]), spread(measured["bare"]),
                f"{ratio(measured, 'AgnoService', 'bare'):.2f}", f"{ratio(cpu, 'AgnoService', 'bare'):.2f}",
                f"{seconds / size:.2f}", f"{seconds / first:.1f}",
            ])  # fmt: skip
    head = ["what", "services", "resources", "AgnoService, s", "bare, s", "to bare", "CPU to bare", "s per service",
            "to 1 service"]  # fmt: skip
    return table(head, rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only", choices=WHAT)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    result = earlier("many", wanted=arguments.add) or {**{what: {} for what in WHAT}, "resources": {}}
    with scratch() as directory:
        for size in arguments.sizes:
            ours = Project(directory / f"ours-{size}", OURS.format(count=size))
            peer = Project(directory / f"bare-{size}", "")
            plan = offline.evaluate(ours.directory, "bench", {}, outputs=bare.outputs)
            bare.write(plan, peer.directory)
            again = offline.evaluate(peer.directory, "bench", {}, outputs=bare.outputs)
            assert len(again.resources) == len(plan.resources) - size, (
                "the peer registers all but the components"
            )
            result["resources"][str(size)] = len(plan.resources)
            pairs = {
                "offline plan": {
                    "AgnoService": lambda ours=ours: evaluate(ours.directory),
                    "bare": lambda peer=peer: evaluate(peer.directory),
                },
                "pulumi preview": {"AgnoService": ours.preview, "bare": peer.preview},
            }
            for what, ways in pairs.items():
                if arguments.only in (None, what):
                    print(f"{what}, {size} services")
                    kept = result[what].setdefault(str(size), {"seconds": {}, "cpu": {}})
                    alternate(
                        ways, arguments.rounds, kept["seconds"], lambda: save("many", result), kept["cpu"]
                    )
    print(show(save("many", result)))


if __name__ == "__main__":
    main()
