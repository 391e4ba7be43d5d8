"""Our own server images, on a real engine as the target runs them: unprivileged and read-only."""

import io
import shutil
import socket
import subprocess
import tarfile
import time
import uuid

import docker
import pytest
from agno_ha.targets.docker import debian
from agno_ha.targets.docker.context import recipes
from agno_ha.targets.docker.images import ImageError, resolve
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from docker.errors import DockerException
from harness.containers import execute
from harness.images import images
from harness.ports import free_port

PASSWORD = "p@:/%'\"$ #"
SCRIPT = "CREATE TABLE made (by text); INSERT INTO made VALUES ('10.sql');"
SHELL = "docker_process_sql -c \"INSERT INTO made VALUES ('20.sh')\"\n"


@pytest.fixture(scope="module")
def engine():
    try:
        client = docker.from_env()
    except DockerException as error:
        pytest.skip(f"no Docker engine: {error}")
    yield client
    client.close()


@pytest.fixture(scope="module")
def pins(engine):
    """Images as `make up` gets them; the app's has its own tests."""
    base = {"app": {"image": "stand-in:1"}, "postgres": {"pooler": {"enabled": True}}}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w"):
        pass
    engine.api.import_image_from_data(archive.getvalue(), "stand-in", "1")
    yield resolve(Topology.model_validate(base), DockerSettings(), print, engine)
    engine.images.remove("stand-in:1")


class TestBase:
    @pytest.mark.skipif(shutil.which("mmdebstrap") is None, reason="mmdebstrap is not installed")
    def test_made_without_a_registry(self, engine):
        tag, said = f"agno-ha-test/debian:{uuid.uuid4().hex[:8]}", []
        debian.import_base(engine, tag, said.append)
        try:
            release = engine.containers.run(tag, ["cat", "/etc/os-release"], remove=True)
            packages = (
                engine.containers.run(tag, ["dpkg-query", "-Wf", "${Package}\\n"], remove=True)
                .decode()
                .split()
            )
            size = engine.images.get(tag).attrs["Size"]
        finally:
            engine.images.remove(tag)
        assert b"VERSION_CODENAME=bookworm" in release
        assert {"apt", "debian-archive-keyring"} <= set(packages)
        assert "perl-modules-5.36" not in packages
        assert size < 100 * 1000**2
        assert any("success" in line for line in said)


@pytest.fixture
def file(tmp_path):
    """A file to mount: the host's copy of a path in the containers."""

    def write(path, content):
        host = tmp_path / path.strip("/").replace("/", "-")
        host.write_text(content)
        host.chmod(0o644)
        return host

    return write


@pytest.fixture
def run(engine, file):
    """Start a container as the target does; gone afterwards, with its volumes and networks."""
    made, name = [], f"agno-ha-test-{uuid.uuid4().hex[:8]}"
    network = engine.networks.create(name)

    def start(image, command, *, uid, alias, files=None, volume=None, tmpfs=(), environment=None, **options):
        container = engine.containers.create(
            image,
            command,
            user=str(uid),
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            tmpfs=dict.fromkeys(["/tmp", *tmpfs], ""),
            volumes=[
                *(f"{file(path, content)}:{path}:ro" for path, content in (files or {}).items()),
                *([f"{name}-{volume[0]}:{volume[1]}"] if volume else []),
            ],
            environment=environment or {},
            network=name,
            networking_config={name: engine.api.create_endpoint_config(aliases=[alias])},
            **options,
        )
        made.append(container)
        container.start()
        return container

    yield start
    for container in made:
        container.remove(force=True)
    network.remove()
    for volume in engine.volumes.list(filters={"name": name}):
        volume.remove()


def eventually(check, seconds=60):
    """The first true answer."""
    until = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)
    return answer


@pytest.fixture
def postgres(run, pins):
    def start(files=None, **options):
        given = {
            "/run/secrets/password": PASSWORD,
            "/docker-entrypoint-initdb.d/10.sql": SCRIPT,
            "/docker-entrypoint-initdb.d/20.sh": SHELL,
        }
        return run(
            pins.postgres,
            options.pop("command", ["postgres", "-c", "max_connections=77"]),
            uid=999,
            alias="postgres",
            files=given | (files or {}),
            volume=("postgres", "/var/lib/postgresql/data"),
            tmpfs=["/var/run/postgresql"],
            environment={
                "POSTGRES_USER": "operator",
                "POSTGRES_DB": "agno",
                "POSTGRES_PASSWORD_FILE": "/run/secrets/password",
                "POSTGRES_INITDB_ARGS": "--locale=C.UTF-8 --data-checksums",
            },
            **options,
        )

    return start


def sql(container, statement, password=PASSWORD):
    """Through TCP, where the password counts; None while the server does not answer it."""
    command = ["psql", "-h", "127.0.0.1", "-U", "operator", "-d", "agno", "-tAc", statement]
    code, output = execute(container, command, {"PGPASSWORD": password, "PGCONNECT_TIMEOUT": "2"})
    return output.decode().strip() if code == 0 else None


def complete(container):
    """Both scripts ran, once; the settings are the command's; the password is asked for."""
    assert (
        eventually(lambda: sql(container, "SELECT string_agg(by, ',' ORDER BY by) FROM made"))
        == "10.sql,20.sh"
    )
    assert sql(container, "SHOW max_connections") == "77"
    assert sql(container, "SHOW data_checksums") == "on"
    assert sql(container, "SELECT 1", password="wrong") is None


class TestPostgres:
    def test_first_start_and_restart(self, postgres):
        container = postgres()
        complete(container)
        sql(container, "INSERT INTO made VALUES ('30')")
        container.restart()
        assert eventually(lambda: sql(container, "SELECT count(*) FROM made")) == "3"
        assert b"received fast shutdown request" in container.logs()
        assert PASSWORD.encode() not in container.logs()
        assert execute(container, ["id", "-u"]).output == b"999\n"

    def test_killed_at_any_time_of_its_first_start(self, postgres):
        container = postgres()
        started = time.monotonic()
        complete(container)
        whole = time.monotonic() - started
        kills = 6
        for kill in range(kills):
            container.kill()
            # An empty volume again, as far as the next start can tell.
            assert clear(postgres).wait()["StatusCode"] == 0
            container.start()
            time.sleep(whole * (kill + 0.5) / kills)
            container.kill("SIGKILL")
            container.start()
            complete(container)

    def test_killed_in_a_script(self, postgres, file):
        slow = {"/docker-entrypoint-initdb.d/15.sh": "sleep 300\n"}
        container = postgres(slow)
        eventually(lambda: b"running /docker-entrypoint-initdb.d/15.sh" in container.logs())
        container.kill("SIGKILL")
        file("/docker-entrypoint-initdb.d/15.sh", "true\n")
        container.start()
        complete(container)
        assert b"an earlier first start was interrupted: beginning again" in container.logs()

    def test_killed_before_the_last_rename(self, postgres):
        container = postgres()
        complete(container)
        container.stop()
        half = ["sh", "-c", "mkdir $PGDATA/.initializing && mv $PGDATA/PG_VERSION $PGDATA/.initializing/"]
        assert postgres(command=half).wait()["StatusCode"] == 0
        container.start()
        complete(container)

    def test_foreign_files_are_left_alone(self, postgres):
        assert postgres(command=["sh", "-c", "echo precious > $PGDATA/notes"]).wait()["StatusCode"] == 0
        refused = postgres()
        assert refused.wait()["StatusCode"] == 1
        assert b"notes but no PG_VERSION: it is not a PostgreSQL cluster; empty it" in refused.logs()
        kept = postgres(command=["sh", "-c", "cat $PGDATA/notes"])
        kept.wait()
        assert kept.logs() == b"precious\n"

    def test_no_password_no_server(self, postgres):
        container = postgres({"/run/secrets/password": ""})
        assert container.wait()["StatusCode"] == 1
        assert b"the first start needs a password" in container.logs()


def clear(postgres):
    return postgres(command=["sh", "-c", "find $PGDATA -mindepth 1 -delete"])


class TestRedis:
    def test_data_survives_a_kill(self, run, pins):
        command = [
            "redis-server",
            "--requirepass",
            "secret",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]
        container = run(pins.redis, command, uid=999, alias="redis", volume=("redis", "/data"))

        def cli(*words):
            return execute(
                container, ["redis-cli", "--no-auth-warning", "-a", "secret", *words]
            ).output.decode()

        eventually(lambda: cli("PING") == "PONG\n")
        assert cli("SET", "key", "value") == "OK\n"
        container.kill("SIGKILL")
        container.start()
        eventually(lambda: cli("GET", "key") == "value\n")

    def test_bare_options_are_the_server_s(self, run, pins):
        container = run(pins.redis, ["--port", "7000"], uid=999, alias="redis", volume=("redis", "/data"))
        eventually(lambda: execute(container, ["redis-cli", "-p", "7000", "PING"]).output == b"PONG\n")


TRUSTED = """
import ssl
names = [part[0][1] for each in ssl.create_default_context().get_ca_certs() for part in each["subject"]]
print("\\n".join(name for name in names if name.startswith("Amazon R")))
"""


class TestApp:
    def test_rds_and_its_proxy_are_trusted_as_every_authority(self, engine):
        """The proxy's certificates are by Amazon's public authorities."""
        said = engine.containers.run(images()["app"], ["-c", TRUSTED], entrypoint=["python"], remove=True)
        listed = [
            line[2:] for line in (recipes() / "amazon-rds.crt").read_text().splitlines() if line[:2] == "# "
        ]
        assert len(listed) == 3 * 32
        assert set(said.decode().splitlines()) >= {*listed, "Amazon Root CA 1", "Amazon Root CA 4"}


NGINX = """\
pid /tmp/nginx.pid;
events {}
http {
    include /etc/nginx/mime.types;
    client_body_temp_path /tmp/body; proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
    access_log /dev/stdout;
    server { listen 80; location / { return 200 "served\\n"; } }
}
"""
GET = "exec 3<>/dev/tcp/nginx/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"


class TestNginx:
    def test_serves_port_80_unprivileged_and_stops_gracefully(self, run, pins):
        container = run(
            pins.nginx,
            ["nginx", "-c", "/etc/nginx/agno-ha.conf", "-g", "daemon off;"],
            uid=101,
            alias="nginx",
            files={"/etc/nginx/agno-ha.conf": NGINX},
        )
        eventually(lambda: b"served" in execute(container, ["bash", "-c", GET]).output)
        container.stop(timeout=20)
        container.reload()
        assert container.attrs["State"]["ExitCode"] == 0
        assert b'"GET / HTTP/1.0" 200' in container.logs()


PGBOUNCER = """\
[databases]
agno = host=postgres port=5432 dbname=agno
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = /run/secrets/users
pool_mode = transaction
"""


class TestPgbouncer:
    def test_logs_in_to_postgres_with_any_password(self, run, pins, postgres):
        server = postgres()
        complete(server)
        quoted = PASSWORD.replace('"', '""')
        files = {
            "/etc/pgbouncer/agno-ha.ini": PGBOUNCER,
            "/run/secrets/users": f'"operator" "{quoted}"\n',
        }
        command = ["pgbouncer", "/etc/pgbouncer/agno-ha.ini"]
        run(pins.pgbouncer, command, uid=70, alias="pgbouncer", files=files)
        address = "host=pgbouncer port=6432 user=operator dbname=agno"

        def through(password):
            command = ["psql", address, "-tAc", "SELECT count(*) FROM made"]
            return execute(server, command, {"PGPASSWORD": password}).output.decode()

        eventually(lambda: through(PASSWORD) == "2\n")
        assert "2\n" not in through("wrong")


REGISTRY = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {directory}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def registry(tmp_path):
    """A registry of Debian's on a free port of this machine; the engine trusts 127.0.0.0/8 without TLS."""
    port = free_port()
    (tmp_path / "registry.yml").write_text(REGISTRY.format(directory=tmp_path / "stored", port=port))
    command = ["docker-registry", "serve", tmp_path / "registry.yml"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        eventually(lambda: listening(port))
        yield f"127.0.0.1:{port}"
        process.terminate()


@pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is not installed")
class TestRegistry:
    def test_built_once_then_found_by_every_machine(self, engine, pins, registry):
        def found(**docker_settings):
            given = {"postgres": pins.postgres, "redis": pins.redis, "nginx": pins.nginx}
            given |= docker_settings.pop("images", {})
            said.clear()
            topology = {"app": {"image": pins.nginx}, "postgres": {"pooler": {"enabled": True}}}
            settings = DockerSettings.model_validate({**docker_settings, "images": given})
            return resolve(Topology.model_validate(topology), settings, said.append, engine).pgbouncer

        said = []
        name = f"{registry}/team/agno-ha/pgbouncer"
        pin = found(registry=f"{registry}/team")
        assert pin.startswith(f"{name}@sha256:")
        assert any(line.startswith("pushing ") for line in said)
        tag = next(tag for tag in engine.images.get(pin).tags if tag.startswith(name))

        engine.images.remove(tag)
        assert found(registry=f"{registry}/team") == pin
        assert said == []

        assert found(images={"pgbouncer": tag}) == pin
        assert said == [f"pulling {tag}"]
        assert found(images={"pgbouncer": tag}) == pin
        assert said == []
        engine.images.remove(tag)

        with pytest.raises(ImageError, match=r"docker.images.pgbouncer = .*missing: cannot be pulled"):
            found(images={"pgbouncer": f"{name}:missing"})
