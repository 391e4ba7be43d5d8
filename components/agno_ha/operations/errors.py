"""What a person can mend, in words: what the engine said, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from pulumi.automation import CommandError

from agno_ha.configuration import ConfigurationError
from agno_ha.offline import ProgramError

Progress = Callable[[str], None]


class OperationError(Exception):
    """Something a person can mend; the text says what and how."""


class PolicyError(OperationError):
    """A mandatory policy is violated; nothing was touched."""


def mendable() -> tuple[type[Exception], ...]:
    """Return what a person can mend, the Docker target's errors too where its packages are installed."""
    known: list[type[Exception]] = [ConfigurationError, ProgramError, OperationError]
    with suppress(ModuleNotFoundError):
        from agno_ha.targets.docker.context import ImageError

        known.append(ImageError)
    return tuple(known)


NO_CLI = (
    "No Pulumi CLI: it is not on PATH and could not be installed. "
    "Install it (https://www.pulumi.com/docs/install) and run the same again."
)

_KNOWN = (
    (
        re.compile(r"incorrect passphrase|constructing secrets manager|PULUMI_CONFIG_PASSPHRASE", re.I),
        "The passphrase does not open this stack's secrets. Set PULUMI_CONFIG_PASSPHRASE, or "
        "PULUMI_CONFIG_PASSPHRASE_FILE, to the one it was made with (docs/operations.md: the passphrase).",
    ),
    (
        re.compile(
            r"no resource plugin 'pulumi-resource-(?P<name>[\w-]+)'|resource plugin (?P<other>[\w-]+) is not"
        ),
        "The plugin of provider {name} is missing. Install it: pulumi plugin install resource {name}",
    ),
    (
        re.compile(r"currently locked by|\[409\] Conflict"),
        "The stack is locked: another pulumi works on it, or one was killed. Wait for it, or run recover.",
    ),
    (
        re.compile(r"failed to load checkpoint: .*EOF"),
        "A pulumi was killed while it wrote the state. Run recover: what was written before is whole.",
    ),
)


def explained(error: CommandError, errors: Sequence[str] = ()) -> str:
    """Return what went wrong, each thing once, the remedy first where we know one.

    Args:
        error: how the command ended.
        errors: what the engine's events said meanwhile.
    """
    said = "\n".join(dict.fromkeys(errors)) or _stderr(error)
    for pattern, remedy in _KNOWN:
        if match := pattern.search(f"{said}\n{error}"):
            name = next((group for group in match.groups() if group), "")
            return f"{remedy.format(name=name)}\n{said}"
    return said


def _stderr(error: CommandError) -> str:
    """Return what the command wrote, without the frame that the Automation API puts around it."""
    text = str(error)
    _, _, stderr = text.partition("\n stderr: ")
    return stderr.strip() or text
