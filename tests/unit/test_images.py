"""Images against an engine and a registry that are simulated at the SDK's low-level calls."""

import gc
import io
import os
import re
import tarfile
from pathlib import Path

import pytest
from agno_ha.operations import swarm
from agno_ha.operations.errors import OperationError
from agno_ha.targets.docker import context, debian, engine, images
from agno_ha.targets.docker.images import ImageError, Images, refer, resolve
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from docker.context import Context
from docker.errors import APIError, ImageNotFound

OFFICIAL = {"postgres:15": "sha256:aa", "redis:7": "sha256:bb", "nginx:1.28": "sha256:cc"}


class Simulated:
    """One engine (`local`: reference → image) with registries (`remote`: reference → digest)."""

    def __init__(self, local=None, remote=None, answers=True):
        self.api, self.timeout = self, 60
        self.local, self.remote, self.answers = dict(local or {}), dict(remote or {}), answers
        self.asked, self.pulled, self.built, self.pushed = [], [], [], []
        self.build_events, self.pull_error, self.push_error = [], None, None

    def inspect_image(self, reference):
        if reference not in self.local:
            raise ImageNotFound(f"No such image: {reference}")
        return self.local[reference]

    def images(self, name):
        return [image for reference, image in self.local.items() if reference.rpartition(":")[0] == name]

    def inspect_distribution(self, reference):
        self.asked.append((reference, self.timeout))
        if not self.answers:
            raise APIError("500", explanation="no such host")
        if reference not in self.remote:
            raise APIError("404", explanation="manifest unknown")
        return {"Descriptor": {"digest": self.remote[reference]}}

    def pull(self, name, tag, **_):
        reference = f"{name}:{tag}"
        self.pulled.append(reference)
        if self.pull_error or reference not in self.remote:
            yield {"error": self.pull_error or "manifest unknown"}
            return
        self.local[reference] = image(f"id of {reference}", f"{name}@{self.remote[reference]}")
        yield {"status": "done"}

    def build(self, fileobj, tag, buildargs, network_mode, **_):
        self.network = network_mode
        with tarfile.open(fileobj=fileobj) as tar:
            self.built.append((tag, buildargs, {entry.name: entry for entry in tar}))
        yield {"stream": "Step 1/1 : FROM ${BASE}\n"}
        yield from self.build_events
        if not any("error" in event for event in self.build_events):
            self.local[tag] = image(f"sha256:id-{tag}")

    def push(self, name, tag, **_):
        self.pushed.append(f"{name}:{tag}")
        yield {"error": self.push_error} if self.push_error else {"aux": {"Digest": "sha256:pushed"}}

    def tags(self):
        return [tag.rpartition(":")[0] for tag, _, _ in self.built]


def image(identity, *digests):
    return {"Id": identity, "RepoDigests": list(digests)}


def topology(**sections):
    return Topology.model_validate({"app": {"image": "mine:1"}, **sections})


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """Small recipes, a fresh memory, and a machine with no proxies of its own."""
    for name in ("base", "postgres", "redis", "nginx", "pgbouncer"):
        (tmp_path / "image/stores" / name).mkdir(parents=True)
        (tmp_path / "image/stores" / name / "Dockerfile").write_text(f"ARG BASE\nFROM ${{BASE}}\n# {name}\n")
    (tmp_path / "image/agno_ha_image").mkdir()
    (tmp_path / "image/agno_ha_image/__init__.py").write_text("")
    (tmp_path / "image/Dockerfile").write_text(
        "ARG BASE\nARG PIP_INDEX_URL\nARG PIP_EXTRA_INDEX_URL\nFROM ${BASE}\n"
    )
    monkeypatch.setattr(context, "recipes", lambda: tmp_path / "image")
    monkeypatch.setattr(debian, "proxies", dict)
    monkeypatch.setattr(engine, "_unreachable", set())


@pytest.fixture
def agents(tmp_path):
    directory = tmp_path / "my-agents"
    directory.mkdir()
    (directory / "my_agents.py").write_text("agents = []\n")
    return directory


def run(simulated, wanted=None, said=None, **settings):
    lines = [] if said is None else said
    return resolve(wanted or topology(), DockerSettings.model_validate(settings), lines.append, simulated)


def based(local=None):
    """An engine that has our base, so that builds need no Debian."""
    return {context.store("base", "").reference(): image("sha256:base"), "mine:1": image("sha256:mine")} | (
        local or {}
    )


def own(name):
    return context.store(name, context.store("base", "").reference()).reference()


class TestRefer:
    def test_names_without_an_engine(self, agents, monkeypatch):
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
        wanted = topology(app={"build": str(agents)}, postgres={"version": 16, "pooler": {"enabled": True}})
        settings = DockerSettings.model_validate({"images": {"redis": "valkey:8"}})
        named = refer(wanted, settings)
        assert named == Images(
            app=context.app(agents, context.store("base", "").reference()).reference(),
            postgres="postgres:16",
            redis="valkey:8",
            nginx="nginx:1.28",
            pgbouncer=own("pgbouncer"),
        )

    def test_external_stores_need_no_image(self):
        external = {"mode": "external", "external": {"host": "db"}, "password": "key"}
        named = refer(topology(postgres=external, redis=external), DockerSettings())
        assert (named.postgres, named.redis, named.pgbouncer) == (None, None, None)

    def test_what_is_built_is_named_in_the_registry(self, agents):
        named = refer(
            topology(app={"build": str(agents)}),
            DockerSettings.model_validate({"registry": "registry.test/team/"}),
        )
        assert named.app.startswith("registry.test/team/agno-ha/app:")


class TestConfigured:
    @pytest.mark.parametrize(
        ("reference", "found", "pin"),
        [
            ("mine:1", image("sha256:i", "mine@sha256:d"), "mine@sha256:d"),
            ("mine:1", image("sha256:i", "other@sha256:o", "mine@sha256:d"), "mine@sha256:d"),
            ("docker.io/library/mine:1", image("sha256:i", "mine@sha256:d"), "mine@sha256:d"),
            ("mine:1", image("sha256:i"), "sha256:i"),
            ("r.test:5000/mine", image("sha256:i", "r.test:5000/mine@sha256:d"), "r.test:5000/mine@sha256:d"),
        ],
    )
    def test_on_the_engine(self, reference, found, pin):
        simulated = Simulated(OFFICIAL_ON_ENGINE | {reference: found}, answers=False)
        assert run(simulated, topology(app={"image": reference})).app == pin
        assert simulated.pulled == []

    def test_pulled(self):
        simulated = Simulated(OFFICIAL_ON_ENGINE, remote={"mine:1": "sha256:d"})
        assert run(simulated).app == "mine@sha256:d"

    def test_neither(self):
        with pytest.raises(ImageError) as caught:
            run(Simulated(based(OFFICIAL_ON_ENGINE)), images={"postgres": "ours:15"})
        assert str(caught.value) == (
            "docker.images.postgres = ours:15: cannot be pulled (manifest unknown). Pull or load it on this "
            "engine, log in to its registry, or correct docker.images.postgres."
        )


OFFICIAL_ON_ENGINE = {
    reference: image(f"id of {reference}", f"{reference.partition(':')[0]}@{digest}")
    for reference, digest in OFFICIAL.items()
}


class TestDefault:
    def test_the_official_one_on_the_engine_goes_first(self):
        simulated = Simulated(
            based({own("redis"): image("sha256:ours"), **OFFICIAL_ON_ENGINE}), answers=False
        )
        found = run(simulated)
        assert (found.postgres, found.redis, found.nginx) == (
            "postgres@sha256:aa",
            "redis@sha256:bb",
            "nginx@sha256:cc",
        )
        assert simulated.asked == []

    def test_ours_on_the_engine_goes_before_a_pull(self):
        local = based({own(name): image(f"sha256:{name}") for name in ("postgres", "redis", "nginx")})
        simulated = Simulated(local, remote=OFFICIAL)
        assert run(simulated).redis == "sha256:redis"
        assert (simulated.asked, simulated.pulled, simulated.built) == ([], [], [])

    def test_pulled_where_the_registry_answers(self):
        simulated = Simulated(based(), remote=OFFICIAL)
        assert run(simulated).postgres == "postgres@sha256:aa"
        assert simulated.pulled == ["nginx:1.28", "postgres:15", "redis:7"]
        assert simulated.built == []

    def test_a_registry_that_does_not_answer_is_asked_once_and_briefly(self):
        simulated, said = Simulated(based(), answers=False), []
        found = run(simulated, said=said)
        assert [asked for asked, _ in simulated.asked] == ["nginx:1.28"]
        assert simulated.asked[0][1] <= 15
        assert simulated.timeout == 60
        assert found.postgres == f"sha256:id-{own('postgres')}"
        assert sorted(simulated.tags()) == ["agno-ha/nginx", "agno-ha/postgres", "agno-ha/redis"]
        assert sum("docker.io does not answer" in line for line in said) == 1

    def test_a_pull_that_breaks_off_ends_in_a_build(self):
        simulated = Simulated(based(), remote=OFFICIAL)
        simulated.pull_error = "toomanyrequests"
        assert run(simulated).redis == f"sha256:id-{own('redis')}"

    def test_data_of_our_image_stays_on_our_image_when_its_recipe_changes(self):
        local = OFFICIAL_ON_ENGINE | {"agno-ha/postgres:older": image("sha256:older")}
        del local["postgres:15"]
        simulated = Simulated(based(local), remote=OFFICIAL)
        assert run(simulated).postgres == f"sha256:id-{own('postgres')}"
        assert simulated.pulled == []

    def test_pgbouncer_is_ours_and_only_there_with_the_pooler(self):
        simulated = Simulated(based(OFFICIAL_ON_ENGINE), remote=OFFICIAL)
        assert run(simulated).pgbouncer is None
        found = run(simulated, topology(postgres={"pooler": {"enabled": True}}))
        assert found.pgbouncer == f"sha256:id-{own('pgbouncer')}"

    def test_another_version_comes_from_a_registry_only(self):
        wanted = topology(postgres={"version": 16})
        simulated = Simulated(based(), remote={**OFFICIAL, "postgres:16": "sha256:16"})
        assert run(simulated, wanted).postgres == "postgres@sha256:16"
        engine._unreachable.clear()
        with pytest.raises(ImageError) as caught:
            run(Simulated(based(OFFICIAL_ON_ENGINE), answers=False), wanted)
        assert str(caught.value) == (
            "topology.postgres.version = 16: postgres:16 is not on the engine, no registry answers, and "
            "Debian 12, from which it would be built, has only version 15. Make a registry reachable, set "
            "docker.images.postgres, or use version 15."
        )


class TestBuild:
    def test_the_app_is_built_with_this_machine_s_certificates(self, agents, monkeypatch):
        monkeypatch.setenv("PIP_INDEX_URL", "https://pypi.test/simple")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
        monkeypatch.setenv("PIP_TRUSTED_HOST", "pypi.test")  # the Dockerfile does not ask for it
        monkeypatch.setattr(debian, "ca_bundle", lambda: b"PEM")
        monkeypatch.setattr(debian, "proxies", lambda: {"http_proxy": "http://proxy.test:3128"})
        simulated = Simulated(based(OFFICIAL_ON_ENGINE))
        wanted = topology(app={"build": str(agents)})
        pin = run(simulated, wanted).app
        tag, arguments, files = simulated.built[0]
        assert tag == refer(wanted, DockerSettings()).app
        assert pin == f"sha256:id-{tag}"
        assert arguments == {
            "BASE": context.store("base", "").reference(),
            "PIP_INDEX_URL": "https://pypi.test/simple",
            "http_proxy": "http://proxy.test:3128",
        }
        assert set(files) == {
            "Dockerfile",
            "agno_ha_image/__init__.py",
            "agents",
            "agents/my_agents.py",
            "ca-certificates.crt",
        }
        assert run(simulated, wanted).app == pin
        assert len(simulated.built) == 1

    def test_what_is_passed_on_is_asked_for_where_nothing_of_it_stays(self):
        dockerfile = (Path(__file__).parents[2] / "image/Dockerfile").read_text()
        _, _, build, final = dockerfile.split("\nFROM ")
        assert set(re.findall(r"^ARG (\w+)$", build, re.MULTILINE)) == set(engine._PASSED_ON)
        assert "PIP_" not in final

    @pytest.mark.parametrize(
        ("proxy", "network"),
        [("http://127.0.0.1:3128", "host"), ("localhost:3128", "host"), ("http://proxy.test:3128", None)],
    )
    def test_a_proxy_on_the_loopback_is_reached_from_the_build(self, monkeypatch, proxy, network):
        monkeypatch.setattr(
            debian, "proxies", lambda: {"http_proxy": proxy, "no_proxy": "localhost,127.0.0.1"}
        )
        simulated = Simulated(based(OFFICIAL_ON_ENGINE))
        run(simulated, topology(postgres={"pooler": {"enabled": True}}))
        assert simulated.network == network

    def test_a_failure_shows_its_last_lines(self):
        simulated = Simulated(based(), answers=False)
        simulated.build_events = [
            {"stream": "\x1b[91mE: Unable to locate package\n"},
            {"error": "returned a non-zero code: 100"},
        ]
        with pytest.raises(ImageError) as caught:
            run(simulated)
        assert "returned a non-zero code: 100" in str(caught.value)
        assert "\n  E: Unable to locate package" in str(caught.value)

    def test_the_base_without_a_registry_needs_mmdebstrap(self, monkeypatch):
        monkeypatch.setattr("shutil.which", lambda _: None)
        with pytest.raises(images.MissingPackageError, match="Run `apt-get install mmdebstrap`") as caught:
            run(Simulated({"mine:1": image("sha256:mine")}, answers=False))
        assert caught.value.package == "mmdebstrap"

    def test_the_base_is_the_official_one_where_a_registry_answers(self):
        simulated = Simulated(
            OFFICIAL_ON_ENGINE | {"mine:1": image("sha256:m")}, remote={engine.DEBIAN: "sha256:d"}
        )
        run(simulated, topology(postgres={"pooler": {"enabled": True}}))
        assert simulated.tags() == ["agno-ha/base", "agno-ha/pgbouncer"]
        assert simulated.built[0][1]["BASE"] == "debian:bookworm-slim"
        assert "apt/sources.list.d/agno-ha.list" in simulated.built[0][2]


class TestRegistry:
    def registered(self, name):
        return context.store(name, context.store("base", "").reference()).reference("r.test/team")

    def test_looked_up_first(self):
        reference = self.registered("redis")
        local = {name: found for name, found in OFFICIAL_ON_ENGINE.items() if name != "redis:7"}
        simulated = Simulated(based(local), remote={reference: "sha256:there"})
        assert run(simulated, registry="r.test/team").redis == "r.test/team/agno-ha/redis@sha256:there"
        assert (simulated.built, simulated.pushed) == ([], [])

    def test_built_pushed_and_pinned_by_the_pushed_digest(self):
        local = {name: found for name, found in OFFICIAL_ON_ENGINE.items() if name != "redis:7"}
        simulated = Simulated(based(local))
        assert run(simulated, registry="r.test/team").redis == "r.test/team/agno-ha/redis@sha256:pushed"
        assert simulated.pushed == [self.registered("redis")]

    def test_refused(self):
        simulated = Simulated(based(), answers=False)
        simulated.push_error = "denied: requested access to the resource is denied"
        with pytest.raises(
            ImageError, match=r"docker.registry = r.test/team: refused .*denied.* Log in with"
        ):
            run(simulated, registry="r.test/team")


class TestEngine:
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_missing(self, monkeypatch):
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        with pytest.raises(
            ImageError, match=r"^The Docker engine: does not answer .*apt-get install docker.io"
        ):
            resolve(topology(), DockerSettings(), print)
        gc.collect()  # the SDK leaves the socket that could not connect to the collector

    def test_a_context_that_the_provider_would_not_see(self, monkeypatch):
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
        chosen = Context("far", host="tcp://127.0.0.1:9")
        monkeypatch.setattr(engine.ContextAPI, "get_context", lambda name: chosen)
        with pytest.raises(ImageError, match="export DOCKER_CONTEXT=far"):
            engine.connect()
        monkeypatch.setenv("DOCKER_CONTEXT", "far")
        with pytest.raises(ImageError, match="The Docker engine: does not answer"):
            engine.connect()

    def test_unknown_context(self, monkeypatch):
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
        with pytest.raises(ImageError, match="The Docker context nowhere"):
            resolve(topology(), DockerSettings(), print)

    def test_operations_reach_the_same_engine(self, monkeypatch):
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
        with pytest.raises(OperationError, match="The Docker context nowhere"), swarm.engine():
            pass

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_over_ssh(self, monkeypatch, tmp_path):
        asked = tmp_path / "asked"
        (tmp_path / "ssh").write_text(f'#!/bin/sh\necho "$@" >>{asked}\n')
        (tmp_path / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        monkeypatch.setenv("DOCKER_HOST", "ssh://me@node")
        with pytest.raises(OperationError, match="The Docker engine: does not answer"), swarm.engine():
            pass
        assert asked.read_text().startswith("-l me")
        gc.collect()

    def test_an_error_of_the_engine_is_no_traceback(self):
        simulated = Simulated(OFFICIAL_ON_ENGINE)

        def refuse(reference):
            raise APIError("400", explanation=f"invalid reference format: {reference}")

        simulated.inspect_image = refuse
        with pytest.raises(ImageError, match="invalid reference format: mine:1"):
            run(simulated)


class TestContext:
    def digest(self, agents):
        return context.app(agents, "base").digest

    def test_the_same_tree_is_the_same_image(self, agents):
        before = self.digest(agents)
        os.utime(agents / "my_agents.py", (1, 1))
        (agents / "my_agents.py").chmod(0o600)
        (agents / "__pycache__").mkdir()
        (agents / "__pycache__/my_agents.cpython-311.pyc").write_bytes(b"x")
        (agents / ".venv/bin").mkdir(parents=True)
        (agents / ".venv/bin/python").write_text("x")
        (agents / ".mypy_cache").mkdir()
        (agents / ".mypy_cache/x.json").write_text("x")
        assert self.digest(agents) == before

    @pytest.mark.parametrize("path", ["my_agents.py", "requirements.txt", "data/new.txt"])
    def test_a_change_is_another_image(self, agents, path):
        before = self.digest(agents)
        (agents / path).parent.mkdir(exist_ok=True)
        (agents / path).write_text("changed")
        assert self.digest(agents) != before

    def test_an_executable_is_another_image_and_stays_one(self, agents):
        (agents / "tool").write_bytes(b"\x7fELF")
        before = self.digest(agents)
        (agents / "tool").chmod(0o700)
        assert self.digest(agents) != before
        archive = io.BytesIO()
        context.app(agents, "base").write(archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as tar:
            modes = {entry.name: (entry.mode, entry.uid, entry.mtime) for entry in tar}
        assert modes["agents/tool"] == (0o755, 0, 0)
        assert modes["agents/my_agents.py"] == (0o644, 0, 0)

    def test_another_base_is_another_image(self, agents):
        assert context.app(agents, "base:1").digest != context.app(agents, "base:2").digest

    def test_secrets_are_never_copied(self, agents):
        (agents / ".dockerignore").write_text("# notes\nnotes.txt\n!.env\n")
        for name in (".env", ".env.local", "notes.txt", "server.key", ".netrc"):
            (agents / name).write_text("secret")
        (agents / "inner").mkdir()
        (agents / "inner/.env").write_text("secret")
        copied = {path for path in context.app(agents, "").files if path.startswith("agents/")}
        assert copied == {"agents/my_agents.py", "agents/inner", "agents/.dockerignore"}

    def test_a_link_out_of_the_directory_is_refused(self, agents, tmp_path):
        (tmp_path / "outside.py").write_text("")
        (agents / "link.py").symlink_to(tmp_path / "outside.py")
        with pytest.raises(ImageError, match=r"link.py: links to a file outside its directory"):
            self.digest(agents)

    def test_a_link_inside_is_its_content(self, agents):
        (agents / "link.py").symlink_to("my_agents.py")
        archive = io.BytesIO()
        context.app(agents, "").write(archive)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as tar:
            assert tar.extractfile("agents/link.py").read() == b"agents = []\n"

    @pytest.mark.parametrize(
        ("content", "why"), [(None, "no such directory"), ("x.txt", "holds no Python module")]
    )
    def test_a_directory_that_is_none(self, tmp_path, content, why):
        if content:
            (tmp_path / "build").mkdir()
            (tmp_path / "build" / content).write_text("")
        with pytest.raises(ImageError, match=f"topology.app.build = .*/build: {why}. Name a directory with"):
            context.app(tmp_path / "build", "")


SOURCES_LIST = """\
# deb http://old.test bookworm main
deb [arch=amd64] http://mirror.test/debian bookworm main contrib
deb cdrom:[x]/ bookworm main
"""
DEBIAN_SOURCES = """\
Types: deb deb-src
URIs: http://mirror.test/debian-security
# a remark
Suites: bookworm-security
Components:
 main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.test
Suites: bookworm
Components: main
"""


class TestDebian:
    def written(self, tmp_path, files) -> Path:
        (tmp_path / "sources.list.d").mkdir()
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        return tmp_path

    def test_this_machine_s_own_sources(self, tmp_path):
        etc = self.written(
            tmp_path,
            {
                "sources.list": SOURCES_LIST,
                "sources.list.d/debian.sources": DEBIAN_SOURCES,
                "sources.list.d/docker.list": "deb https://download.docker.test/debian bookworm stable\n",
                "sources.list.d/third.list": "deb [signed-by=/etc/apt/t.gpg] https://t.test bookworm main\n",
                "sources.list.d/private.list": "deb https://user:password@private.test bookworm main\n",
                "sources.list.d/notes.bak": "deb http://bak.test bookworm main\n",
            },
        )
        assert debian.sources(etc) == [
            "deb http://mirror.test/debian bookworm main",
            "deb http://mirror.test/debian-security bookworm-security main",
        ]

    def test_another_system_takes_debian_s_own(self, tmp_path):
        etc = self.written(tmp_path, {"sources.list": "deb http://archive.ubuntu.test/ubuntu noble main\n"})
        assert debian.sources(etc)[0] == "deb http://deb.debian.org/debian bookworm main"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_certificates_reach_apt_only_where_it_needs_them(self, monkeypatch, scheme):
        monkeypatch.setattr(debian, "sources", lambda: [f"deb {scheme}://mirror.test/debian bookworm main"])
        monkeypatch.setattr(debian, "ca_bundle", lambda: b"PEM")
        files = debian.apt_files()
        assert ("apt/agno-ha-ca.crt" in files) == (scheme == "https")
        assert (b"CAInfo" in files["apt/apt.conf.d/90agno-ha"]) == (scheme == "https")
