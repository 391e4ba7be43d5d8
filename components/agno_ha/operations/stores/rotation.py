"""Other passwords for the stores and another API key, in an order in which a rerun mends whatever was cut off.

1. New ones are made and kept, in the state or the vault, before anything uses them.
2. Postgres takes its own, over its socket: who is connected stays so.
3. An up brings them to everybody: the stores' files, then the instances, one after the other.

Between 2 and 3 an instance with the old password can't connect anew, and says 503 with Retry-After; an instance
with the new key answers 401 to the old one. Nothing is acknowledged that is not stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.automation import CommandError

from agno_ha.configuration import PROJECT
from agno_ha.credentials import PASSWORD
from agno_ha.operations import automation, reach, stores
from agno_ha.operations.carrying import held
from agno_ha.operations.errors import OperationError, Progress, explained
from agno_ha.operations.model import Held
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.topology import Postgres

_ROTATED = ("postgres-password", "postgres-admin-password", "redis-password", "security-key")
"""What is generated and can be another one at any time, by its resource's name without the service's."""


def rotate(workspace: Workspace, progress: Progress, deploy: Callable[[], object]) -> list[str]:
    """Change every generated password of the stores and the API key; given ones are brought to where they are used.

    Args:
        workspace: the stack, which is up.
        progress: told of each step.
        deploy: an up of the stack, with its policies.

    Returns:
        The names of what was made anew.

    Raises:
        OperationRefusedError: another operation works on the stack.
        OperationError: it can't be done and nothing was changed, or a step failed: run it again.
    """
    wanted = reach.read(workspace)
    if getattr(wanted.settings, "existing_secret", None) is not None:
        raise OperationError(
            "agno-ha:kubernetes.existingSecret holds the passwords: change them there and in the stores."
        )
    _, postgres, _ = stores.of(workspace, wanted.topology, "rotate")
    by_docker = workspace.deployed_by == "docker"
    keeper = (_Vault if by_docker else _State)(workspace, wanted.topology.postgres, progress)
    with held(workspace, Held.ROTATE):
        names = keeper.renew()
        if postgres is not None:
            progress("Postgres takes the new passwords")
            postgres.change_passwords(*keeper.postgres())
    progress("Bringing them to the stores and the instances")
    deploy()
    return names


class _Vault:
    """The secrets of a stack that runs without the Pulumi CLI."""

    def __init__(self, workspace: Workspace, postgres: Postgres, progress: Progress) -> None:
        self._workspace = workspace
        self._vault = Vault(workspace)
        self._given = postgres.password
        self._progress = progress

    def renew(self) -> list[str]:
        """Make them anew, keep them, and return their names."""
        from agno_ha.operations import stack_deploy

        self._progress("Making new passwords, where the policies allow; nothing uses them yet")
        names = self._vault.forget(lambda name: _short(name) in _ROTATED)
        # Makes them as the program asks for them, unless the policies refuse.
        stack_deploy.plan(self._workspace, self._vault)
        self._vault.save()
        return names

    def postgres(self) -> tuple[str, str | None]:
        """Return the passwords of the app's role and of the superuser."""
        if self._given:
            from agno_ha.operations import stack_deploy

            user = stack_deploy.given(self._workspace)[self._given]
        else:
            user = str(self._vault.get("agno-postgres-password"))
        return user, self._vault.get("agno-postgres-admin-password")


class _State:
    """The secrets in the stack's state."""

    def __init__(self, workspace: Workspace, postgres: Postgres, progress: Progress) -> None:
        cli = automation.command(workspace, progress)
        if cli is None:
            raise OperationError(
                "The passwords are in the state, which needs the Pulumi CLI. Put pulumi on PATH."
            )
        self._cli = cli
        self._workspace = workspace
        self._stack = automation.select(workspace, cli)
        self._given = postgres.password
        self._progress = progress

    def renew(self) -> list[str]:
        """Make them anew in the state alone, and return their names."""
        entries = self._entries()
        try:
            self._progress("Previewing with the policies: nothing is changed where they refuse")
            self._stack.preview(policy_packs=automation.packs(self._workspace))
            self._progress("Making new passwords; nothing uses them yet")
            # Protected, because without it the data can't be opened: here each gets a successor, and the next up
            # protects that one.
            for entry in entries.values():
                if entry.get("protect"):
                    self._pulumi("state", "unprotect", entry["urn"], "--yes")
            if urns := [str(entry["urn"]) for entry in entries.values()]:
                self._stack.up(target=urns, replace=urns)
        except CommandError as error:
            raise OperationError(explained(error)) from None
        return sorted(entries)

    def postgres(self) -> tuple[str, str | None]:
        """Return the passwords of the app's role and of the superuser."""
        # In an export with its values a secret is an object, and the value is JSON in it.
        found = {
            name: str(json.loads(entry["outputs"]["result"]["plaintext"]))
            for name, entry in self._entries().items()
        }
        if self._given:
            found["postgres-password"] = self._stack.get_config(f"{PROJECT}:{self._given}").value
        return found["postgres-password"], found.get("postgres-admin-password")

    def _entries(self) -> dict[str, Mapping[str, Any]]:
        """Return what is generated, by its short name, as the state has it with its values."""
        resources = automation.state(self._stack).get("resources", [])
        return {
            name: entry
            for name, entry in ((_short(it["urn"].rpartition("::")[2]), it) for it in resources)
            if entry["type"] == PASSWORD and name in _ROTATED and not entry.get("delete")
        }

    def _pulumi(self, *arguments: str) -> None:
        workspace = self._stack.workspace
        self._cli.run(
            [*arguments, "--stack", self._stack.name], str(self._workspace.root), workspace.env_vars
        )


def _short(name: str) -> str:
    """Return a generated secret's name without the service's.

    >>> _short("agno-redis-password")
    'redis-password'
    """
    return name.partition("-")[2]
