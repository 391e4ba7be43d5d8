"""The program's plan: the exact resources of a topology, their parents, their protection, and no secret in the open."""

import asyncio
from typing import Any

import pytest
from agno_ha.offline import Plan, ProgramError, Secret
from agno_ha.render.stack import render
from agno_ha.service import TYPE
from pulumi.runtime import settings

from .conftest import Evaluate

SERVICE, SECRET, CONFIG = "Service", "Secret", "ServiceConfig"
BASIC = {
    ("AgnoService", "agno"),
    *(("RandomPassword", f"agno-{room}") for room in
      ("postgres-password", "postgres-admin-password", "redis-password", "security-key", "service-token")),
    *(("Network", f"agno-{room}") for room in ("edge", "stores")),
    *(("Volume", f"agno-{room}-data") for room in ("postgres", "redis")),
    *((CONFIG, f"agno-{room}") for room in ("postgres-role", "nginx-conf")),
    *((SECRET, f"agno-{room}") for room in
      ("postgres-password", "postgres-admin-password", "redis-users", "app-postgres-password",
       "app-redis-password", "app-os-security-key", "app-internal-service-token")),
    *((SERVICE, f"agno-{room}") for room in ("postgres", "redis", "web", "nginx")),
}  # fmt: skip
EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}


def kinds(plan: Plan) -> set[tuple[str, str]]:
    return {(resource.type.split(":")[-1], resource.name) for resource in plan.resources}


def test_the_default_topology(evaluate: Evaluate) -> None:
    assert kinds(evaluate()) == BASIC


def test_what_an_earlier_plan_left_waiting_does_not_stop_the_next_one(evaluate: Evaluate) -> None:
    async def leave() -> asyncio.Task[None]:
        return asyncio.create_task(asyncio.sleep(0))

    settings.SETTINGS.outputs.add(asyncio.run(leave()))  # of a loop that is closed
    assert kinds(evaluate()) == BASIC


@pytest.mark.parametrize(
    ("topology", "more", "less"),
    [
        ({"app": {"scheduler": {"enabled": True}}}, {(SERVICE, "agno-scheduler")}, set()),
        (
            {"postgres": {"pooler": {"enabled": True}}},
            {(SERVICE, "agno-pgbouncer"), (CONFIG, "agno-pgbouncer-ini"), (SECRET, "agno-pgbouncer-users")},
            set(),
        ),
        (
            {"loadBalancer": {"tls": {"mode": "generated"}}},
            {("RandomPassword", "agno-tls-seed"), (SECRET, "agno-tls-certificate"), (SECRET, "agno-tls-key")},
            set(),
        ),
        (
            {"app": {"authentication": "none"}},
            set(),
            {("RandomPassword", "agno-security-key"), (SECRET, "agno-app-os-security-key")},
        ),
        (
            {"postgres": EXTERNAL},
            set(),
            {("RandomPassword", "agno-postgres-password"), ("RandomPassword", "agno-postgres-admin-password"),
             ("Volume", "agno-postgres-data"), (CONFIG, "agno-postgres-role"), (SECRET, "agno-postgres-password"),
             (SECRET, "agno-postgres-admin-password"), (SERVICE, "agno-postgres")},
        ),
        (
            {"redis": EXTERNAL},
            set(),
            {("RandomPassword", "agno-redis-password"), ("Volume", "agno-redis-data"), (SECRET, "agno-redis-users"),
             (SERVICE, "agno-redis")},
        ),
        ({"app": {"secrets": {"API_TOKEN": "given"}}}, {(SECRET, "agno-app-api-token")}, set()),
    ],
    ids=["scheduler", "pooler", "tls", "no authentication", "external postgres", "external redis", "own secret"],
)  # fmt: skip
def test_each_choice_adds_and_removes_exactly(
    evaluate: Evaluate, topology: dict[str, Any], more: set[tuple[str, str]], less: set[tuple[str, str]]
) -> None:
    assert kinds(evaluate(topology, given="a given value")) == (BASIC | more) - less


def test_every_resource_descends_from_the_service(evaluate: Evaluate) -> None:
    plan = evaluate()
    [service] = plan.of_type(TYPE)
    assert {resource.parent for resource in plan.resources if resource is not service} == {service.urn}


def test_what_holds_data_is_protected_outside_dev(evaluate: Evaluate) -> None:
    protected = {(kind, name) for kind, name in BASIC if kind in ("Volume", "RandomPassword")}
    for environment in ("staging", "prod"):
        plan = evaluate(environment=environment)
        assert {key for key in kinds(plan) if any(r.protect and r.name == key[1] and r.type.endswith(key[0])
                for r in plan.resources)} == protected  # fmt: skip
    assert not any(resource.protect for resource in evaluate(environment="dev").resources)


def test_every_service_is_hardened(evaluate: Evaluate) -> None:
    plan = evaluate({"app": {"scheduler": {"enabled": True}}, "postgres": {"pooler": {"enabled": True}}})
    services = plan.of_type("docker:index/service:Service")
    assert len(services) == 6
    for service in services:
        task = service.inputs["taskSpec"]
        container = task["containerSpec"]
        assert container["readOnly"] is True
        assert container["capDrops"] == ["ALL"]
        assert not container["user"].startswith(("0", "root"))
        assert task["resources"]["limits"]["memoryBytes"] > 0
        assert task["resources"]["limits"]["nanoCpus"] > 0
        assert task["logDriver"]["options"]["max-file"]
        published = service.inputs["endpointSpec"].get("ports")
        assert bool(published) == (service.name == "agno-nginx")


def test_secrets_stand_in_secret_inputs_only(evaluate: Evaluate) -> None:
    plan = evaluate({"app": {"secrets": {"API_TOKEN": "given"}}}, given="a given value")
    for resource in plan.resources:
        text = str({key: value for key, value in resource.inputs.items() if not isinstance(value, Secret)})
        assert "secret-agno" not in text, resource.name
        assert "a given value" not in text, resource.name
    assert "secret-agno" not in str(render(plan, "agno-ha-test").stack)


def test_equal_programs_are_equal_files(evaluate: Evaluate) -> None:
    first, second = (render(evaluate(), "agno-ha-test") for _ in range(2))
    assert first.stack == second.stack
    assert str(first.stack["services"]["web"]) == str(second.stack["services"]["web"])
    assert first.configs == second.configs


def test_a_mistake_is_a_message(evaluate: Evaluate) -> None:
    with pytest.raises(ProgramError) as caught:
        evaluate({"scaling": {"max": 40}, "postgres": {"password": "absent"}})
    assert "scaling.max = 40" in str(caught.value)
    with pytest.raises(
        ProgramError, match=r"topology.postgres.password: names a secret that this stack does not have"
    ):
        evaluate({"postgres": {"password": "absent"}})
