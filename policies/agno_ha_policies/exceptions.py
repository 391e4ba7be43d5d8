"""Exceptions: a finding that is known and tolerated, for a reason and until a day.

# policies/exceptions.yaml
exceptions:
  - rule: LB-003
    urn: "*AgnoService::agno"     # a pattern on the whole URN: * and ?
    reason: TLS ends at the company's gateway
    expires: 2027-03-31           # the last day on which it holds
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from agno_ha.topology.base import Matching, Section, invalid
from agno_ha.topology.problem import ConfigurationError, Problem
from agno_ha.validation import validate
from agno_ha.yaml_file import read_yaml
from pydantic import BeforeValidator

from agno_ha_policies.model import Finding, Level

FILE = "policies/exceptions.yaml"
EXPIRED, UNMATCHED = "EXCEPTION-EXPIRED", "EXCEPTION-UNMATCHED"
LEVELS: dict[str, Level] = {EXPIRED: "mandatory", UNMATCHED: "advisory"}
"""What the exceptions themselves can be found to be; no file changes these levels."""

_Text = Annotated[str, Matching(r"\S[^\x00-\x1f]*", "must be one line of text", "Write it on one line")]


def _day(value: Any) -> Any:
    # YAML reads a day as a date, and a time as one too.
    if type(value) is not datetime.date:
        raise invalid("must be a day", "Write it like 2027-03-31, without quotes")
    return value


class Exemption(Section):
    """One exception."""

    rule: str
    """The rule's id."""
    urn: _Text
    """Pattern on the whole URN; `*` stands for any text, `?` for one character."""
    reason: _Text
    """Why; shown with each finding that it tolerates."""
    expires: Annotated[datetime.date, BeforeValidator(_day)]
    """The last day on which it holds."""

    def tolerates(self, finding: Finding) -> bool:
        """Whether it is about this finding, whatever the day."""
        return finding.rule == self.rule and fnmatchcase(finding.urn, self.urn)


@dataclass
class Exceptions:
    """The exceptions at work: which are used, which have expired."""

    given: Sequence[Exemption]
    today: datetime.date = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).date())
    used: set[int] = field(default_factory=set)

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings, those that an exception tolerates as advisory ones that say so."""
        return [self._apply(finding) for finding in findings]

    def _apply(self, finding: Finding) -> Finding:
        for index, exemption in enumerate(self.given):
            if exemption.tolerates(finding):
                self.used.add(index)
                if exemption.expires >= self.today:
                    excepted = f"until {exemption.expires}: {exemption.reason}"
                    return replace(finding, level="advisory", excepted=excepted)
        return finding

    def findings(self) -> Iterator[Finding]:
        """Return what is wrong with the exceptions themselves, once all findings were seen."""
        for index, exemption in enumerate(self.given):
            path = f"exceptions.{index}"
            if exemption.expires < self.today:
                message = f"the exception of {exemption.rule} expired on {exemption.expires}"
                yield _finding(EXPIRED, path, f"{message}. Mend what it tolerated, or extend it.")
            elif index not in self.used:
                message = f"the exception of {exemption.rule} matches no finding"
                yield _finding(UNMATCHED, path, f"{message}. Remove it, or correct its rule or urn.")


def _finding(rule: str, path: str, message: str) -> Finding:
    return Finding(
        rule=rule, urn=f"::{FILE}", path=path, message=message, unknown=False, level=LEVELS[rule],
        severity="medium", remediation="Keep policies/exceptions.yaml to what is tolerated now.",
    )  # fmt: skip


def read(path: Path, rules: Sequence[str]) -> tuple[tuple[Exemption, ...], list[Problem]]:
    """Read the file where there is one: the exceptions, and every problem."""
    source = f"{path.parent.name}/{path.name}"
    try:
        data = read_yaml(path) if path.exists() else {}
    except ConfigurationError as error:
        return (), list(error.problems)
    problems = [
        Problem(source, str(key), None, "unknown key", "Write `exceptions:` and a list below it")
        for key in data
        if key != "exceptions"
    ]
    entries = data.get("exceptions") or []
    if not isinstance(entries, list):
        problems.append(
            Problem(source, "exceptions", None, "must be a list", "Begin each entry with `- rule:`")
        )
        entries = []
    found: list[Exemption] = []
    for index, entry in enumerate(entries):
        exemption, wrong = validate(Exemption, entry, f"exceptions.{index}", source)
        problems += wrong
        if exemption is None:
            continue
        if exemption.rule not in rules:
            fix = "docs/policies.md lists them all"
            problems.append(
                Problem(source, f"exceptions.{index}.rule", exemption.rule, "there is no such rule", fix)
            )
        found.append(exemption)
    return tuple(found), problems
