"""One of the repository's stacks in a project directory of its own: its file changed, and previewed by the CLI."""

from __future__ import annotations

import copy
import json
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from agno_ha.configuration import deep_merge
from agno_ha.operations.workspace import Workspace

from harness.pulumi import Pulumi, steps

ROOT = Path(__file__).parents[2]
POLICIES = str(ROOT / "policies")


def copy_policies(directory: Path) -> Path:
    """Copy the repository's pack to `directory/policies`, where it runs in the repository's environment."""
    pack = directory / "policies"
    shutil.copytree(POLICIES, pack, dirs_exist_ok=True)
    manifest = pack / "PulumiPolicy.yaml"
    manifest.write_text(manifest.read_text().replace("../.venv", str(ROOT / ".venv")))
    return pack


class Project:
    """A stack and its project directory; `target` names the section of its own settings."""

    def __init__(
        self,
        directory: Path,
        stack: str,
        target: str,
        *,
        program: Mapping[str, Any] | None = None,
        **environment: str,
    ) -> None:
        """Make the project and the stack.

        Args:
            directory: an empty one.
            stack: which of the repository's.
            target: the stack's.
            program: further parts of Pulumi.yaml.
            environment: variables of every command.
        """
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("__main__.py", "topology.yaml"):
            shutil.copy(ROOT / name, directory)
        made = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        made["runtime"]["options"]["virtualenv"] = str(ROOT / ".venv")
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump({**made, **(program or {})}))
        self.target = target
        self.workspace = Workspace(directory, stack)
        self.pulumi = Pulumi(self.workspace)
        self.pulumi.environment |= environment
        self.pulumi.run("stack", "init")
        self._path = directory / f"Pulumi.{stack}.yaml"
        salt = yaml.safe_load(self._path.read_text())
        self.settings: dict[str, Any] = deep_merge(yaml.safe_load((ROOT / self._path.name).read_text()), salt)
        self.change({})

    def changed(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Return the stack file with a change to the topology; under the target's name to its settings."""
        made = copy.deepcopy(self.settings)
        change = dict(change)
        config = made["config"]
        if "environment" in change:
            config["agno-ha:environment"] = change.pop("environment")
        for key, part in ((self.target, change.pop(self.target, {})), ("topology", change)):
            config[f"agno-ha:{key}"] = deep_merge(config[f"agno-ha:{key}"], part)
        return made

    def change(self, change: Mapping[str, Any]) -> None:
        """Change the stack file for good."""
        self.settings = self.changed(change)
        self._path.write_text(yaml.safe_dump(self.settings))

    def secret(self, key: str, value: str) -> None:
        """Give the stack a secret of the topology's."""
        self.pulumi.run("config", "set", "--secret", f"agno-ha:{key}", "--", value)
        self.settings = yaml.safe_load(self._path.read_text())

    def variant(self, change: Mapping[str, Any]) -> Path:
        """Return a stack file with a change, for a preview."""
        path = self._path.with_name(f"Pulumi.variant-{uuid.uuid4().hex}.yaml")
        path.write_text(yaml.safe_dump(self.changed(change)))
        return path

    def preview(self, change: Mapping[str, Any], *arguments: str) -> dict[str, str]:
        """Return what a change would touch: resource → operation."""
        command = ("preview", "--json", "--config-file", str(self.variant(change)), *arguments)
        return touched(json.loads(self.pulumi.run(*command).stdout))

    def refused(self, change: Mapping[str, Any], *arguments: str) -> str:
        """Return what a preview of a change says that ends in an error; empty where it is taken."""
        said = self.pulumi.run("preview", "--config-file", str(self.variant(change)), *arguments, code=None)
        return "" if said.returncode == 0 else said.stdout + said.stderr

    def up(self, *arguments: str) -> None:
        """Bring the stack up, or update it."""
        self.pulumi.run("up", "--yes", "--skip-preview", *arguments)


def touched(preview: Mapping[str, Any]) -> dict[str, str]:
    """Return what a JSON preview does to the platform; the component holds its facts and nothing there."""
    return {
        name: step["op"]
        for name, step in steps(preview).items()
        if step["op"] not in ("same", "read") and "AgnoService" not in name
    }
