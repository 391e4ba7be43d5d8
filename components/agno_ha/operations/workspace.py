"""Where a project keeps what must not be committed: `.agno-ha/`, readable by its owner only."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from agno_ha.configuration import PROJECT, ConfigurationError, Problem, read_yaml


@dataclass(frozen=True)
class Workspace:
    """A project directory and one of its stacks."""

    root: Path
    stack: str

    @property
    def namespace(self) -> str:
        """Prefix of everything on the platform."""
        return f"{PROJECT}-{self.stack}"

    @property
    def private(self) -> Path:
        """The stack's private directory, made on first use (0700)."""
        directory = self.root / ".agno-ha" / self.stack
        for path in (directory.parent, directory):
            path.mkdir(mode=0o700, exist_ok=True)
        return directory

    @property
    def security_key_file(self) -> Path:
        """Where `up` leaves the API key for its owner."""
        return self.private / "security-key"

    @property
    def deployed_by(self) -> Literal["pulumi", "docker"] | None:
        """Which way the stack was last brought up; the other way would make passwords that open nothing."""
        path = self.private / "deployed-by"
        text = path.read_text().strip() if path.exists() else ""
        return "pulumi" if text == "pulumi" else "docker" if text == "docker" else None

    def config(self) -> dict[str, Any]:
        """Return the stack file's `config` section.

        Raises:
            ConfigurationError: there is no such stack, or its file is not valid.
        """
        path = self.root / f"Pulumi.{self.stack}.yaml"
        if not path.exists():
            raise ConfigurationError(
                [
                    Problem(
                        path.name,
                        "stack",
                        self.stack,
                        "has no stack file",
                        f"Use one of: {', '.join(stacks(self.root))}",
                    )
                ]
            )
        section = read_yaml(path).get("config") or {}
        return dict(section)

    def values(self) -> dict[str, Any]:
        """Return the configuration by its key without `agno-ha:`, encrypted values left out."""
        prefix = f"{PROJECT}:"
        return {
            key.removeprefix(prefix): value
            for key, value in self.config().items()
            if key.startswith(prefix) and not _encrypted(value)
        }

    def encrypted(self) -> list[str]:
        """Return the keys (without `agno-ha:`) whose values only the Pulumi CLI can open."""
        prefix = f"{PROJECT}:"
        return [key.removeprefix(prefix) for key, value in self.config().items() if _encrypted(value)]

    def keep(self, path: Path, text: str) -> None:
        """Write a private file (0600) in one step, so that a crash leaves the old one or the new one."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


class Vault:
    """Generated secrets of a stack that runs without the Pulumi CLI: made once, kept in secrets.json (0600)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._path = workspace.private / "secrets.json"
        kept: Mapping[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._values = dict(kept)

    @property
    def kept(self) -> bool:
        """Whether any was ever kept."""
        return self._path.exists()

    def generated(self, name: str, length: int) -> str:
        """Return the secret of that name, made of letters and digits when it is asked for the first time."""
        if name not in self._values:
            alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
            self._values[name] = "".join(secrets.choice(alphabet) for _ in range(length))
        return self._values[name]

    def get(self, name: str) -> str | None:
        """Return the secret of that name; None where none was made."""
        return self._values.get(name)

    def forget(self, chosen: Callable[[str], bool]) -> list[str]:
        """Let the chosen ones be made anew when they are asked for; return their names."""
        names = sorted(filter(chosen, self._values))
        for name in names:
            del self._values[name]
        return names

    def save(self) -> None:
        """Keep what was made; called before anything is deployed with it."""
        self._workspace.keep(self._path, json.dumps(self._values, indent=2) + "\n")


def root_of(start: Path) -> Path:
    """Return the project's directory: the nearest one upwards with a Pulumi.yaml.

    Raises:
        ConfigurationError: there is none.
    """
    for directory in (start, *start.parents):
        if (directory / "Pulumi.yaml").exists() and (directory / "topology.yaml").exists():
            return directory
    raise ConfigurationError(
        [
            Problem(
                "",
                "directory",
                str(start),
                "no Pulumi.yaml with a topology.yaml here or above",
                "Go to a project",
            )
        ]
    )


def stacks(root: Path) -> list[str]:
    """Return the names of a project's stacks, sorted."""
    return sorted(
        file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in root.glob("Pulumi.*.yaml")
    )


def _encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}
