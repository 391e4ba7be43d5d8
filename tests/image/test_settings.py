"""The environment, checked: every mistake in one go, no secret, no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import servers
from agno_ha_image import settings
from agno_ha_image.settings import Settings
from sqlalchemy import make_url

GOOD = {
    "POSTGRES_HOST": "db",
    "POSTGRES_PASSWORD": servers.PASSWORD,
    "REDIS_HOST": "redis",
    "INTERNAL_SERVICE_TOKEN": servers.TOKEN,
}


def mistakes(environment: dict[str, str]) -> tuple[int, list[str], str]:
    result = subprocess.run(
        [sys.executable, "-m", "agno_ha_image"], env={"PYTHONPATH": str(servers.IMAGE), **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    found = [str(line["message"]) for line in lines if str(line["message"]).startswith("configuration: ")]
    return (
        result.returncode,
        [line.removeprefix("configuration: ") for line in found],
        result.stdout + result.stderr,
    )


def test_every_mistake_is_one_line() -> None:
    code, found, output = mistakes(
        {**GOOD, "PORT": "99999", "WORKERS": "many", "AGNO_ROLE": "cook", "DB_POOL_SIZE": "0", "POSTGRES_HOST": "",
         "OS_SECURITY_KEY": "visible é", "DRAIN_DELAY": "-1"}
    )  # fmt: skip
    assert code == 2
    assert found == [
        "AGNO_ROLE = 'cook': Input should be 'web' or 'scheduler'.",
        "DB_POOL_SIZE = '0': Input should be greater than or equal to 1.",
        "DRAIN_DELAY = '-1': Input should be greater than or equal to 0.",
        "OS_SECURITY_KEY: must be printable ASCII without spaces: it is sent in the Authorization header.",
        "PORT = '99999': Input should be less than or equal to 65535.",
        "POSTGRES_HOST: is required: set POSTGRES_HOST, or POSTGRES_HOST_FILE to a file that holds it.",
        "WORKERS = 'many': Input should be a valid integer, unable to parse string as an integer.",
    ]
    assert "Traceback" not in output
    assert "visible" not in output


def test_the_queues_heartbeat_needs_a_connection_of_its_own() -> None:
    code, found, _ = mistakes({**GOOD, "DB_POOL_SIZE": "1", "DB_MAX_OVERFLOW": "0"})
    assert code == 2
    assert found[0].startswith(
        "DB_POOL_SIZE + DB_MAX_OVERFLOW = 1: the queue's heartbeat needs one connection"
    )


@pytest.mark.parametrize("password", [servers.PASSWORD, "%40", "a b", "ünï", "\\", "@@//??"])
def test_any_password_survives_the_url(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**GOOD, "POSTGRES_PASSWORD": password}.items():
        monkeypatch.setenv(name, value)
    url = Settings().postgres_url
    assert make_url(url.render_as_string(hide_password=False)).password == password
    assert password not in repr(Settings()) or len(password) < 4


def test_a_transaction_pooler_gets_no_prepared_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert "prepare_threshold" not in Settings().libpq
    monkeypatch.setenv("DB_POOLER", "transaction")
    assert Settings().libpq["prepare_threshold"] is None


def test_a_server_is_checked_by_the_systems_authorities_unless_others_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    monkeypatch.setattr(settings, "SYSTEM_CA", bundle)
    for name, value in {**GOOD, "POSTGRES_SSLMODE": "verify-full"}.items():
        monkeypatch.setenv(name, value)
    assert Settings().libpq["sslrootcert"] == str(bundle)
    monkeypatch.setenv("PGSSLROOTCERT", "/run/secrets/ours.pem")
    assert "sslrootcert" not in Settings().libpq
