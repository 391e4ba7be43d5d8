"""No secret anywhere it can be read without being one of its owners; and they open what they should."""

import hashlib
import json
from pathlib import Path

from agno_ha.operations import rendering
from harness.containers import execute
from harness.leaks import Scan
from harness.variant import GIVEN, PASSWORD, Variant


def test_the_app_sees_its_secret_under_its_own_name(variant: Variant) -> None:
    answer = variant.ask("workflows", "digest", "CRM_TOKEN")
    assert answer.json()["content"] == hashlib.sha256(GIVEN["crm-token"].encode()).hexdigest()
    for container in variant.containers("web"):
        names = {
            entry.partition("=")[0]: entry.partition("=")[2] for entry in container.attrs["Config"]["Env"]
        }
        assert names["CRM_TOKEN_FILE"] == "/run/secrets/crm_token"
        assert "CRM_TOKEN" not in names


def test_given_passwords_open_the_stores_and_no_others_do(variant: Variant) -> None:
    [postgres] = variant.containers("postgres")
    query = [
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "operator",
        "-d",
        "conversations",
        "-Atc",
        "SELECT current_user",
    ]
    login = execute(postgres, query, {"PGPASSWORD": PASSWORD})
    assert login.output == b"operator\n"
    assert execute(postgres, query, {"PGPASSWORD": PASSWORD + "x"}).exit_code
    assert variant.redis("PING") == "PONG"
    [redis] = variant.containers("redis")
    assert b"NOAUTH" in execute(redis, ["redis-cli", "GET", "x"]).output


def test_no_secret_in_plain_sight(variant: Variant, tmp_path: Path) -> None:
    assert variant.ask("agents", "planner", "hello").status_code == 200
    generated = json.loads((variant.workspace.private / "secrets.json").read_text())
    with Scan({**generated, **GIVEN}) as scan:
        scan.stack(variant.engine, variant.namespace)
        scan.processes(variant.engine, variant.namespace)
        rendering.files(variant.workspace, tmp_path / "rendered")
        scan.directory(tmp_path / "rendered")
        scan.directory(variant.workspace.root, besides=("secrets.json", "security-key"))
    assert {"service", "container", "log", "config", "network", "volume", "cmdline", "file"} <= set(scan.seen)
