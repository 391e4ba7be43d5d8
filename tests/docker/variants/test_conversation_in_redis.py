"""The six-turn conversation with sessions in Redis, through pooler, TLS and two workers."""

import uuid

from harness.variant import Variant


def test_every_turn_sees_all_earlier_ones_and_postgres_holds_none(variant: Variant) -> None:
    session = f"talk-{uuid.uuid4().hex[:8]}"
    word = f"word-{uuid.uuid4().hex[:8]}"
    instances = set()
    for turn in range(1, 7):
        answer = variant.ask("agents", "planner", f"{word} {turn}", session)
        assert answer.status_code == 200, answer.text
        assert f"I see {turn} turns" in answer.json()["content"]
        instances.add(answer.headers["X-Agno-Instance"])
    assert len(instances) >= 2

    stored = [
        variant.redis("GET", key)
        for key in variant.redis("--scan").splitlines()
        if variant.redis("TYPE", key) == "string"
    ]
    assert sum(f"{word} {turn}" in value for turn in range(1, 7) for value in stored) >= 6
    for table, column in (("agno_runs", "run_data"), ("agno_sessions", "session_data")):
        [[count]] = variant.sql(
            f"SELECT count(*) FROM ai.{table} WHERE session_id = '{session}' OR {column}::text LIKE '%{word}%'",
            "conversations",
        )
        assert count == "0", table
