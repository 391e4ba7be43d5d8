"""The command line: what it says, how it ends, what it completes; nothing here needs an engine."""

import json
import re
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from agno_ha.cli import app, console, reporting
from agno_ha.cli.console import Exit
from agno_ha.cli.next_steps import next_steps
from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.operations import automation, doctor, health, status
from agno_ha.operations.errors import OperationError, PolicyError, explained
from agno_ha.operations.model import Finding, OperationRefusedError, Progress, Step
from agno_ha.operations.stores import manifest, restore
from agno_ha.operations.stores.manifest import File, Manifest
from agno_ha.operations.stores.postgres import PostgresStore
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.topology import Postgres
from pulumi.automation import CommandError, CommandResult, OutputValue
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "commands.md").read_text()
COMMANDS = sorted(
    str(command.name or command.callback.__name__) for command in app.registered_commands if command.callback
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "topology.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, arguments, input=typed)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, " ".join(done.stderr.split())


# What there is ---------------------------------------------------------------------------------------------------


def test_every_command_of_the_document_exists_and_the_other_way_round() -> None:
    assert sorted(re.findall(r"^\| `agno-ha (\w+)`", DOCUMENT, re.MULTILINE)) == COMMANDS


def test_the_exit_codes_are_the_documents() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", DOCUMENT, re.MULTILINE)
    source = Path(console.__file__).read_text()
    for code, meaning in rows:
        assert f'= {code}\n    """{meaning}"""' in source
    assert {int(code) for code, _ in rows} == {int(code) for code in Exit}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Usage" in out


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if name not in ("render", "restore", "portal")]
)
def test_an_unknown_stack_is_said_in_one_line(project: Path, command: str) -> None:
    code, out, err = run(command, "--stack", "nope")
    assert (code, out) == (2, "")
    assert "Use one of: dev, prod" in err


def test_a_stack_with_a_dot_in_its_name_is_named_whole(project: Path) -> None:
    (project / "Pulumi.dev.eu.yaml").write_text("config: {}")
    assert console._stacks("dev") == ["dev", "dev.eu"]
    assert "Use one of: dev, dev.eu, prod" in run("up", "--stack", "nope")[2]


def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("up")
    assert code == 2
    assert "no Pulumi.yaml" in err


def test_the_shell_completes_stacks(project: Path) -> None:
    assert console._stacks("") == ["dev", "prod"]
    assert console._stacks("p") == ["prod"]


def test_the_shell_completes_nothing_outside_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert console._stacks("") == []


@pytest.mark.parametrize(
    ("path", "found", "named"),
    [
        (".venv/bin/agno-ha", None, ".venv/bin/agno-ha"),
        (".venv/bin/agno-ha", "/usr/bin/agno-ha", ".venv/bin/agno-ha"),
        ("/usr/bin/agno-ha", "/usr/bin/agno-ha", "agno-ha"),
        ("/site-packages/agno_ha/__main__.py", None, "agno-ha"),
    ],
)
def test_it_names_itself_so_that_a_shell_finds_it(
    monkeypatch: pytest.MonkeyPatch, path: str, found: str | None, named: str
) -> None:
    monkeypatch.setattr(sys, "argv", [path, "up"])
    monkeypatch.setattr("shutil.which", lambda _: found)
    assert console.called() == named


# How it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OperationError("it broke"), Exit.ERROR),
        (PolicyError("it broke"), Exit.FOUND),
        (ConfigurationError([Problem("", "a", None, "it broke", "Mend it")]), Exit.ERROR),
        (OperationRefusedError("busy", "it broke"), Exit.REFUSED),
        (OperationRefusedError("changed", "it broke"), Exit.REFUSED),
        (OperationRefusedError("has_violations", "it broke"), Exit.FOUND),
    ],
)
def test_what_a_person_can_mend_is_said_and_counted(
    error: Exception, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, console.friendly():
        raise error
    assert ended.value.exit_code == code
    assert "it broke" in capsys.readouterr().err


def test_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, console.friendly():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130


def test_a_defect_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), console.friendly():
        raise ZeroDivisionError


def test_data_goes_only_after_its_name_was_typed(project: Path) -> None:
    for typed in ("yes\n", ""):  # "": no terminal, and nobody answers
        code, _, err = run("down", "--data", typed=typed)
        assert code == Exit.FOUND
        assert "Nothing was deleted" in err
    code, _, err = run("rotate", typed="\n")
    assert code == Exit.FOUND


def test_a_restore_asks_whatever_postgres_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions in Redis are in no count of Postgres."""
    restored: list[Path] = []
    monkeypatch.setattr(restore, "restore", lambda _, directory, __: restored.append(directory))
    for count, said in ((0, "all data of stack dev."), (7, "dev, 7 sessions in Postgres among it.")):
        monkeypatch.setattr(restore, "sessions", lambda _, count=count: count)
        code, _, err = run("restore", "there", typed="\n")
        assert code == Exit.FOUND
        assert said in err
    assert restored == []
    assert run("restore", "there", typed="dev\n")[0] == Exit.DONE
    assert run("restore", "there", "--yes")[0] == Exit.DONE
    assert restored == [Path("there")] * 2


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (("backup",), "aws rds create-db-snapshot"),
        (("restore", "somewhere", "--yes"), "aws rds restore-db-instance-from-db-snapshot"),
        (("rotate", "--yes"), "pulumi up with --replace"),
        (("psql",), "docs/commands.md"),
    ],
)
def test_on_ecs_it_says_what_to_use(project: Path, command: tuple[str, ...], instead: str) -> None:
    code, _, err = run(*command, "--stack", "prod")
    assert code == Exit.ERROR
    assert instead in err


@pytest.mark.parametrize("command", ["logs", "status"])
def test_on_ecs_the_command_of_aws_is_needed(
    project: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project))
    code, _, err = run(command, "--stack", "prod")
    assert code == Exit.ERROR
    assert "The command aws is missing. Install it (https://aws.amazon.com/cli)." in err


@pytest.mark.parametrize("command", ["diagram", "render"])
def test_a_file_that_cannot_be_written_is_said(project: Path, command: str) -> None:
    (project / "__main__.py").write_text((ROOT / "__main__.py").read_text())
    code, _, err = run(command, "--out", str(project / "topology.yaml" / "out"))
    assert code == Exit.ERROR
    assert err.endswith("Give --out a path that can be written.")


# What it tells ---------------------------------------------------------------------------------------------------


def test_a_log_has_a_line_for_each_resource(capsys: pytest.CaptureFixture[str]) -> None:
    def step(status: str, op: str, name: str) -> Step:
        return Step.model_validate({"status": status, "op": op, "urn": name, "resource": name})

    with reporting.Reporter() as reporter:
        for body in (
            Progress(message="Previewing"), step("planned", "create", "web"), step("planned", "same", "redis"),
            Finding(policy="SCALE-001", level="mandatory", message="too many [bold]"),
            step("started", "create", "web"), step("done", "create", "web"), step("failed", "update", "nginx"),
            step("planned", "create-replacement", "key"), step("planned", "replace", "key"),
            step("planned", "delete-replaced", "key"),
        ):  # fmt: skip
            reporter.see(body)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "· Previewing",
        "policy SCALE-001: too many [bold]",
        "· create web",
        "· update nginx FAILED",
    ]
    assert [(it.op, it.resource) for it in reporter.changes] == [("create", "web"), ("replace", "key")]


@pytest.mark.parametrize(("needed", "color"), [(69, "green"), (70, "yellow"), (90, "red"), (150, "red")])
def test_a_bar(needed: int, color: str) -> None:
    text = reporting.bar(needed, 100)
    assert text.startswith(f"[{color}]")
    assert text.count("█") + text.count("░") == 24
    assert text.endswith(f"{needed}%")


def test_a_workload_of_kubernetes_as_a_row() -> None:
    row = {
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "app:1"}]}}},
        "status": {
            "readyReplicas": 2,
            "conditions": [{"type": "Available", "status": "False", "message": "not enough"}],
        },
    }
    found = status.kubernetes_row(row)
    assert (found.room, found.wanted, found.running, found.image, found.problem) == (
        "web",
        3,
        2,
        "app:1",
        "not enough",
    )
    cluster = {
        "kind": "Cluster", "metadata": {"name": "postgres"}, "spec": {"instances": 2, "imageName": "pg"},
        "status": {"readyInstances": 2, "phase": "Cluster in healthy state"},
    }  # fmt: skip
    assert status.kubernetes_row(cluster).problem == ""


def test_what_comes_next(project: Path) -> None:
    workspace = Workspace(project, "prod")
    on_ecs = {
        "url": "https://agents.example.com",
        "loadBalancer": "lb-1.example.net",
        "facts": {"tls": "provided"},
    }
    said = next_steps(workspace, on_ecs, program="agno-ha")
    assert "DNS      point agents.example.com at lb-1.example.net, by a CNAME or an alias" in said
    assert "curl https://agents.example.com/agents/" in said
    assert "API key  none" in said
    workspace.keep(workspace.security_key_file, "key")
    said = next_steps(workspace, {**on_ecs, "url": "https://lb-1.example.net"}, program="agno-ha")
    assert "DNS" not in said
    assert "API key  .agno-ha/prod/security-key" in said
    assert '"Authorization: Bearer $(cat .agno-ha/prod/security-key)"' in said
    said = next_steps(
        workspace, {"url": "https://127.0.0.1", "facts": {"tls": "provided"}}, program="agno-ha"
    )
    assert "curl -k https://127.0.0.1" in said  # the certificate is of another name


def test_an_up_asks_the_load_balancer_by_its_own_name(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(health, "ask_ready", asked.append)
    outputs = {"url": "https://agents.example.com:8443", "loadBalancer": "lb-1.example.net"}
    with health.watched(Workspace(project, "prod")) as platform:
        for own in ("lb-1.example.net", None):
            given = {**outputs, "loadBalancer": own}
            values = {name: OutputValue(value, False) for name, value in given.items()}
            platform.check(values, {}, lambda _: None)
    assert asked == ["https://lb-1.example.net:8443", "https://agents.example.com:8443"]


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (
            "aws:rds/instance:Instance",
            "set agno-ha:environment: dev in Pulumi.prod.yaml and bring the stack up",
        ),
        (
            "docker:index/volume:Volume",
            "pulumi state unprotect --all --stack prod, then the same command again",
        ),
    ],
)
def test_protected_data_is_not_deleted(kind: str, how: str) -> None:
    entry = {"urn": f"urn:pulumi:prod::agno-ha::{kind}::agno-data", "type": kind, "protect": True}
    with pytest.raises(OperationError, match="Nothing was deleted") as caught:
        automation.refuse_protected("prod", [entry])
    assert how in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        "error: the stack is currently locked by 1 lock(s)",
        "error: [409] Conflict: Another update is in progress",
    ],
)
def test_a_lock_says_what_mends_it(said: str) -> None:
    text = explained(CommandError(CommandResult("", said, 255)))
    assert text.startswith("The stack is locked: another pulumi works on it, or one was killed.")
    assert text.endswith(said)


# Doctor ----------------------------------------------------------------------------------------------------------


def test_the_doctor_sees_a_port_that_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        port = listener.getsockname()[1]
        taken = doctor._port(port)
    assert not taken.ok
    assert "loadBalancer.httpPort" in taken.says
    assert doctor._port(port).ok


def test_the_doctor_says_where_state_and_passphrase_are(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "PULUMI_BACKEND_URL",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    ):
        monkeypatch.delenv(name, raising=False)

    def found() -> dict[str, doctor.Finding]:
        return {it.what: it for it in doctor._state(Workspace(project, "dev"))}

    assert f"in {project}/.agno-ha/state" in found()["state"].says
    assert found()["passphrase"].ok
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert "in s3://states" in found()["state"].says
    assert not found()["passphrase"].ok
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(project / "none"))
    assert "cannot be read" in found()["passphrase"].says
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "never shown")
    assert found()["passphrase"].ok
    assert "never shown" not in found()["passphrase"].says
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "never shown")
    assert list(found()) == ["state"]


# Backups and passwords -------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path) -> Path:
    directory = tmp_path / "backup"
    directory.mkdir(mode=0o700)
    with manifest.created(directory / "postgres.dump") as file:
        file.write(b"what they said")
    path = directory / "postgres.dump"
    entry = File(file=path.name, bytes=14, sha256=manifest.digest(path), server="15.14")
    Manifest(
        stack="dev", target="docker", created="2026-01-01T00:00:00Z", agno_ha="0", stores={"postgres": entry}
    ).write(directory)
    return directory


def test_a_backup_is_its_owners_alone_and_read_as_written(made: Path) -> None:
    assert manifest.read(made).stores["postgres"].server == "15.14"
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "harm",
    [
        lambda it: (it / "postgres.dump").write_bytes(b"what they Said"),
        lambda it: (it / "postgres.dump").unlink(),
        lambda it: (it / "manifest.json").unlink(),
        lambda it: (it / "manifest.json").write_text('{"format": 2}'),
        lambda it: (it / "manifest.json").write_text(
            (it / "manifest.json").read_text().replace("postgres.dump", "../elsewhere")
        ),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(made: Path, harm: Callable[[Path], object]) -> None:
    harm(made)
    with pytest.raises(OperationError):
        manifest.read(made)


RECORDER = "import json,sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]), file=open(sys.argv[1], 'a'))"


class Recorded:
    """A way into containers that keeps what would be run in them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        return [sys.executable, "-c", RECORDER, str(self._path), room, *program]

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        raise NotImplementedError

    def restart(self, room: str) -> None:
        raise NotImplementedError

    def seen(self) -> list[tuple[list[str], str]]:
        return [tuple(json.loads(line)) for line in self._path.read_text().splitlines()]


def test_a_password_reaches_postgres_by_the_standard_input_alone(tmp_path: Path) -> None:
    reach = Recorded(tmp_path / "seen")
    PostgresStore(reach, Postgres(user="operator")).change_passwords('it\'s \\ "all"', "admin")
    [(arguments, script)] = reach.seen()
    assert "it's" not in str(arguments)
    assert "ALTER ROLE \"operator\" PASSWORD 'it''s \\ \"all\"';" in script
    assert "ALTER ROLE \"postgres\" PASSWORD 'admin';" in script
    assert script.startswith("SET log_statement = 'none'")


def test_a_newer_servers_dump_is_refused_and_an_older_ones_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = PostgresStore(Recorded(tmp_path / "seen"), Postgres())
    monkeypatch.setattr(store, "version", lambda: "15.14")
    for version in ("13.2", "15.1", "15.14"):
        store.refuse(File(file="f", bytes=1, sha256="", server=version))
    with pytest.raises(OperationError, match=r"topology\.postgres\.version = 17"):
        store.refuse(File(file="f", bytes=1, sha256="", server="17.0"))


def test_the_vault_makes_forgotten_secrets_anew(project: Path) -> None:
    workspace = Workspace(project, "dev")
    vault = Vault(workspace)
    before = {name: vault.generated(name, 40) for name in ("agno-redis-password", "naming")}
    vault.save()
    vault = Vault(workspace)
    assert vault.forget(lambda name: name.startswith("agno-")) == ["agno-redis-password"]
    assert vault.get("agno-redis-password") is None
    assert vault.generated("agno-redis-password", 40) != before["agno-redis-password"]
    assert Vault(workspace).get("agno-redis-password") == before["agno-redis-password"]  # until it is saved
    vault.save()
    assert Vault(workspace).get("naming") == before["naming"]
