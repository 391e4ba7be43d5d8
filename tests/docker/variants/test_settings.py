"""What the servers say of themselves is what the topology says (document rows 10 to 12)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.containers import execute
from harness.variant import GIVEN, TOPOLOGY, Variant

POSTGRES, REDIS = TOPOLOGY["postgres"], TOPOLOGY["redis"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("max_connections", "60"),
        ("superuser_reserved_connections", "6"),
        ("shared_buffers", "96MB"),
        ("effective_cache_size", "300MB"),
        ("work_mem", "3MB"),
        ("statement_timeout", "45s"),
        ("idle_in_transaction_session_timeout", "50s"),
    ],
)
def test_postgres_runs_with_the_topology_s_settings(variant: Variant, setting: str, value: str) -> None:
    assert variant.sql(f"SHOW {setting}", POSTGRES["database"]) == [[value]]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("maxmemory", str(100 * 1024**2)),
        ("maxmemory-policy", "volatile-ttl"),
        ("appendonly", "yes"),
        ("appendfsync", "always"),
    ],
)
def test_redis_runs_with_the_topology_s_settings(variant: Variant, setting: str, value: str) -> None:
    assert variant.redis("CONFIG", "GET", setting).splitlines() == [setting, value]


def test_the_app_s_role_owns_its_database_and_nothing_else(variant: Variant) -> None:
    flags = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
    assert variant.sql(f"SELECT {flags} FROM pg_roles WHERE rolname = 'operator'", "postgres") == [["f"] * 5]
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'conversations'"
    assert variant.sql(owner, "postgres") == [["operator"]]


def test_reserved_connections_are_left_when_the_app_s_role_takes_all_it_can(variant: Variant) -> None:
    """60 connections of the app's role are asked for beside the pooler's: 6 stay free for the superuser."""
    [postgres] = variant.containers("postgres")
    script = """
        for number in $(seq 60); do
          psql -h 127.0.0.1 -U operator -d conversations -qAtc "SELECT 'held' FROM pg_sleep(8)" 2>&1 &
        done; wait
    """
    password = {"PGPASSWORD": GIVEN["pg-password"]}
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'operator'"
    with ThreadPoolExecutor(1) as aside:
        asked = aside.submit(execute, postgres, ["bash", "-c", script], password)
        taken = []
        while not asked.done():  # each look is a connection of the superuser
            taken += [int(count) for [count] in variant.sql(query, "postgres")]
            time.sleep(0.2)
    lines = asked.result().output.decode().splitlines()
    # Less where a look or the server's health check, connections too, had their places before the last of them.
    assert 60 - 6 - 2 <= max(taken) <= 60 - 6
    refused = [line for line in lines if "slots are reserved" in line or "too many clients" in line]
    assert lines.count("held") + len(refused) == 60, set(lines)


def test_the_pooler_stands_between_and_opens_no_more_than_its_size(variant: Variant) -> None:
    [pooler] = variant.containers("pgbouncer")
    addresses = {network["IPAddress"] for network in pooler.attrs["NetworkSettings"]["Networks"].values()}
    seen = variant.sql(
        "SELECT host(client_addr), application_name FROM pg_stat_activity WHERE usename = 'operator'",
        "postgres",
    )
    assert seen
    assert {address for address, _ in seen} <= addresses
    assert len(seen) <= POSTGRES["pooler"]["poolSize"]
    configuration = execute(pooler, ["cat", "/etc/pgbouncer/pgbouncer.ini"]).output.decode()
    assert "pool_mode = transaction" in configuration


def test_two_workers_serve_in_every_instance(variant: Variant) -> None:
    for web in variant.containers("web"):
        processes = [row[-1] for row in web.top(ps_args="-eo pid,args")["Processes"]]
        workers = [line for line in processes if "multiprocessing" in line and "spawn_main" in line]
        assert len(workers) == 2, processes
