"""Record the streams again: run this with `pulumi` and its random plugin on PATH."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
VALUE = "a-value-of-a-property"
FIRST = f"""
import pulumi_random as random
random.RandomPet("kept", prefix="{VALUE}")
random.RandomPassword("changed", length=8, override_special="{VALUE}")
"""
SECOND = FIRST.replace("length=8", "length=9") + f'random.RandomPet("new", prefix="{VALUE}")\n'
FAILING = (
    FIRST + f'random.RandomPet("tried", prefix="{VALUE}")\nrandom.RandomInteger("broken", min=9, max=1)\n'
)
PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def short(args, report):
    if args.resource_type.endswith("RandomPassword") and args.props["length"] < 12:
        report("A password is too short.")

PolicyPack("record", [ResourceValidationPolicy("length", "No short passwords.", short, EnforcementLevel.MANDATORY)])
"""


def cleaned(line: str) -> str:
    """Return an event without its time and this machine's paths; nothing where it is for debugging."""
    event = json.loads(line)
    if event.get("diagnosticEvent", {}).get("severity") == "debug":
        return ""
    text = json.dumps({**event, "timestamp": 0}) + "\n"
    return (
        text.replace(sys.prefix, "venv").replace(sys.base_prefix, "python").replace(str(Path.home()), "home")
    )


def main() -> None:
    """Write one file a stream; what differs from machine to machine is left out."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
        (root / "Pulumi.yaml").write_text(json.dumps({"name": "record", "runtime": runtime}))
        (root / "pack").mkdir()
        (root / "pack" / "PulumiPolicy.yaml").write_text(json.dumps({"name": "record", "runtime": runtime}))
        (root / "pack" / "__main__.py").write_text(PACK)
        (root / "state").mkdir()
        environment = {**os.environ, "PULUMI_BACKEND_URL": f"file://{root / 'state'}", "PULUMI_DEBUG_COMMANDS": "1",
                       "PULUMI_CONFIG_PASSPHRASE": "record", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
                       "PULUMI_SKIP_UPDATE_CHECK": "1"}  # fmt: skip

        def pulumi(*arguments: str, record: str = "", program: str = "") -> None:
            log = root / "log"
            log.unlink(missing_ok=True)
            (root / "__main__.py").write_text(program)
            more = ["--event-log", str(log)] if record else []
            command = ["pulumi", "--non-interactive", *arguments, *more]
            subprocess.run(command, cwd=root, env=environment, check=False)
            if record:
                text = "".join(map(cleaned, log.read_text().splitlines()))
                (HERE / f"{record}.jsonl").write_text(text.replace(str(root), "project"))

        pulumi("stack", "init", "record")
        pulumi("up", "--yes", "--skip-preview", program=FIRST)
        pulumi("preview", "--policy-pack", "pack", program=FIRST, record="violation")
        pulumi("preview", program=SECOND, record="preview")
        pulumi("up", "--yes", "--skip-preview", program=SECOND, record="up")
        pulumi("up", "--yes", "--skip-preview", program=FAILING, record="failure")


if __name__ == "__main__":
    main()
