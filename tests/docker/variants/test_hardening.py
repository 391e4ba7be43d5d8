"""Every container as the engine runs it: least privilege, bounded, apart."""

import shlex
import socket
from typing import Any

import pytest
from harness.containers import execute
from harness.variant import Variant

ROOMS = {"web": 2, "scheduler": 1, "postgres": 1, "pgbouncer": 1, "redis": 1, "nginx": 1}
LIMITS = {
    "web": ("1.0", 640), "scheduler": ("0.5", 384), "postgres": ("1.0", 512), "pgbouncer": ("0.5", 128),
    "redis": ("0.5", 256), "nginx": ("0.5", 128),
}  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_least_privilege_and_limits(variant: Variant, room: str) -> None:
    containers = variant.containers(room)
    assert len(containers) == ROOMS[room]
    for container in containers:
        config, host = container.attrs["Config"], container.attrs["HostConfig"]
        assert int(config["User"].split(":")[0]) > 0
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert not host["Privileged"]
        cpu, memory = LIMITS[room]
        assert host["NanoCpus"] == int(float(cpu) * 1e9)
        assert host["Memory"] == memory * 1024**2
        assert host["LogConfig"] == {
            "Type": "json-file",
            "Config": {"max-size": str(10 * 1024**2), "max-file": "3"},
        }
        assert all(mount["Type"] in ("volume", "tmpfs", "bind") for mount in container.attrs["Mounts"])
        # The engine binds only what it makes itself: configs and secrets, read-only.
        assert not [mount for mount in container.attrs["Mounts"] if mount["Type"] == "bind" and mount["RW"]]


@pytest.mark.parametrize("room", ROOMS)
def test_the_processes_have_what_the_configuration_says(variant: Variant, room: str) -> None:
    """Seen from inside: no root, no capability, nowhere to write but tmpfs and the store's volume."""
    for container in variant.containers(room):
        status = execute(container, ["cat", "/proc/1/status"]).output.decode()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(fields["Uid"].split()) == {container.attrs["Config"]["User"].split(":")[0]}
        assert int(fields["CapEff"], 16) == 0
        assert int(fields["CapBnd"], 16) == 0
        assert execute(container, ["sh", "-c", "echo x > /usr/written"]).exit_code
        assert execute(container, ["sh", "-c", "echo x > /etc/written"]).exit_code


def addresses(container: Any) -> dict[str, str]:
    networks = container.attrs["NetworkSettings"]["Networks"]
    return {name: network["IPAddress"] for name, network in networks.items()}


SSL_REQUEST = r"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""Postgres' and PgBouncer's answer is one letter: S or N."""
GET = r"GET /agents HTTP/1.0\r\n\r\n"


def answer(container: Any, address: str, port: int, question: str) -> str:
    """What a server says to a container; a mere connection says nothing where a network answers for everybody."""
    probe = (
        f"exec 2>/dev/null; exec 3<>/dev/tcp/{shlex.quote(address)}/{port}; printf {shlex.quote(question)} >&3;"
        'IFS= read -r -t 2 -N 12 heard <&3; printf %s "$heard"'
    )
    return execute(container, ["timeout", "5", "bash", "-c", probe]).output.decode(errors="replace").strip()


def heard_here(address: str, port: int, question: str) -> str:
    """The same, asked from this machine."""
    try:
        with socket.create_connection((address, port), timeout=2) as direct:
            direct.sendall(question.encode().decode("unicode_escape").encode("latin-1"))
            return direct.recv(12).decode(errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("room", "port", "question", "expected"),
    [
        ("postgres", 5432, SSL_REQUEST, "N"),
        ("pgbouncer", 6432, SSL_REQUEST, "N"),
        ("redis", 6379, r"GET x\r\n", "-NOAUTH Auth"),
    ],
)
def test_a_store_is_reached_by_the_instances_only(
    variant: Variant, room: str, port: int, question: str, expected: str
) -> None:
    [store] = variant.containers(room)
    stores = f"{variant.namespace}_stores"
    assert set(addresses(store)) == {stores}
    assert not any((store.attrs["NetworkSettings"]["Ports"] or {}).values())
    address = addresses(store)[stores]

    web, [nginx] = variant.containers("web")[0], variant.containers("nginx")
    assert answer(web, address, port, question) == expected
    assert answer(web, room, port, question) == expected
    assert set(addresses(nginx)) == {f"{variant.namespace}_edge"}
    # Not "no answer": a proxy around this machine may speak for addresses that are nobody's.
    assert answer(nginx, address, port, question) != expected
    assert answer(nginx, room, port, question) != expected
    assert answer(nginx, "web", 8000, GET) == "HTTP/1.1 401"
    # Nor from this machine, whose published ports are nginx's.
    assert heard_here(address, port, question) != expected


def test_the_host_publishes_nginx_s_two_ports_alone(variant: Variant) -> None:
    published = {
        (room, binding["HostPort"])
        for room in ROOMS
        for container in variant.containers(room)
        for bindings in (container.attrs["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or []
    }
    ports = {str(variant.port), str(variant.config["topology"]["loadBalancer"]["httpsPort"])}
    assert published == {("nginx", port) for port in ports}
    assert not any(variant.service(room).attrs["Endpoint"].get("Ports") for room in {*ROOMS} - {"nginx"})


@pytest.mark.parametrize("room", ["postgres", "redis", "pgbouncer"])
def test_a_store_reaches_nothing_outside(variant: Variant, room: str) -> None:
    """The machine is reached from an instance over its gateway; from a store there is no way at all."""
    [store], web = variant.containers(room), variant.containers("web")[0]
    gateway = variant.engine.networks.get("docker_gwbridge").attrs["IPAM"]["Config"][0]["Gateway"]
    assert answer(web, gateway, variant.port, GET) == "HTTP/1.1 308"
    assert answer(store, gateway, variant.port, GET) == ""
