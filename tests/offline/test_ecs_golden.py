"""The ECS target's whole plan is the one that was read: a change that nobody meant is seen, whatever it is."""

from __future__ import annotations

import yaml

from .ecs_golden import PLANS, VARIANTS, plans, text


def test_the_plans_are_those_that_were_read() -> None:
    """After a change that is meant, `ecs_golden` says how to write them anew."""
    for variant, resources in plans():
        written = (PLANS / f"{variant}.yaml").read_text()
        known = yaml.safe_load(written)
        assert {name: resources.get(name) for name in known} == known, variant
        assert text(resources) == written, variant
    assert {path.stem for path in PLANS.iterdir()} == set(VARIANTS)
