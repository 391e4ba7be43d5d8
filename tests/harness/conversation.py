"""A conversation whose turns land on different instances (document rows 11 and 12)."""

import time
import uuid
from itertools import count

from harness.service import Service


def talk(deployment: Service, session: str, turn: int) -> str:
    """Talk one turn, which sees all earlier ones of its session; return the instance that answered."""
    answer = deployment.run(session, f"turn {turn}")
    assert answer.status_code == 200, answer.text
    assert f"I see {turn} turns" in answer.json()["content"].replace("1 turn ", "1 turns ")
    return str(answer.headers["X-Agno-Instance"])


def six_turns(deployment: Service) -> None:
    """Talk on one session: each turn sees all earlier ones, two instances or more serve it, and all are stored.

    Six turns, or as many more as it takes until the load balancer knows an instance that has just come.
    """
    session = f"talk-{uuid.uuid4().hex[:8]}"
    instances: set[str] = set()
    for turn in count(1):
        instances.add(talk(deployment, session, turn))
        if turn >= 6:
            if len(instances) >= 2:
                break
            # Fewer than the turns that an agent is shown.
            assert turn < 45, f"one instance alone answers: {instances}"
            time.sleep(3)
    rows = deployment.sql(f"SELECT count(*) FROM ai.agno_runs WHERE session_id = '{session}'")
    assert rows == [[str(turn)]]
