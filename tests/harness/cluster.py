"""A cluster that KUBECONFIG names, by kubectl."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def kubectl(*arguments: str, given: Any = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run kubectl; `given` is an object for its standard input."""
    done = subprocess.run(
        ["kubectl", *arguments],
        input=None if given is None else json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def apply(given: list[dict[str, Any]], *more: str) -> tuple[list[dict[str, Any]], str]:
    """Apply objects on the server with strict validation of their fields; what they became, and the warnings."""
    flags = ("--server-side", "--validate=strict", "--field-manager=agno-ha-test", "-o", "json", "-f", "-")
    several = {"apiVersion": "v1", "kind": "List", "items": given}
    done = kubectl("apply", *flags, *more, given=several)
    became = json.loads(done.stdout)
    return became["items"] if became["kind"] == "List" else [became], done.stderr


def kinds() -> set[str]:
    """What the cluster knows, as `apiVersion/Kind`."""
    rows = (line.split() for line in kubectl("api-resources", "--no-headers").stdout.splitlines())
    return {f"{row[-3]}/{row[-1]}" for row in rows}


@contextmanager
def namespace(given: dict[str, Any]) -> Iterator[None]:
    """Have a namespace for the time of a test."""
    name = given["metadata"]["name"]
    apply([given])
    try:
        yield
    finally:
        kubectl("delete", "namespace", name, "--wait=false", check=False)


def differences(asked: Any, became: Any, at: str = "") -> Iterator[str]:
    """Where the server keeps another value than was asked for: what every later preview would show as a change."""
    if isinstance(asked, dict):
        for key, value in asked.items():
            if not isinstance(became, dict) or key not in became:
                yield f"{at}.{key}: gone"
            else:
                yield from differences(value, became[key], f"{at}.{key}")
    elif isinstance(asked, list):
        if not isinstance(became, list) or len(asked) != len(became):
            yield f"{at}: another length"
        else:
            for index, (one, other) in enumerate(zip(asked, became, strict=True)):
                yield from differences(one, other, f"{at}[{index}]")
    elif asked != became:
        yield f"{at}: {asked!r} became {became!r}"
