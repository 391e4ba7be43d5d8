"""Requests per second and p99 through nginx against the same instances directly, at 1, 2 and 4 instances.

Closed loop: a fixed number of clients per instance, each sends its next POST run when the last one is answered, a
session of its own for every turn. The model takes 200 ms. `direct` goes round robin over the instances' own
addresses with the same client code; `nginx, own address` leaves out only the published port.
"""

import argparse
import asyncio
import itertools
import statistics
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from agno_ha.operations import quickstart
from common import earlier, median, ratio, save, scratch, spread, table
from harness.deployment import Deployment, wait_for
from harness.load import Turn

COUNTS = (1, 2, 4)
PUBLISHED, PROXY, DIRECT = "nginx", "nginx, own address", "direct"
TOPOLOGY = {
    "app": {
        "memory": "384MiB",
        "environment": {"DEMO_MODEL_DELAY": "0.2"},
        "drain": {"delay": "3s"},
        "health": {"startPeriod": "40s"},
    },
    "scaling": {"min": 1, "max": 4},
}


class UnansweredError(Exception):
    """A round that measures nothing: an instance went meanwhile."""


def measure(urls: list[str], headers: dict[str, str], clients: int, seconds: float) -> dict[str, float]:
    """Return one round's numbers; every turn must have been acknowledged."""
    used, begun = busy(), time.monotonic()
    turns = asyncio.run(closed_loop(urls, headers, clients, seconds))
    cores = (busy() - used) / (time.monotonic() - begun)
    bad = [turn.outcome for turn in turns if not turn.good]
    if bad:
        raise UnansweredError(f"{len(bad)} of {len(turns)} turns were not answered: {sorted(set(bad))}")
    latencies = sorted(turn.seconds for turn in turns)
    inside = sum(turn.ended <= seconds for turn in turns)
    return {
        "perSecond": inside / seconds,
        "p50": statistics.median(latencies),
        "p99": latencies[int(len(latencies) * 0.99)],
        "busyCores": cores,
    }


async def closed_loop(urls: list[str], headers: dict[str, str], clients: int, seconds: float) -> list[Turn]:
    """Keep `clients` turns in flight for so many seconds."""
    turns: list[Turn] = []
    next_url = itertools.cycle(urls)
    prefix = uuid.uuid4().hex[:8]
    numbers = itertools.count()
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        begun = time.monotonic()

        async def client() -> None:
            while (sent := time.monotonic() - begun) < seconds:
                fields = {"message": "hello", "session_id": f"{prefix}-{next(numbers)}", "stream": "false"}
                form = {name: (None, value) for name, value in fields.items()}
                try:
                    answer = await http.post(f"{next(next_url)}/agents/assistant/runs", files=form)
                    outcome = (
                        answer.json()["status"] if answer.status_code == 200 else str(answer.status_code)
                    )
                except httpx.TransportError as error:
                    outcome = type(error).__name__
                    await asyncio.sleep(0.5)
                turns.append(Turn(sent, time.monotonic() - begun, outcome, ""))

        await asyncio.gather(*(client() for _ in range(clients)))
    return turns


def busy() -> float:
    """Return the seconds that all cores have worked so far."""
    user, nice, system, _, _, irq, soft, *_ = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + soft) / 100


def scale(deployment: Deployment, count: int) -> None:
    """Run so many instances and wait until nginx knows all of them."""
    deployment.service("web").scale(count)

    def settled() -> bool:
        running = deployment.containers("web")
        healthy = [one for one in running if one.attrs["State"].get("Health", {}).get("Status") == "healthy"]
        return len(running) == len(healthy) == count

    wait_for(settled, 180, f"{count} instances")
    seen: set[str] = set()

    def reached() -> bool:
        seen.add(deployment.get("/ready").headers.get("X-Agno-Instance", ""))
        return len(seen - {""}) == count

    time.sleep(2)  # nginx keeps a resolved name for one second
    wait_for(reached, 60, f"nginx to know {count} instances", every=0.05)


def reach(deployment: Deployment, count: int) -> dict[str, list[str]]:
    """Run so many instances and return each way's URLs."""
    scale(deployment, count)
    urls = {
        PUBLISHED: [deployment.url],
        PROXY: addresses(deployment, "nginx", 8080),
        DIRECT: addresses(deployment, "web", 8000),
    }
    measure(urls[DIRECT], deployment.headers, 2 * count, 2)  # new instances warm up
    return urls


def one_round(
    urls: dict[str, list[str]], headers: dict[str, str], arguments: argparse.Namespace, *, backwards: bool
) -> dict[str, dict[str, float]]:
    """Measure every way once."""
    clients = arguments.clients * len(urls[DIRECT])
    one: dict[str, dict[str, float]] = {}
    for way in list(urls)[:: -1 if backwards else 1]:
        one[way] = measure(urls[way], headers, clients, arguments.seconds)
        print(f"  {len(urls[DIRECT])} instances, {way}: {one[way]['perSecond']:.1f}/s", flush=True)
    return one


def addresses(deployment: Deployment, room: str, port: int) -> list[str]:
    """Return the URLs of a room's containers on the bridge that the engine's machine reaches."""
    bridge = deployment.engine.networks.get("docker_gwbridge").attrs["Containers"]
    return [
        f"http://{bridge[container.id]['IPv4Address'].split('/')[0]}:{port}"
        for container in deployment.containers(room)
    ]


def show(result: dict[str, Any]) -> str:
    """Return the table."""
    rows = []
    for count in COUNTS:
        measured = result["rounds"][str(count)]
        numbers = {
            way: {key: [entry[key] for entry in measured[way]] for key in measured[way][0]}
            for way in measured
        }
        first = result["rounds"][str(COUNTS[0])]
        for way in (PUBLISHED, PROXY, DIRECT):
            mine = numbers[way]
            growth = median(mine["perSecond"]) / median(entry["perSecond"] for entry in first[way])
            compared = [
                "–" if way == DIRECT else f"{ratio({w: numbers[w][key] for w in numbers}, way, DIRECT):.2f}"  # noqa: RUF001
                for key in ("perSecond", "p99")
            ]
            rows.append(
                [count, way, spread(mine["perSecond"], 1), f"{median(mine['p50']) * 1000:.0f}",
                 f"{median(mine['p99']) * 1000:.0f}", *compared, f"{growth:.2f}", f"{median(mine['busyCores']):.1f}"]
            )  # fmt: skip
    head = ["instances", "way", "requests/s", "p50, ms", "p99, ms", "requests/s to direct", "p99 to direct",
            "requests/s to 1 instance", "busy cores"]  # fmt: skip
    lost = (
        f"\n\nRounds lost, since an instance went meanwhile: {len(result['lost'])}." if result["lost"] else ""
    )
    return table(head, rows) + lost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--passes", type=int, default=1, help="times that 1, 2 and 4 instances are gone through"
    )
    parser.add_argument("--rounds", type=int, default=4, help="rounds of all ways in each pass")
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--clients", type=int, default=4, help="clients per instance")
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    before = earlier("proxy", wanted=arguments.add)
    rounds = before.get("rounds") or {str(count): {PUBLISHED: [], PROXY: [], DIRECT: []} for count in COUNTS}
    lost: list[str] = before.get("lost", [])
    result = {
        "seconds": arguments.seconds,
        "clientsPerInstance": arguments.clients,
        "lost": lost,
        "rounds": rounds,
    }
    with scratch() as directory:
        deployment = Deployment(directory / "stack", "bench-proxy", topology=TOPOLOGY)
        try:
            quickstart.prepare(deployment.workspace, print, print)
            deployment.up()
            for turn, count in itertools.product(range(arguments.passes), COUNTS):
                urls: dict[str, list[str]] = {}
                for again in range(arguments.rounds):
                    try:
                        urls = urls or reach(deployment, count)
                        one = one_round(
                            urls, deployment.headers, arguments, backwards=(turn + again) % 2 == 1
                        )
                    except UnansweredError as error:
                        tasks = deployment.service("web").tasks()
                        reasons = sorted(
                            {task["Status"]["Err"] for task in tasks if task["Status"].get("Err")}
                        )
                        lost.append(f"{count} instances: {error}; {'; '.join(reasons)}")
                        print(f"  lost: {lost[-1]}", flush=True)
                        urls = {}
                        continue
                    for way in urls:
                        rounds[str(count)][way].append(one[way])
                    save("proxy", result)
        finally:
            deployment.down()
    print(show(save("proxy", result)))


if __name__ == "__main__":
    main()
