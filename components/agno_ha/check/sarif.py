"""A report as SARIF 2.1.0, which code hosts show as annotations of a pull request."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from typing import Any

from agno_ha_policies import RULES
from agno_ha_policies.exceptions import LEVELS as ABOUT_EXCEPTIONS
from agno_ha_policies.model import Level

from agno_ha.check import Located, Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Level, str] = {"mandatory": "error", "advisory": "warning", "disabled": "none"}
_SECURITY = {"critical": "9.0", "high": "7.0", "medium": "5.0", "low": "3.0"}


def sarif(report: Report) -> str:
    """Return the log of one run."""
    driver = {"name": "agno-ha check", "version": version("agno-ha"), "rules": _rules()}
    results = [_result(located, report.source) for located in report.found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rules() -> list[dict[str, Any]]:
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.rationale},
            "help": {"text": rule.remediation},
            "defaultConfiguration": {"level": _LEVELS[rule.level]},
            "properties": {
                "tags": [rule.family],
                "problem.severity": _LEVELS[rule.level],
                **({"security-severity": _SECURITY[rule.severity]} if rule.family == "SEC" else {}),
            },
        }
        for rule in RULES
    ]
    about = [
        {"id": name, "shortDescription": {"text": "An exception is out of date"}} for name in ABOUT_EXCEPTIONS
    ]
    return [*rules, *about]


def _result(located: Located, source: str) -> dict[str, Any]:
    finding, line = located.finding, located.line
    place: dict[str, Any] = {"artifactLocation": {"uri": line.file if line else source}}
    if line:
        place["region"] = {"startLine": line.number}
    # What stays the same when lines move, so that a code host knows a finding again.
    same = hashlib.sha256("\0".join((finding.rule, finding.urn, finding.path)).encode()).hexdigest()
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.level],
        "message": {"text": f"{finding.resource}: {finding.text} {finding.remediation}"},
        "locations": [
            {
                "physicalLocation": place,
                "logicalLocations": [{"fullyQualifiedName": finding.urn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": same},
    }
    if finding.excepted:
        result["suppressions"] = [{"kind": "external", "justification": finding.excepted}]
    return result
