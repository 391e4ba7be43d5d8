"""Secrets handed over as files: `NAME_FILE=/run/secrets/x` sets `NAME`. Standard library only."""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path

MAX_BYTES = 65536
"""Linux refuses a single environment string of 128 KiB or more; a secret is far smaller than this bound."""

PATHS = frozenset({"SSL_CERT_FILE", "JWT_JWKS_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
                   "AWS_WEB_IDENTITY_TOKEN_FILE"})  # fmt: skip
"""Variables whose own meaning is "a path": their readers want the file, not its content."""

_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL")


class SecretFileError(Exception):
    """One or more NAME_FILE variables can't be used; the text says which, why and what to do, one a line."""


def load_secret_files(environment: MutableMapping[str, str] = os.environ) -> list[str]:
    """Set NAME to the content of the file that NAME_FILE names, for every such variable.

    One trailing newline is dropped (editors add it); everything else is part of the secret. Where the file can't
    be used the variable is left alone, unless its name says that it is a secret: starting without one (an API
    key, say) could be worse than not starting.

    Returns:
        The names that were set, sorted.

    Raises:
        SecretFileError: a secret's file can't be read or is no text under 64 KiB, or contradicts NAME.
    """
    loaded: list[str] = []
    problems: list[str] = []
    for variable in sorted(environment):
        name = variable.removesuffix("_FILE")
        path = environment[variable]
        if name in {variable, ""} or variable in PATHS or not path.startswith("/"):
            continue
        value, problem = _read(Path(path))
        if value is not None and environment.get(name, value) not in {value, ""}:
            problem = f"{name} is set too, to another value. Set only one of them"
        if problem is None and value is not None:
            environment[name] = value
            loaded.append(name)
        elif _SECRET.search(name):
            problems.append(f"{variable} = {path}: {problem}.")
    if problems:
        raise SecretFileError("\n".join(problems))
    return loaded


def _read(path: Path) -> tuple[str | None, str | None]:
    """The content, or why there is none."""
    try:
        content = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        return None, f"{error.strerror}. Mount the secret there, readable by uid {os.getuid()}"
    if content is None or b"\0" in content:
        return None, f"not a secret (over {MAX_BYTES} bytes, or binary)"
    return os.fsdecode(content).removesuffix("\n"), None
