"""A report to read: text for people, JSON for programs, Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from agno_ha_policies.picture import Picture, Row
from agno_ha_policies.view import digits

from agno_ha.check import Located, Report

MARK = "<!-- agno-ha check -->"
"""First line of the Markdown, by which a workflow finds its earlier comment."""


def text(report: Report) -> str:
    """Return a report for a terminal, without a final newline."""
    lines = []
    for located in report.found:
        finding = located.finding
        at = f"{located.line}: " if located.line else ""
        lines.append(f"{at}{finding.rule} [{finding.level}] {finding.resource}: {finding.text}")
    for picture in report.pictures:
        lines += ["", *_aligned(picture)] if lines else _aligned(picture)
    return "\n".join([*lines, "", summary(report)] if lines else [summary(report)])


def as_json(report: Report) -> str:
    """Return a JSON object: `findings`, each with the fields of `Finding`, and `capacity`, one entry a Postgres."""
    findings = [
        {
            **asdict(located.finding),
            "resource": located.finding.resource,
            "line": str(located.line) if located.line else None,
        }
        for located in report.found
    ]
    capacity = [
        {
            "name": picture.name,
            "rows": [_numbered(row) for row in picture.rows],
            "total": _numbered(picture.total),
            "maxConnections": picture.maximum,
            "usable": picture.usable,
        }
        for picture in report.pictures
    ]
    return json.dumps({"findings": findings, "capacity": capacity}, indent=2)


def markdown(report: Report) -> str:
    """Return a report for a pull request's comment."""
    sign = "❌" if report.failed else "✅"
    lines = [MARK, f"### {sign} agno-ha check: {summary(report)}"]
    if report.found:
        lines += ["", "| Level | Rule | Where | Finding |", "| --- | --- | --- | --- |"]
        lines += [_row(located) for located in report.found]
    for picture in report.pictures:
        head = f"Connections to Postgres of `{picture.name}`"
        lines += ["", f"| {head} | at min | at max | at max with surge |", "| --- | ---: | ---: | ---: |"]
        lines += [f"| {' | '.join(cells)} |" for cells in _cells(picture)]
    return "\n".join(lines)


def summary(report: Report) -> str:
    """Return one sentence with the counts.

    >>> summary(Report((), (), ""))
    'No findings.'
    """
    if not report.found:
        return "No findings."
    mandatory = sum(finding.level == "mandatory" for finding in report.findings)
    excepted = sum(bool(finding.excepted) for finding in report.findings)
    count = len(report.found)
    more = f", {excepted} excepted" if excepted else ""
    return f"{count} finding{'s' * (count > 1)}, {mandatory} mandatory{more}."


def _row(located: Located) -> str:
    finding = located.finding
    where = f"`{located.line}`" if located.line else f"`{finding.resource}`"
    cells = (finding.level, f"[{finding.rule}](docs/policies.md#{finding.rule.lower()})", where, finding.text)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cells(picture: Picture) -> Iterator[tuple[str, ...]]:
    for row in (*picture.rows, picture.total):
        yield (row.who, *(_shown(number) for number in _numbers(row)))
    limit = f"usable of {_shown(picture.maximum)}, {_shown(picture.reserved)} for operators"
    yield (limit, *[_shown(picture.usable)] * 3)


def _aligned(picture: Picture) -> list[str]:
    head = (f"Connections to Postgres of {picture.name}", "min", "max", "max + surge")
    table = [head, *_cells(picture)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    lines = []
    for row in table:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]))
    return lines


def _numbered(row: Row) -> dict[str, str | float | None]:
    # null: no limit, for which JSON has no number.
    low, high, surge = (None if number == float("inf") else number for number in _numbers(row))
    return {"who": row.who, "min": low, "max": high, "maxWithSurge": surge}


def _numbers(row: Row) -> tuple[float, float, float]:
    return row.at_min, row.at_max, row.with_surge


def _shown(number: float) -> str:
    return "no limit" if number == float("inf") else digits(number)
