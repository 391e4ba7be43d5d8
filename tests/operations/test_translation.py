"""The engine's events as ours, from streams that the real `pulumi` wrote (streams/record.py)."""

import json
from pathlib import Path
from typing import Any

import pytest
from agno_ha.operations.errors import explained
from agno_ha.operations.masking import Mask
from agno_ha.operations.model import Body, Diagnostic, Finding, Step
from agno_ha.operations.translation import Events
from pulumi.automation import CommandError, CommandResult, EngineEvent
from pulumi.automation.errors import create_command_error

STREAMS = Path(__file__).parent / "streams"


def read(name: str, *, drift: bool = False) -> tuple[Events, list[Body]]:
    bodies: list[Body] = []
    events = Events(bodies.append, Mask(), drift=drift)
    for line in (STREAMS / f"{name}.jsonl").read_text().splitlines():
        events.see(EngineEvent.from_json(json.loads(line)))
    return events, bodies


def of(bodies: list[Body], kind: type[Any]) -> list[Any]:
    return [body for body in bodies if isinstance(body, kind)]


def event(**fields: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **fields})


def test_a_recorded_preview() -> None:
    events, bodies = read("preview")
    planned = {(step.resource, step.op): step for step in of(bodies, Step)}
    assert {step.status for step in planned.values()} == {"planned"}
    assert planned["changed (RandomPassword)", "replace"].properties == ("length",)
    assert planned.keys() == {
        ("new (RandomPet)", "create"),
        *(("changed (RandomPassword)", op) for op in ("create-replacement", "replace", "delete-replaced")),
    }
    assert events.changes["create"] == 1
    assert events.steps == of(bodies, Step)
    assert not events.errors
    assert not events.violations


def test_a_recorded_up() -> None:
    events, bodies = read("up")
    steps = of(bodies, Step)
    done = {(step.resource, step.op) for step in steps if step.status == "done"}
    started = {(step.resource, step.op) for step in steps if step.status == "started"}
    assert ("new (RandomPet)", "create") in done
    assert done <= started
    assert events.changes["replace"] == 1


def test_a_recorded_failure_names_its_resource() -> None:
    events, bodies = read("failure")
    [failed] = [step for step in of(bodies, Step) if step.status == "failed"]
    assert failed.resource == "broken (RandomInteger)"
    assert any(text.startswith("broken (RandomInteger): ") for text in events.errors)
    assert any(said.severity == "error" and said.urn == failed.urn for said in of(bodies, Diagnostic))


def test_a_recorded_violation() -> None:
    events, bodies = read("violation")
    found = of(bodies, Finding)
    assert {finding.level for finding in found} == {"mandatory"}
    assert events.violations == [f"{finding.policy}: {finding.message}" for finding in found]
    assert not events.errors  # "preview failed" is no reason
    assert not [said for said in of(bodies, Diagnostic) if "KeyboardInterrupt" in said.message]


def test_no_recorded_value_is_in_what_we_keep() -> None:
    for path in STREAMS.glob("*.jsonl"):
        assert "a-value-of-a-property" in path.read_text(), (
            "the stream holds nothing that could be kept by mistake"
        )
        _, bodies = read(path.stem)
        assert "a-value-of-a-property" not in "".join(body.model_dump_json() for body in bodies)


def test_colours_and_what_is_no_news_are_left_out() -> None:
    bodies: list[Body] = []
    events = Events(bodies.append, Mask())
    for message, severity in (
        ("<{%fg 1%}>Service<{%reset%}> failed", "error"),
        ("using pulumi-resource-docker from $PATH", "warning"),
        ("details", "debug"),
        ("   ", "info"),
        ("said on stderr", "info#err"),
    ):
        events.see(event(diagnosticEvent={"message": message, "severity": severity}))
    events.see(event(diagnosticEvent={"message": "loading", "severity": "info", "ephemeral": True}))
    said = [(body.severity, body.message) for body in of(bodies, Diagnostic)]
    assert said == [("error", "Service failed"), ("info", "said on stderr")]
    assert events.errors == ["Service failed"]


def test_of_a_drift_only_what_was_read_counts() -> None:
    bodies: list[Body] = []
    events = Events(bodies.append, Mask(), drift=True)
    urn = "urn:pulumi:dev::p::docker:index/service:Service::agno-web"
    about = {"urn": urn, "type": "docker:index/service:Service", "provider": ""}
    events.see(event(resourcePreEvent={"metadata": {**about, "op": "refresh"}, "planning": True}))
    diff = {"mode.replicated.replicas": {"diffKind": "update"}}
    events.see(
        event(resOutputsEvent={"metadata": {**about, "op": "update", "detailedDiff": diff}, "planning": True})
    )
    events.see(event(resOutputsEvent={"metadata": {**about, "op": "refresh"}, "planning": True}))
    [step] = of(bodies, Step)
    assert (step.op, step.properties, step.status) == ("update", ("mode.replicated.replicas",), "planned")


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("error: the stack is currently locked by 1 lock(s). Either wait", "run recover"),
        ("error: constructing secrets manager: incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE"),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or", "PULUMI_CONFIG_PASSPHRASE"),
        ("error: no resource plugin 'pulumi-resource-docker' found in the workspace", "plugin install resource docker"),
        ("error: failed to load checkpoint: EOF", "Run recover"),
        ("error: something else", "something else"),
    ],
)  # fmt: skip
def test_what_the_command_said_comes_with_its_remedy(stderr: str, words: str) -> None:
    text = explained(create_command_error(CommandResult("", stderr, 255)))
    assert words in text
    assert stderr in text


def test_what_the_events_said_is_told_once() -> None:
    error = CommandError(CommandResult("out", "error: update failed", 255))
    said = "agno-web (Service): refused"
    assert explained(error, [said, said]) == said
