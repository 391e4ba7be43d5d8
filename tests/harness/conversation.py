"""A conversation whose turns land on different instances (document rows 11 and 12)."""

import uuid

from harness.service import Service


def six_turns(deployment: Service) -> None:
    """Talk on one session: each turn sees all earlier ones, two instances or more serve it, and all are stored."""
    session = f"talk-{uuid.uuid4().hex[:8]}"
    instances = set()
    for turn in range(1, 7):
        answer = deployment.run(session, f"turn {turn}")
        assert answer.status_code == 200, answer.text
        assert f"I see {turn} turns" in answer.json()["content"].replace("1 turn ", "1 turns ")
        instances.add(answer.headers["X-Agno-Instance"])
    assert len(instances) >= 2
    rows = deployment.sql(f"SELECT count(*) FROM ai.agno_runs WHERE session_id = '{session}'")
    assert rows == [["6"]]
