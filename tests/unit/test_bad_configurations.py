"""Bad configurations and their exact messages; each case adds one that no other covers."""
# ruff: noqa: E501, RUF001 (the messages as they are shown)

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from agno_ha.configuration import ConfigurationError, Problem, Stack, load, read_yaml, validate
from agno_ha.offline import wire
from agno_ha.stack import current
from agno_ha.stack import read as read_stack
from agno_ha.topology import Topology

SECRET = "Run `pulumi config set --secret NAME` and write NAME here."
NESTED = (
    "a secret must not stand here, it would reach the state as plain text. Set it with"
    " `pulumi config set --secret NAME`, and write NAME where the topology asks for a secret."
)

# topology.yaml → its one problem, without `topology.yaml: topology.` before it
SHARED: dict[str, str] = {
    # what stands there is of the wrong kind
    "scaling: {max: four}": "scaling.max = four: must be a whole number. Write digits only, without quotes.",
    "scaling: {cpu: true}": "scaling.cpu = true: must be a number. Write a number, without quotes and unit.",
    "app: {cpu: .inf}": "app.cpu = inf: must be a finite number. Write a number, without quotes and unit.",
    "redis: {highAvailability: 'yes'}": 'redis.highAvailability = "yes": must be true or false.'
    " Write true or false, without quotes.",
    "postgres: {database: 5}": "postgres.database = 5: must be text. Put it in quotes.",
    "scaling: 5": "scaling: must be a section. Write its settings as indented `name: value` lines below it.",
    "app: {environment: [A=b]}": "app.environment: must be a mapping."
    " Write it as indented `NAME: value` lines below it.",
    "app: {environment: {1: b}}": "app.environment: has a key that is not text. Put the key in quotes.",
    'app: {environment: {A: "\\ud800"}}': "app.environment.A: must be valid Unicode. Remove what is not a character.",
    "app: {memory: 512mb}": "app.memory = 512mb: must be a size."
    " Write a number and a unit (KiB, MiB, GiB, TiB, kB, MB, GB), such as 512MiB.",
    "app: {drain: {delay: 5}}": "app.drain.delay = 5: must be a duration."
    " Write a number and a unit (ms, s, m, h, d), such as 30s.",
    "sessions: {store: mysql}": "sessions.store = mysql: must be postgres or redis. Choose one of them.",
    # unknown keys
    "postgres: {max_connections: 300}": "postgres.max_connections: unknown key. Did you mean `maxConnections`?",
    "sessions: {zzz: 1}": "sessions.zzz: unknown key. Remove it; known are store.",
    # out of bounds, or not of the form
    "app: {workers: 0}": "app.workers = 0: not between 1 and 64. Choose a value between the two.",
    "app: {image: my image}": "app.image: must be one word without spaces. Remove the spaces.",
    'app: {build: "a\\nb"}': "app.build: must be a directory. Name a directory.",
    "app: {agents: my_agents}": "app.agents = my_agents: must be package.module:attribute."
    " Write it like my_agents:agents.",
    "app: {model: {id: m, baseUrl: 'http://me:pw@host'}}": "app.model.baseUrl: must be an http or https URL without"
    " user, password, query or spaces. Write it like https://models.example.com/v1, and give a key as"
    " app.secrets.OPENAI_API_KEY.",
    'app: {environment: {A: "a\\0b"}}': "app.environment.A: must not hold a NUL character. Remove it.",
    "postgres: {user: pg_me}": "postgres.user = pg_me: must be a plain Postgres name."
    " Use up to 63 lower-case letters, digits and _, no digit and no pg_ first.",
    "postgres: {password: hunter 2}": f"postgres.password: must be the name of a top-level secret, not its value. {SECRET}",
    "postgres: {mode: external, password: k, external: {host: 'postgres://me:pw@db'}}": "postgres.external.host:"
    " must be a host name or address alone. Remove scheme, user, password, port and path.",
    'loadBalancer: {tls: {certificate: "a\\nb"}}': "loadBalancer.tls.certificate: must be a path. Name a PEM file.",
    "redis: {external: {username: 'a b'}}": "redis.external.username = a b: must be one word. Remove the spaces.",
    # right alone, wrong together
    "scaling: {min: 5}": "scaling.min = 5: more than scaling.max = 4. Lower scaling.min or raise scaling.max.",
    "scaling: {cpu: null, memory: null}": "scaling.max = 4 (default): nothing scales from scaling.min = 2 to it, every"
    " target is off. Set scaling.cpu, memory or requestsPerSecond, or make scaling.min and max equal.",
    "app: {image: a, build: b}": "app.build = b: given together with app.image."
    " Keep one, and set the other to null.",
    "app: {model: {baseUrl: 'http://models/v1'}}": "app.model.id: required by app.model.baseUrl."
    " Name the model that the server shall run.",
    "app: {model: {id: gpt}}": "app.model.id = gpt: has no provider."
    " Add app.secrets.OPENAI_API_KEY, or set app.model.baseUrl.",
    "app: {environment: {API_TOKEN: hunter2}}": "app.environment.API_TOKEN: looks like a secret, and the environment is"
    " plain text. Move it to app.secrets, as API_TOKEN: <name of a top-level secret>.",
    "app: {environment: {POSTGRES_HOST: db}}": "app.environment.POSTGRES_HOST: is set by agno-ha itself."
    " Remove it, and use the setting it stands for.",
    "app: {secrets: {hunter-2: API_KEY}}": "app.secrets: holds a name that no environment can have."
    " Use letters, digits and _ only, no digit first.",
    "app: {environment: {A: b}, secrets: {A: b}}": "app.secrets.A: also in app.environment. Keep one of the two.",
    "app: {secrets: {A: topology}}": "app.secrets.A: names a setting of agno-ha, not a secret. Name another key.",
    "app: {drain: {timeout: 120s}}": "app.drain.grace = 3m (default): less than delay 5s + timeout 120s + 65s for"
    " background runs = 190s. Raise app.drain.grace to 190s, or shorten the others.",
    "app: {health: {retries: 4}}": "app.health.retries = 4: a frozen instance would serve for 4 × (interval 5s +"
    " timeout 5s) = 40s > 30s. Lower app.health.interval, timeout or retries.",
    "loadBalancer: {tls: {mode: provided, privateKey: k}}": "loadBalancer.tls.certificate: required by tls.mode ="
    " provided. Give the path of a PEM file.",
    "loadBalancer: {tls: {mode: provided, certificate: c.pem}}": "loadBalancer.tls.privateKey: required by tls.mode ="
    " provided. Give the name of the top-level secret that holds the key.",
    "loadBalancer: {tls: {mode: generated}, httpPort: 443}": "loadBalancer.httpsPort = 443 (default): the same as"
    " loadBalancer.httpPort. Choose another port.",
    "loadBalancer: {idleTimeout: 60s}": "loadBalancer.idleTimeout = 60s: less than app.longestSilence = 5m, so a silent"
    " stream would be cut. Raise loadBalancer.idleTimeout to 5m.",
    "postgres: {pool: {timeout: 1h}}": "postgres.pool.timeout = 1h: not less than loadBalancer.idleTimeout = 1h, so no"
    " client would be told. Lower postgres.pool.timeout.",
    "postgres: {pool: {size: 1, overflow: 0}}": "postgres.pool.overflow = 0: leaves a pool of 1 connection; ensuring the"
    " schema takes 2, one of which holds the lock. Raise postgres.pool.overflow or postgres.pool.size.",
    "postgres: {pooler: {poolSize: 501}}": "postgres.pooler.maxClientConnections = 500 (default): less than"
    " postgres.pooler.poolSize = 501. Raise it, or lower poolSize.",
    "postgres: {reservedConnections: 200}": "postgres.reservedConnections = 200: leaves none of"
    " postgres.maxConnections = 200. Lower it, or raise maxConnections.",
    "postgres: {sharedBuffers: 600MiB}": "postgres.sharedBuffers = 600MiB: more than 40% of postgres.memory = 1GiB."
    " Lower it to 409MiB, or raise postgres.memory.",
    "postgres: {effectiveCacheSize: 2GiB}": "postgres.effectiveCacheSize = 2GiB: more than postgres.memory = 1GiB."
    " Lower it, or raise postgres.memory.",
    "postgres: {mode: external, password: key}": "postgres.external.host: required by mode = external."
    " Give the server's host name.",
    "redis: {mode: external, external: {host: h}}": "redis.password: required by mode = external."
    " Give the name of the top-level secret that holds it.",
    "redis: {mode: external, password: k, external: {host: h}, maxmemory: 1GiB}": "redis.maxmemory: has no effect with"
    " redis.mode = external. Remove it, or change redis.mode.",
    "redis: {maxmemory: 400MiB}": "redis.maxmemory = 400MiB: more than 75% of redis.memory = 512MiB."
    " Lower it to 384MiB, or raise redis.memory.",
    # capacity
    "scaling: {max: 10}": "scaling.max = 10: (10 + 10 while rolling) × 1 worker × 10 connections = 200 > 190 usable of"
    " postgres.maxConnections = 200. Lower scaling.max to 9, or enable postgres.pooler.",
    "app: {workers: 2}\nscaling: {max: 20}\npostgres: {pool: {overflow: 10}}": "scaling.max = 20: (20 + 20 while rolling)"
    " × 2 workers × 15 connections = 1200 > 190 usable of postgres.maxConnections = 200."
    " Lower scaling.max to 3, or enable postgres.pooler.",
    "app: {scheduler: {enabled: true}}\nscaling: {max: 10}": "scaling.max = 10: (10 + 10 while rolling) × 1 worker × 10"
    " connections + 10 of the scheduler = 210 > 190 usable of postgres.maxConnections = 200."
    " Lower scaling.max to 9, or enable postgres.pooler.",
    "scaling: {min: 10, max: 10}": "scaling.max = 10: (10 + 10 while rolling) × 1 worker × 10 connections = 200 > 190"
    " usable of postgres.maxConnections = 200. Lower scaling.min and scaling.max to 9, or enable postgres.pooler.",
    "postgres: {pool: {size: 100}}": "scaling.max = 4 (default): (4 + 4 while rolling) × 1 worker × 105 connections = 840"
    " > 190 usable of postgres.maxConnections = 200. Lower app.workers or postgres.pool, or enable postgres.pooler.",
    "scaling: {max: 26}\npostgres: {pooler: {enabled: true}}": "scaling.max = 26: (26 + 26 while rolling) × 1 worker × 10"
    " connections = 520 > postgres.pooler.maxClientConnections = 500. Lower scaling.max to 25, or raise"
    " postgres.pooler.maxClientConnections to 520.",
    "postgres: {pooler: {enabled: true, mode: session}}": "scaling.max = 4 (default): (4 + 4 while rolling) × 1 worker ×"
    " 10 connections = 80 > postgres.pooler.poolSize = 50, and in session mode every client keeps one."
    " Lower scaling.max to 2, or set postgres.pooler.mode to transaction.",
    "app: {workers: 3}\nscaling: {max: 3}": "app.memory = 512MiB (default): 3 × worker 510MiB + launcher 16MiB + supervisor 60MiB + demo"
    " model 70MiB + bodyLimit 25MiB = 681MiB needed. Raise app.memory to 681MiB, or lower app.workers"
    " or loadBalancer.bodyLimit.",
    "app: {memory: 200MiB}": "app.memory = 200MiB: 1 × worker 170MiB + launcher 16MiB + demo model 70MiB"
    " + bodyLimit 25MiB = 281MiB needed."
    " Raise app.memory to 281MiB, or lower loadBalancer.bodyLimit.",
    "app: {workers: 4, secrets: {OPENAI_API_KEY: k}}\nscaling: {max: 2}": "app.memory = 512MiB (default): 4 × worker 680MiB + launcher 16MiB"
    " + supervisor 60MiB + bodyLimit 25MiB = 781MiB needed. Raise app.memory to 781MiB, or lower"
    " app.workers or loadBalancer.bodyLimit.",
    "loadBalancer: {memory: 32MiB}": "loadBalancer.memory = 32MiB: nginx with a thousand connections 64MiB + bodyLimit"
    " 25MiB = 89MiB needed. Raise loadBalancer.memory to 89MiB, or lower loadBalancer.bodyLimit.",
    "postgres: {workMem: 64MiB}": "postgres.memory = 1GiB (default): sharedBuffers 128MiB + 48MiB + 90 connections × 19MiB"
    " = 1886MiB needed. Raise postgres.memory to 1886MiB, or lower scaling.max or enable postgres.pooler.",
    "postgres: {pooler: {enabled: true, poolSize: 96}}": "postgres.pooler.poolSize = 96: 96 × 2 while it is replaced"
    " > 190 usable of postgres.maxConnections = 200. Lower it to 95, or raise maxConnections.",
    "postgres: {workMem: 64MiB, pooler: {enabled: true}}": "postgres.memory = 1GiB (default): sharedBuffers 128MiB + 48MiB"
    " + 110 connections × 19MiB = 2266MiB needed. Raise postgres.memory to 2266MiB, or lower"
    " postgres.pooler.poolSize.",
    "postgres: {pooler: {enabled: true, maxClientConnections: 10000}}": "postgres.pooler.memory = 128MiB (default): 16MiB"
    " + 10000 clients × 16KiB = 173MiB needed. Raise postgres.pooler.memory to 173MiB, or lower"
    " postgres.pooler.maxClientConnections.",
    # a secret in the file
    "postgres: {password: {secure: AAABAA==}}": f"postgres.password: {NESTED}",
}


def message_of(data: Any, overrides: Any = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(data, overrides, overrides_source="Pulumi.dev.yaml", surge=lambda topology: topology.scaling.max)
    return caught.value


def template(message: str) -> str:
    """The message without what stands in the file: numbers, and values behind `=`."""
    _, _, text = message.partition(": ")
    return re.sub(r"\d+(\.\d+)?\w*( \(default\))?", "#", text)


@pytest.mark.parametrize("text", SHARED)
def test_one_problem(text: str) -> None:
    problem = SHARED[text]
    assert str(message_of(yaml.safe_load(text))) == f"topology.yaml: topology.{problem}"


def test_every_case_adds_a_message() -> None:
    templates = [template(message) for message in SHARED.values()]
    assert sorted(set(templates)) == sorted(templates)


def test_all_problems_at_once_each_with_its_file() -> None:
    shared = {
        "scaling": {"maxx": 5},
        "postgres": {"sharedBuffers": "900MiB", "mode": "managed"},
        "redis": {"version": 1},
    }
    stack = {"scaling": {"min": "two"}, "redis": {"version": 2}, "app": {"secrets": {"A": {"secure": "x"}}}}
    assert str(message_of(shared, stack)).splitlines() == [
        f"Pulumi.dev.yaml: topology.app.secrets.A: {NESTED}",
        "Pulumi.dev.yaml: topology.redis.version = 2: not between 6 and 8. Choose a value between the two.",
        "Pulumi.dev.yaml: topology.scaling.min = two: must be a whole number. Write digits only, without quotes.",
        "topology.yaml: topology.postgres.sharedBuffers = 900MiB: more than 40% of postgres.memory = 1GiB."
        " Lower it to 409MiB, or raise postgres.memory.",
        "topology.yaml: topology.scaling.maxx: unknown key. Did you mean `max`?",
    ]


def test_a_secret_whose_file_is_named_by_hand() -> None:
    error = message_of({"app": {"environment": {"TOKEN_FILE": "/tmp/token"}, "secrets": {"TOKEN": "key"}}})
    assert [problem.path for problem in error.problems] == ["topology.app.secrets.TOKEN"]


def test_the_memory_of_the_scheduler() -> None:
    # A case of its own: the message is that of app.memory, at another path.
    error = message_of({"app": {"scheduler": {"enabled": True, "memory": "128MiB"}}})
    assert [problem.path for problem in error.problems] == ["topology.app.scheduler.memory"]


def test_a_capacity_problem_names_the_file_of_its_setting() -> None:
    assert (
        message_of({"scaling": {"max": 5}}, {"scaling": {"max": 50}}).problems[0].source == "Pulumi.dev.yaml"
    )
    assert message_of({"scaling": {"max": 50}}, {"scaling": {"min": 1}}).problems[0].source == "topology.yaml"


def test_a_stack_may_leave_the_shared_files_server_behind() -> None:
    shared = {
        "postgres": {"sharedBuffers": "256MiB", "memory": "2GiB"},
        "redis": {"mode": "managed", "memory": "1GiB"},
    }
    external = {"mode": "external", "password": "key", "external": {"host": "store.example.com"}}
    topology = load(shared, {"postgres": external, "redis": external})
    assert (topology.postgres.mode, topology.redis.mode) == ("external", "external")
    # And the other way round: shared external stores, and one stack that runs its own.
    topology = load({"postgres": external}, {"postgres": {"mode": "managed"}})
    assert topology.postgres.mode == "managed"


def test_an_external_server_without_the_mode_is_no_silent_managed_one() -> None:
    error = message_of({}, {"postgres": {"external": {"host": "db"}}})
    assert str(error) == (
        "Pulumi.dev.yaml: topology.postgres.external: has no effect with postgres.mode = managed."
        " Remove it, or change postgres.mode."
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: [", "line 2: expected the node content, but found '<stream end>'. Correct the YAML there"),
        ("a:\n\tb: 1", "line 2: found character that cannot start any token. Correct the YAML there"),
        ("a: {b: 1,\n b: 2}", "line 2: a key repeats that of line 1. Correct the YAML there"),
        ("a: *hunter2", "line 1: found undefined alias. Correct the YAML there"),
        ("a: !hunter2 b", "line 1: could not determine a constructor for the tag. Correct the YAML there"),
        ("a: 2024-13-45", "line 1: a value that can't be read. Correct the YAML there"),
        ("? [a]\n: 1", "line 1: found unhashable key. Correct the YAML there"),
        ("- a", "file: not a mapping. Write settings as `name: value` lines"),
        ("a: \x00", "file: holds a character that YAML does not allow. Remove control characters"),
        ("[" * 5000, "file: nested too deeply. Flatten it"),
    ],
)
def test_files_that_are_no_yaml(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(path)
    assert str(caught.value) == f"topology.yaml: {problem}."


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfa")
    for name, problem in {
        "missing.yaml": "not found. Create it, or run from the project's directory",
        ".": "can't be read (Is a directory). Make it a readable file",
        "binary.yaml": "not UTF-8 text. Save it as UTF-8",
    }.items():
        with pytest.raises(ConfigurationError) as caught:
            read_yaml(tmp_path / name)
        assert str(caught.value) == f"{(tmp_path / name).name}: file: {problem}."


def test_files_that_can(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text("# nothing yet\n")
    assert read_yaml(path) == {}
    path.write_text("base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}\n")
    assert read_yaml(path)["other"] == {"a": 1, "b": 3}


def test_a_mapping_that_holds_itself() -> None:
    data = yaml.safe_load("app: &a\n  model: *a")
    assert message_of(data).problems
    assert message_of(data, data).problems


def test_the_stacks_own_settings() -> None:
    stack, problems = validate(Stack, {"target": "docker"}, "agno-ha:", "Pulumi.dev.yaml")
    assert stack is not None
    assert (stack.environment, problems) == ("prod", [])
    stack, problems = validate(Stack, {"environment": "production"}, "agno-ha:", "Pulumi.dev.yaml")
    assert stack is None
    assert sorted(map(str, problems)) == [
        "Pulumi.dev.yaml: agno-ha:environment = production: must be dev, staging or prod. Choose one of them.",
        "Pulumi.dev.yaml: agno-ha:target: is required. Add it.",
    ]


NEARLY = {"target": "docker", "toplogy": {"scaling": {"max": 2}}, "enviroment": "dev", "mine": "x"}


@pytest.mark.parametrize(
    "asked",
    [current, lambda root: read_stack(root / "topology.yaml", NEARLY, source="Pulumi.dev.yaml")],
    ids=["program", "command"],
)
def test_a_key_that_is_nearly_a_setting(
    asked: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "topology.yaml").write_text("{}")
    monkeypatch.setenv(
        "PULUMI_CONFIG", json.dumps({f"agno-ha:{key}": wire(each) for key, each in NEARLY.items()})
    )
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    with pytest.raises(ConfigurationError) as caught:
        asked(tmp_path)
    assert str(caught.value).splitlines() == [
        "Pulumi.dev.yaml: agno-ha:enviroment: is no setting of a stack. Did you mean agno-ha:environment?",
        "Pulumi.dev.yaml: agno-ha:toplogy: is no setting of a stack. Did you mean agno-ha:topology?",
    ]


def test_a_topology_made_in_python_says_what_is_wrong_too() -> None:
    with pytest.raises(
        ValueError, match=r"min: more than scaling.max = 4. Lower scaling.min or raise scaling.max"
    ):
        Topology.model_validate({"scaling": {"min": 5}})


def test_problems_are_sorted_and_told_once() -> None:
    problem = Problem("b.yaml", "p", None, "m", "f")
    error = ConfigurationError([problem, Problem("a.yaml", "p", None, "m", "f"), problem])
    assert str(error) == "a.yaml: p: m. f.\nb.yaml: p: m. f."
