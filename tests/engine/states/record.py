"""Keep the state that this commit's code makes of its dev stack.

`PYTHONPATH=tests python tests/engine/states/record.py` in a checkout of it. Every secret is made anew, random letters,
under the passphrase below: such a state opens nothing.
"""

import json
import os
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from agno_ha.operations.workspace import Workspace
from harness.deployment import ROOT, Deployment
from harness.pulumi import Pulumi

HERE = Path(__file__).parent
PASSPHRASE = "known"
_OF_THE_MACHINE = ("sourcePosition", "stackTrace")
SIGNATURE = "4dabf18193072939515e22adb298388d"


def scrubbed(value: Any, replaced: dict[str, str]) -> Any:
    """Return the state with another value in place of each secret, the same one wherever it stands."""
    if isinstance(value, dict):
        if SIGNATURE in value and "plaintext" in value:
            plain = value["plaintext"]
            if isinstance(json.loads(plain), str):  # else one of the provider's own marks
                plain = replaced.setdefault(plain, json.dumps(secrets.token_hex(16)))
            return {**value, "plaintext": plain}
        return {key: scrubbed(entry, replaced) for key, entry in value.items() if key not in _OF_THE_MACHINE}
    if isinstance(value, list):
        return [scrubbed(entry, replaced) for entry in value]
    return value


def main() -> None:
    """Bring the dev stack up, keep its state, take it down."""
    os.environ["PULUMI_CONFIG_PASSPHRASE"] = PASSPHRASE
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        deployment = Deployment(Path(name), "t-state", way="pulumi")
        try:
            deployment.up()
            done = Pulumi(Workspace(Path(name), "t-state")).run("stack", "export", "--show-secrets")
        finally:
            deployment.down()
    text = json.dumps(scrubbed(json.loads(done.stdout), {}), indent=1, sort_keys=True) + "\n"
    (HERE / f"{commit}.json").write_text(text)


if __name__ == "__main__":
    main()
