"""Stores that stop, freeze or refuse, under runs: what was answered 200 is stored, the rest is 503, all recovers."""

import json
import signal
import threading
import time
from collections import Counter

import httpx
import pytest
import servers

Pair = tuple[servers.Instance, servers.Instance]
AUTH = {"Authorization": f"Bearer {servers.KEY}".encode()}
RUNS = "/agents/assistant/runs"


def database_of(instance: servers.Instance) -> str:
    return instance.environment["POSTGRES_DB"]


def ready(instance: servers.Instance) -> tuple[int, dict[str, str]]:
    response = httpx.get(f"{instance.url}/ready", timeout=10)
    return response.status_code, response.json()["problems"]


def recovered(pair: Pair) -> None:
    for instance in pair:
        servers.until(lambda i=instance: ready(i)[0] == 200, 30, "ready again by itself")
        assert instance.process.poll() is None


def stored_messages(postgres: servers.Postgres, database: str) -> str:
    with postgres.connect(database) as connection:
        return str(connection.execute("SELECT string_agg(run_data::text, ' ') FROM ai.agno_runs").fetchone())


@pytest.mark.parametrize("stream", ["false", "true"])
def test_postgres_stopped_amid_paced_turns_loses_no_acknowledged_one(
    pair: Pair, postgres: servers.Postgres, stream: str
) -> None:
    statuses: dict[str, int] = {}

    def turn(number: int) -> None:
        text = f"turn-{stream}-{number:02}."
        data = {"message": text, "session_id": f"outage-{number % 5}", "stream": stream}
        response = httpx.post(pair[number % 2].url + RUNS, data=data, headers=AUTH, timeout=60)
        acknowledged = response.status_code == 200 and (
            stream == "false" or "event: RunCompleted" in response.text
        )
        statuses[text] = 200 if acknowledged else response.status_code if response.status_code != 200 else -1
        if response.status_code == 503:
            assert response.headers["retry-after"] == "5"

    threads = [threading.Thread(target=turn, args=(number,)) for number in range(50)]
    for number, thread in enumerate(threads):
        if number == 20:
            postgres.stop()
        if number == 35:
            status, problems = ready(pair[0])
            assert (status, set(problems)) == (503, {"postgres"})
            assert httpx.get(f"{pair[0].url}/health", timeout=5).status_code == 200
            postgres.start()
        thread.start()
        time.sleep(0.12)
    for thread in threads:
        thread.join(90)
    recovered(pair)
    counts = Counter(statuses.values())
    assert sum(counts.values()) == 50
    assert set(counts) <= {200, 503, -1}, counts
    assert counts[200] >= 5, counts
    assert counts[503] >= 1, counts
    stored = stored_messages(postgres, database_of(pair[0]))
    lost = [text for text, status in statuses.items() if status == 200 and text not in stored]
    assert not lost, (lost, counts)


def test_redis_down_refuses_runs_and_comes_back(pair: Pair, redis_server: servers.Redis) -> None:
    redis_server.stop()
    try:
        servers.until(lambda: ready(pair[0])[0] == 503, 10, "/ready says 503")
        assert set(ready(pair[0])[1]) == {"redis"}
        response = servers.run(pair[0].url, "hi", session="no-redis")
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert "redis" in response.json()["detail"]
    finally:
        redis_server.start()
    recovered(pair)
    assert servers.run(pair[0].url, "hi", session="no-redis").status_code == 200


def test_a_frozen_postgres_stops_no_health_check(pair: Pair, postgres: servers.Postgres) -> None:
    postgres.signal(signal.SIGSTOP)
    time.sleep(1)  # an answer of the probe holds for half a second; what began before may wait
    try:
        for _ in range(3):
            # Neither waits for what never answers; how long is the machine's affair.
            refused = servers.run(pair[0].url, "hi", session="frozen", timeout=30)
            assert refused.status_code == 503
            assert httpx.get(f"{pair[0].url}/health", timeout=5).status_code == 200
    finally:
        postgres.signal(signal.SIGCONT)
    recovered(pair)


def test_redis_frozen_under_a_run_does_not_keep_it_for_ever(pair: Pair, redis_server: servers.Redis) -> None:
    """Of a run's ten or so calls to Redis the first waits for all; sessions are in Postgres, so it can be stored."""
    answers: list[httpx.Response] = []

    def turn() -> None:
        answers.append(servers.run(pair[0].url, "slowly 3", session="redis-frozen", timeout=100))

    thread = threading.Thread(target=turn)
    thread.start()
    time.sleep(1.5)
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        thread.join()
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    assert [answer.status_code for answer in answers] in ([200], [503])
    recovered(pair)


def test_a_run_that_postgres_refuses_to_store_is_never_acknowledged(
    pair: Pair, postgres: servers.Postgres
) -> None:
    with postgres.connect(database_of(pair[0])) as connection:
        connection.execute(
            "CREATE FUNCTION ai.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.run_data::text LIKE '%please refuse%' THEN RAISE 'disk full' USING ERRCODE = '53100'; END IF;"
            " RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ai.agno_runs FOR EACH ROW EXECUTE FUNCTION ai.refuse()"
        )
        try:
            response = servers.run(pair[0].url, "please refuse", session="refused")
            assert response.status_code == 503
            assert response.json()["detail"].startswith("The answer could not be stored")
            data = {"message": "please refuse", "session_id": "refused-too"}
            text = httpx.post(pair[0].url + RUNS, data=data, headers=AUTH, timeout=30).text
            assert "event: RunCompleted" not in text
            assert json.loads(text.strip().rpartition("data: ")[2])["error_type"] == "store_unavailable"
        finally:
            connection.execute("DROP TRIGGER refuse ON ai.agno_runs")
            connection.execute("DROP FUNCTION ai.refuse()")
    assert servers.run(pair[0].url, "please refuse", session="refused").status_code == 200


@pytest.mark.parametrize("code", ["53100", "23514"])  # an outage's, and one that no retry mends
def test_a_turn_whose_session_is_not_stored_is_never_acknowledged(
    pair: Pair, postgres: servers.Postgres, code: str
) -> None:
    """agno stores session and run one after the other, and goes on after the first has failed."""
    session = f"half-stored-{code}"
    assert servers.run(pair[0].url, "before", session=session).status_code == 200
    with postgres.connect(database_of(pair[0])) as connection:
        connection.execute(
            "CREATE FUNCTION ai.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.session_id = '{session}' THEN RAISE 'refused' USING ERRCODE = '{code}'; END IF;"
            " RETURN NEW; END $$".encode()
        )
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ai.agno_sessions"
            " FOR EACH ROW EXECUTE FUNCTION ai.refuse()"
        )
        try:
            response = servers.run(pair[0].url, "lost", session=session)
            assert (response.status_code, response.json()["detail"][:26]) == (
                503,
                "The answer could not be st",
            )
            data = {"message": "lost", "session_id": session}
            text = httpx.post(pair[0].url + RUNS, data=data, headers=AUTH, timeout=30).text
            assert "event: RunCompleted" not in text
            assert json.loads(text.strip().rpartition("data: ")[2])["error_type"] == "store_unavailable"
            # Nor is there a completed run, which a later attempt would take for the answer.
            completed = connection.execute(
                "SELECT count(*) FROM ai.agno_runs WHERE session_id = %s AND status = 'COMPLETED'", (session,)
            )
            assert completed.fetchone() == (1,)
        finally:
            connection.execute("DROP TRIGGER refuse ON ai.agno_sessions")
            connection.execute("DROP FUNCTION ai.refuse()")
    assert servers.run(pair[0].url, "again", session=session).status_code == 200


def test_a_full_pool_is_503_and_not_500(pair: Pair, postgres: servers.Postgres) -> None:
    """The sessions' table is locked, so that every run holds its connection: more runs than connections."""
    database = database_of(pair[0])
    statuses: list[int] = []

    def turn(number: int) -> None:
        statuses.append(servers.run(pair[0].url, "hi", session=f"full-{number}").status_code)

    with postgres.connect(database) as connection:
        connection.autocommit = False
        connection.execute("LOCK TABLE ai.agno_sessions IN ACCESS EXCLUSIVE MODE")
        threads = [threading.Thread(target=turn, args=(number,)) for number in range(25)]
        for thread in threads:
            thread.start()
        servers.until(
            lambda: statuses.count(503) >= 10, 60, "runs that get no connection in time are refused"
        )
        assert httpx.get(f"{pair[0].url}/health", timeout=5).status_code == 200
        connection.rollback()
    for thread in threads:
        thread.join(60)
    counts = Counter(statuses)
    assert set(counts) <= {200, 503}, counts
    recovered(pair)
