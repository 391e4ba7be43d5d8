"""The image in real pods, through nginx: conversations, tuning, the pool, and what the objects promise."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from harness.conversation import six_turns
from harness.pods import Pods

from .conftest import SMALL


def test_every_turn_sees_all_earlier_ones_on_any_pod(pods: Pods) -> None:
    six_turns(pods)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_connections", "200"),
        ("shared_buffers", SMALL["postgres"]["sharedBuffers"].removesuffix("iB") + "B"),
        ("effective_cache_size", SMALL["postgres"]["effectiveCacheSize"].removesuffix("iB") + "B"),
    ],
)
def test_postgres_is_tuned_as_asked(pods: Pods, setting: str, value: str) -> None:
    assert pods.sql(f"SHOW {setting}") == [[value]]


@pytest.mark.parametrize(
    ("setting", "value"), [("maxmemory", str(100 * 1024**2)), ("maxmemory-policy", "noeviction")]
)
def test_redis_is_tuned_as_asked(pods: Pods, setting: str, value: str) -> None:
    assert pods.redis("CONFIG", "GET", setting).splitlines() == [setting, value]


def test_each_pod_s_pool_has_its_name_and_keeps_to_its_size(pods: Pods) -> None:
    with ThreadPoolExecutor(16) as users:
        answers = list(users.map(lambda _: pods.run(f"pool-{uuid.uuid4().hex}", "hello"), range(80)))
    query = "SELECT application_name, count(*) FROM pg_stat_activity WHERE usename = 'agno' GROUP BY 1"
    seen = {name: int(count) for name, count in pods.sql(query)}
    print(seen)
    assert {answer.status_code for answer in answers} == {200}
    assert {f"agno-web/{name}" for name in pods.ready("web")} <= set(seen)
    assert all(1 <= count <= 10 for count in seen.values())


def test_every_network_policy_finds_pods_and_ports_that_exist(pods: Pods) -> None:
    assert network_policy_faults(pods) == []


def network_policy_faults(pods: Pods) -> list[str]:
    """The selectors against what runs; whether a network plugin keeps them is the plugin's matter."""
    running = pods.get_json("pods")["items"]
    wrong = []
    for policy in pods.get_json("networkpolicies")["items"]:
        name, spec = policy["metadata"]["name"], policy["spec"]
        own = chosen(running, spec["podSelector"])
        if not own:
            wrong.append(f"{name} chooses nobody")
        for side, peers in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(side, []):
                others = [peer["podSelector"] for peer in rule.get(peers, []) if "podSelector" in peer]
                wrong += [f"{name}: nobody is {other}" for other in others if not chosen(running, other)]
                # The ports are those of whoever is asked.
                asked = [own] if side == "ingress" else [chosen(running, other) for other in others]
                wrong += [
                    f"{name}: {port} is not open"
                    for port in (each["port"] for each in rule.get("ports", []))
                    if asked and not any(port in open_ports(each) for found in asked for each in found)
                ]
    return wrong


def chosen(running: list[dict[str, Any]], selector: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = selector.get("matchLabels", {}).items()
    return [each for each in running if wanted <= each["metadata"]["labels"].items()]


def open_ports(pod: dict[str, Any]) -> set[int]:
    return {port["containerPort"] for each in pod["spec"]["containers"] for port in each.get("ports", [])}
