"""The catalogue of rules and facts in docs/policies.md: `python -m agno_ha.check.catalogue` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agno_ha_policies import RULES, Settings
from agno_ha_policies.configuration import preset
from agno_ha_policies.model import ENVIRONMENTS, Bounds, Environment, ResourceRule, Rule

from agno_ha.facts import FACTS

PAGE = Path("docs/policies.md")

_FAMILIES = {
    "SCALE": "how many instances run",
    "POOL": "connections to Postgres",
    "DB": "Postgres",
    "CACHE": "Redis",
    "LB": "load balancer, health and drain",
    "SEC": "secrets, rights and what is open",
    "OPS": "limits, logs, restarts and rollbacks",
}
_KINDS = {"0": "the facts", "1": "Docker", "2": "Kubernetes", "3": "ECS"}


def page(text: str) -> str:
    """Return the page with its generated parts, between their marks, made anew."""
    for name, lines in (("rules", _rules()), ("facts", _facts())):
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, after = text.partition(begin)[0], text.partition(end)[2]
        text = "\n".join([before + begin, *lines, end + after])
    return text


def _rules() -> Iterator[str]:
    for family, about in _FAMILIES.items():
        yield f"## {family}: {about}\n"
        for rule in RULES:
            if rule.family == family:
                yield from _rule(rule)


def _rule(rule: Rule[Any]) -> Iterator[str]:
    where = _KINDS[rule.id.partition("-")[2][0]]
    stack = "" if isinstance(rule, ResourceRule) else ", the whole stack at once"
    levels = {name: Settings(name).level(rule) for name in ENVIRONMENTS}
    usual = levels.pop("prod")
    others = "".join(f", {level} in {name}" for name, level in levels.items() if level != usual)
    yield f"### {rule.id}\n\n**{rule.title}** · {rule.severity} · {usual}{others} · looks at {where}{stack}\n"
    yield f"{rule.rationale} *{rule.remediation}*\n"
    if rule.bounds.model_fields:
        yield "| Setting | prod | dev | |\n| --- | --- | --- | --- |"
        prod, dev = (_values(rule, name) for name in ("prod", "dev"))
        for name, field in rule.bounds.model_fields.items():
            key = field.alias or name
            meaning = " ".join((field.description or "").split())
            yield f"| `{key}` | {prod[key]} | {dev[key]} | {meaning} |"
        yield ""


def _values(rule: Rule[Bounds], environment: Environment) -> dict[str, str]:
    values = preset(rule, environment).model_dump(mode="json", by_alias=True)
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()
    }


def _facts() -> Iterator[str]:
    yield "| Fact | Meaning | Decided by |\n| --- | --- | --- |"
    for name, fact in FACTS.items():
        yield f"| `{name}` | {fact.meaning} | {', '.join(f'`{setting}`' for setting in fact.settings)} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
