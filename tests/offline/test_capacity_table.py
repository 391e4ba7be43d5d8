"""The capacity picture that `plan` and `status` show, from the facts of the offline plan."""

import io

from agno_ha.cli import reporting
from agno_ha.offline import Plan
from agno_ha.service import TYPE
from rich.console import Console

from offline.conftest import Evaluate
from offline.test_diagram import EXTERNAL


def table(plan: Plan) -> str:
    drawn = io.StringIO()
    [service] = plan.of_type(TYPE)
    Console(file=drawn, width=120).print(reporting.capacity(service.inputs))
    return drawn.getvalue()


def test_what_is_needed_of_what_there_is(evaluate: Evaluate) -> None:
    rows = [line for line in table(evaluate({})).splitlines() if "█" in line]
    assert [line.split("│")[1].strip() for line in rows] == [
        "connections of Postgres", "memory of an instance", "memory of Postgres", "memory of Redis",
    ]  # fmt: skip
    assert [cell.strip() for cell in rows[0].split("│")[2:4]] == ["80", "190"]
    assert rows[0].count("█") == round(80 / 190 * 24)


def test_a_store_that_is_somebody_elses_has_no_memory(evaluate: Evaluate) -> None:
    assert "memory of Postgres" not in table(evaluate(EXTERNAL, pg="secret", cache="secret"))
