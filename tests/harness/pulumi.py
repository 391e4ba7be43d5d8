"""The real `pulumi` command on a deployment's stack, as a person at a shell would run it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agno_ha.operations import automation
from agno_ha.operations.workspace import Workspace


class Pulumi:
    """Commands of one stack, in its project directory, on its own backend."""

    def __init__(self, workspace: Workspace) -> None:
        self.root = workspace.root
        self.stack = workspace.stack
        self.environment = {
            **os.environ,
            **automation.environment(workspace),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "NO_COLOR": "1",
        }

    def run(
        self, *arguments: str, code: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `code` is the exit code that it must have, None for any."""
        return self._run(self._command(arguments), {**self.environment, **environment}, code)

    def agno_ha(
        self, *arguments: str, code: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run an `agno-ha` command on the stack, as `make` and the documentation do."""
        command = str(Path(sys.executable).with_name("agno-ha"))
        return self._run(
            [command, *arguments, "--stack", self.stack], {**self.environment, **environment}, code
        )

    def _run(
        self, command: list[str], environment: dict[str, str], code: int | None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        said = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        assert code in (None, done.returncode), f"{command}: exit code {done.returncode}\n{said}"
        return done

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own; its output goes to a file."""
        with log.open("wb") as file:
            return subprocess.Popen(
                self._command(arguments), cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def preview(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Return the steps of a preview by resource (`agno-web (Service)`)."""
        return steps(json.loads(self.run("preview", "--json", *arguments).stdout))

    def resources(self, *arguments: str) -> list[dict[str, Any]]:
        """Return the resources in the state, providers and stack left out."""
        deployment = json.loads(self.run("stack", "export", *arguments).stdout)["deployment"]
        return [entry for entry in deployment.get("resources", []) if not entry["type"].startswith("pulumi:")]

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        # What follows a "--" is no option.
        end = arguments.index("--") if "--" in arguments else len(arguments)
        options = ["--stack", self.stack, "--non-interactive"]
        return ["pulumi", *arguments[:end], *options, *arguments[end:]]


def steps(preview: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a JSON preview's steps by resource; of a replacement the step that says so."""
    found: dict[str, dict[str, Any]] = {}
    for step in preview["steps"]:
        name = short(step["urn"])
        if step["op"] == "refresh":
            continue  # what is read from the engine before anything is compared
        if name not in found or step["op"] == "replace":
            found[name] = step
    return found


def touched(preview: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return what a preview changes: resource → operation."""
    return {name: step["op"] for name, step in preview.items() if step["op"] != "same"}


def short(urn: str) -> str:
    """Return a resource as people name it.

    >>> short("urn:pulumi:dev::agno-ha::agno-ha:index:AgnoService$docker:index/service:Service::agno-web")
    'agno-web (Service)'
    """
    kind, name = urn.split("::")[-2:]
    return f"{name} ({kind.rsplit(':', 1)[-1]})"
