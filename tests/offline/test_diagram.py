"""The topology drawn from the plan: every target's parts, nothing over anything else, and the README's own."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from agno_ha import diagram
from agno_ha.diagram import picture
from agno_ha.diagram.svg import _places
from agno_ha.offline import Plan

from offline.conftest import Evaluate

ROOT = Path(__file__).parents[2]
EVERYTHING: dict[str, Any] = {
    "app": {"scheduler": {"enabled": True}},
    "postgres": {"pooler": {"enabled": True}},
}
EXTERNAL: dict[str, Any] = {
    "postgres": {"mode": "external", "external": {"host": "db.example.com"}, "password": "pg"},
    "redis": {"mode": "external", "external": {"host": "redis.example.com"}, "password": "cache"},
}
KUBERNETES: dict[str, Any] = {"images": {"app": "app:1", "pgbouncer": "pgbouncer:1"}}


@pytest.fixture(params=["docker", "everything", "external", "kubernetes", "ingress"])
def plan(request: pytest.FixtureRequest, evaluate: Evaluate) -> Plan:
    if request.param == "kubernetes":
        return evaluate(EVERYTHING, target="kubernetes", own=KUBERNETES)
    if request.param == "ingress":
        return evaluate({}, target="kubernetes", own={**KUBERNETES, "loadBalancer": {"kind": "ingress"}})
    if request.param == "external":
        return evaluate(EXTERNAL, pg="secret", cache="secret")
    return evaluate(EVERYTHING if request.param == "everything" else {})


def test_the_svg_is_well_formed_and_nothing_lies_over_anything_else(plan: Plan) -> None:
    root = ET.fromstring(diagram.svg(plan))
    made = picture.of(plan)
    said = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    for part in made.parts.values():
        assert {part.title, *part.lines} <= said
    boxes, width, height = _places(made)
    assert boxes.keys() == made.parts.keys()
    for box in boxes.values():
        assert box.x >= 0 < box.y
        assert box.x + box.width <= width
        assert box.y + box.height <= height
    for key, one in boxes.items():
        for name, other in boxes.items():
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            below = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert key == name or beside or below, (key, name)


def test_every_arrow_and_frame_is_of_parts_that_are_there(plan: Plan) -> None:
    made = picture.of(plan)
    for arrow in made.arrows:
        assert {arrow.source, arrow.target} <= made.parts.keys()
    for frame in made.frames:
        assert set(frame.parts) <= made.parts.keys()
    assert diagram.mermaid(plan).startswith("flowchart LR\n")


def test_docker(evaluate: Evaluate) -> None:
    made = picture.of(evaluate(EVERYTHING))
    assert made.parts.keys() == {"clients", "balancer", "web", "scheduler", "pooler", "postgres", "redis"}
    assert "2 instances" in made.parts["web"].lines
    assert made.parts["web"].copies == 2


def test_a_store_that_is_somebody_elses_stands_outside(evaluate: Evaluate) -> None:
    made = picture.of(evaluate(EXTERNAL, pg="secret", cache="secret"))
    assert made.parts["postgres"].outside
    assert "postgres" not in {key for frame in made.frames for key in frame.parts}


def test_kubernetes_has_its_autoscaler(evaluate: Evaluate) -> None:
    made = picture.of(evaluate({}, target="kubernetes", own=KUBERNETES))
    assert made.parts["scaler"].title == "HPA"
    assert "2 to 4 instances" in made.parts["web"].lines


def test_the_readmes_is_drawn_by_it(evaluate: Evaluate) -> None:
    found = re.search(
        r"<!-- tested: diagram -->\n```mermaid\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert found
    assert found[1] == diagram.mermaid(evaluate(EVERYTHING))
