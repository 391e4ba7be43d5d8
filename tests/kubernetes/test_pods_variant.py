"""What else can be switched on, at work in pods: TLS by a Secret, the pooler, the scheduler."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from agno_ha import certificate
from harness.conversation import six_turns
from harness.pods import Pods
from harness.service import wait_for

from .test_pods import network_policy_faults

POOL = 6


@pytest.fixture(scope="module")
def variant(pods: Pods) -> Iterator[Pods]:
    """The tier's stack with everything else switched on; afterwards as it was."""
    pods.change_back()
    pods.change(
        {
            "app": {"scheduler": {"enabled": True, "cpu": 0.2, "memory": "384MiB"}},
            "loadBalancer": {"tls": {"mode": "generated"}},
            "postgres": {"pooler": {"enabled": True, "poolSize": POOL, "cpu": 0.1}},
        },
        {"tls": {"secretName": "certificate"}},
    )
    pods.up()
    pods.until_ready()
    yield pods
    pods.change_back()
    pods.up()


@pytest.fixture(scope="module")
def schedule(variant: Pods) -> tuple[str, datetime]:
    """A schedule that is due once, in a minute or two: its id, and when."""
    due = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    wanted = {
        "name": f"once-{uuid.uuid4().hex[:8]}",
        "cron_expr": f"{due.minute} {due.hour} {due.day} {due.month} *",
        "endpoint": "/agents/assistant/runs",
        "payload": {"message": "the schedule speaks", "session_id": "scheduled"},
    }
    with variant.client() as client:
        answer = client.post("/schedules", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], due


def trusting(pair: certificate.Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pair.certificate)


def ready_over(pods: Pods, context: ssl.SSLContext) -> int:
    """Ask by the certificate's name, whatever the node's address is."""
    with httpx.Client(verify=context) as client:
        request = client.build_request(
            "GET",
            f"{pods.url}/ready",
            headers={"Host": "localhost"},
            extensions={"sni_hostname": "localhost"},
        )
        return client.send(request).status_code


def test_a_conversation_over_tls_and_pooler(variant: Pods, schedule: tuple[str, datetime]) -> None:
    six_turns(variant)


def test_the_certificate_is_the_secret_s_and_http_leads_to_it(variant: Pods) -> None:
    assert ready_over(variant, trusting(variant.certificate)) == 200
    with pytest.raises(httpx.ConnectError, match="certificate"):
        ready_over(variant, ssl.create_default_context())
    plain = httpx.post(f"http://{variant.node()}:{variant.ports()['http']}/agents/assistant/runs?x=1")
    assert plain.status_code == 308
    assert plain.headers["location"].startswith("https://")


def test_the_pooler_alone_reaches_postgres_and_keeps_to_its_size(variant: Pods) -> None:
    with ThreadPoolExecutor(16) as users:
        answers = list(users.map(lambda _: variant.run(f"pool-{uuid.uuid4().hex}", "hello"), range(60)))
    assert {answer.status_code for answer in answers} == {200}
    rows = variant.sql(
        "SELECT host(client_addr), count(*) FROM pg_stat_activity WHERE usename = 'agno' GROUP BY 1"
    )
    [pooler] = variant.pods("pgbouncer")
    print(rows)
    assert [address for address, _ in rows] == [pooler["status"]["podIP"]]
    assert 1 <= int(rows[0][1]) <= POOL


def test_every_network_policy_of_the_variant_finds_pods_and_ports(variant: Pods) -> None:
    assert network_policy_faults(variant) == []


@pytest.mark.timeout(400, func_only=True)
def test_a_schedule_fires_once_and_only_the_scheduler_polls(
    variant: Pods, schedule: tuple[str, datetime]
) -> None:
    identifier, due = schedule

    def runs() -> list[dict[str, Any]]:
        with variant.client() as client:
            return list(client.get(f"/schedules/{identifier}/runs").json()["data"])

    left = max(0, (due - datetime.now(UTC)).total_seconds())
    wait_for(lambda: [run for run in runs() if run["completed_at"]], left + 120, "the schedule's run", 2)
    time.sleep(5)
    [run] = runs()
    assert run["status"] in ("success", "completed"), run
    polls = {
        room: ["poller started" in variant.kubectl("logs", pod, "-c", "agno") for pod in variant.names(room)]
        for room in ("scheduler", "web")
    }
    assert polls == {"scheduler": [True], "web": [False, False]}


@pytest.mark.timeout(400, func_only=True)
def test_a_renewed_certificate_is_served_without_a_new_pod(variant: Pods) -> None:
    before = variant.names("nginx")
    renewed = certificate.generate("the second one")
    variant.certificate = renewed
    variant.up()

    def served() -> bool:
        # Each of nginx's pods in its own time: several connections, to meet both.
        try:
            return [ready_over(variant, trusting(renewed)) for _ in range(8)] == [200] * 8
        except httpx.ConnectError:
            return False

    wait_for(served, 240, "the renewed certificate", 5)  # the kubelet's minute and nginx's
    assert variant.names("nginx") == before
