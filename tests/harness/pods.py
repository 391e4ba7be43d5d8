"""A stack in a cluster: its rendered manifests applied with kubectl, its pods looked into, taken down."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from agno_ha import certificate
from agno_ha.offline import Plan
from agno_ha.render.manifests import render
from agno_ha.servers import pgbouncer_users, redis_users

from harness.cluster import apply, kubectl
from harness.deployment import merge
from harness.service import PSQL, Service, wait_for


class Pods(Service):
    """One stack in a namespace of its own."""

    def __init__(
        self,
        evaluate: Callable[..., Plan],
        directory: Path,
        namespace: str,
        topology: Mapping[str, Any],
        own: Mapping[str, Any],
    ) -> None:
        self.evaluate = evaluate
        self.directory = directory
        self.namespace = namespace
        self.topology = deepcopy(dict(topology))
        self.own = {**deepcopy(dict(own)), "namespace": namespace}
        self._first = deepcopy((self.topology, self.own))
        self.passwords = {
            name: secrets.token_urlsafe(24)
            for name in (
                *("postgres_password", "postgres_admin_password", "redis_password"),
                *("internal_service_token", "os_security_key"),
            )
        }
        self.certificate = certificate.generate("the first one")
        self._here = ("--namespace", namespace)

    # Up and down -------------------------------------------------------------------------------------------

    def up(self, *, timeout: float = 300) -> Plan:
        """Apply what is rendered, beside the Secrets that it names; then what is not rendered any more goes.

        Waits for the workloads, as `pulumi up` does.
        """
        wait_for(
            lambda: (
                "Terminating"
                not in self.kubectl("get", "namespaces", self.namespace, "--no-headers", "--ignore-not-found")
            ),
            300,
            "the last one to be gone",
        )
        self._keep_passwords()
        plan = self.evaluate(self.topology, target="kubernetes", own=self.own)
        made = render(plan)
        gone = [path for path in self.directory.glob("*.yaml") if path.name not in made.files]
        removed = [yaml.safe_load(path.read_text()) for path in gone]
        made.write(self.directory)
        self.kubectl("apply", "--server-side", "-f", str(self.directory / f"namespace-{self.namespace}.yaml"))
        self._give(made.secrets)
        self.kubectl("apply", "--server-side", "-k", str(self.directory))
        for each in removed:
            self.kubectl("delete", each["kind"], each["metadata"]["name"], "--ignore-not-found")
        self.rolled(timeout)
        return plan

    def _give(self, wanted: Mapping[str, tuple[str, ...]]) -> None:
        """Create the Secrets that the manifests name."""
        values = {
            **self.passwords,
            "redis_users": redis_users(self.passwords["redis_password"]),
            "pgbouncer_users": pgbouncer_users("agno", self.passwords["postgres_password"]),
            "tls.crt": self.certificate.certificate,
            "tls.key": self.certificate.private_key,
        }
        apply(
            [
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "type": "kubernetes.io/tls" if "tls.key" in keys else "Opaque",
                    "metadata": {"name": name, "namespace": self.namespace},
                    "stringData": {key: values[key] for key in keys},
                }
                for name, keys in wanted.items()
            ]
        )

    def _keep_passwords(self) -> None:
        """A stack that is there already keeps its passwords: its data opens with no others."""
        for each in json.loads(kubectl("get", "secrets", *self._here, "-o", "json").stdout)["items"]:
            for key, value in each["data"].items():
                if key in self.passwords:
                    self.passwords[key] = base64.b64decode(value).decode()
        self.key = self.passwords["os_security_key"]

    def change(self, topology: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> None:
        """Change some of the topology and of the target's settings, leaf by leaf; the next `up` deploys it."""
        merge(self.topology, topology)
        merge(self.own, own or {})

    def change_back(self) -> bool:
        """Undo every change; whether there was one."""
        changed = (self.topology, self.own) != self._first
        self.topology, self.own = deepcopy(self._first)
        return changed

    def rolled(self, timeout: float = 300) -> None:
        """Wait until every workload is as it was asked for."""
        for kind in ("statefulset", "deployment"):
            for name in self.kubectl("get", kind, "-o", "name").split():
                self.kubectl("rollout", "status", name, f"--timeout={timeout:g}s")

    def down(self) -> None:
        kubectl("delete", "namespace", self.namespace, "--wait=false", check=False)

    # Looking into it ---------------------------------------------------------------------------------------

    def kubectl(self, *arguments: str) -> str:
        return kubectl(*self._here, *arguments).stdout

    def get_json(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    @property
    def url(self) -> str:
        """A port of the node, as seen from outside of the cluster; TLS where there is."""
        ports = self.ports()
        scheme = "https" if "https" in ports else "http"
        return f"{scheme}://{self.node()}:{ports[scheme]}"

    def ports(self) -> dict[str, int]:
        """The node's ports that lead to nginx."""
        found = self.get_json("service", "balancer")["spec"]["ports"]
        return {each["name"]: each["nodePort"] for each in found}

    def node(self) -> str:
        """The first node's address."""
        [node, *_] = json.loads(kubectl("get", "nodes", "-o", "json").stdout)["items"]
        addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
        return str(addresses["InternalIP"])

    def pods(self, room: str) -> list[dict[str, Any]]:
        """The pods of a component that nobody has told to stop, oldest first."""
        found = self.get_json("pods", "--selector", f"app.kubernetes.io/component={room}")["items"]
        return sorted(
            (each for each in found if "deletionTimestamp" not in each["metadata"]),
            key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]),
        )

    def names(self, room: str) -> set[str]:
        return {each["metadata"]["name"] for each in self.pods(room)}

    def ready(self, room: str) -> set[str]:
        """The pods that receive traffic."""
        return {each["metadata"]["name"] for each in self.pods(room) if is_ready(each)}

    def restarts(self, room: str) -> dict[str, int]:
        """How often each pod's containers were started again."""
        return {
            each["metadata"]["name"]: sum(
                one["restartCount"] for one in each["status"].get("containerStatuses", [])
            )
            for each in self.pods(room)
        }

    def init_restarts(self, pod: str) -> int:
        """How often a pod's first step was tried again."""
        [step] = self.get_json("pod", pod)["status"]["initContainerStatuses"]
        return int(step["restartCount"])

    def execute(self, pod: str, *command: str) -> str:
        return self.kubectl("exec", pod, "--", *command)

    def sql(self, query: str, database: str = "agno") -> list[list[str]]:
        output = self.execute("postgres-0", *PSQL, "-d", database, "-AtF", "\x1f", "-c", query)
        return [line.split("\x1f") for line in output.splitlines()]

    def console(self) -> list[str]:
        return ["kubectl", *self._here, "exec", "-i", "postgres-0", "--", *PSQL]

    def redis(self, *command: str) -> str:
        password = f"REDISCLI_AUTH={self.passwords['redis_password']}"
        return self.execute("redis-0", "env", password, "redis-cli", "--no-auth-warning", *command).strip()

    def troubles(self, since: float, most: int = 100) -> str:
        """Events, and what nginx and the instances say went wrong since a time (`time.time()`); for a failed test."""
        lines = []
        for event in self.get_json("events")["items"]:
            at = event.get("lastTimestamp") or event.get("eventTime") or ""
            if at and datetime.fromisoformat(at).timestamp() >= since:
                about = event["involvedObject"]
                lines.append(f"{at} {about['kind']} {about['name']}: {event['reason']} {event['message']}")
        age = f"--since={max(1, round(time.time() - since))}s"
        for room in ("nginx", "web"):
            for pod in self.names(room):
                # One that has not begun has no log.
                told = kubectl(*self._here, "logs", pod, "--timestamps", age, check=False).stdout
                lines += [
                    f"{line[:23]} {pod} {line[31:431]}"
                    for line in told.splitlines()
                    if '"info"' not in line and '"status":200' not in line
                ]
        return "\n".join(sorted(lines)[-most:])


class Watch:
    """Every number of instances that was asked for, or was ready, while the block lasts."""

    def __init__(self, pods: Pods) -> None:
        self.asked: list[int] = []
        self.ready: list[int] = []
        columns = r'jsonpath={.spec.replicas} {.status.readyReplicas}{"\n"}'
        self._command = [
            "kubectl",
            "--namespace",
            pods.namespace,
            "get",
            "deployment/web",
            "--watch",
            "-o",
            columns,
        ]

    def __enter__(self) -> Watch:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        wait_for(lambda: self.asked, 30, "the first number of instances")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._thread.join(10)
        self._process.wait(10)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                asked, _, ready = line.partition(" ")
                self.ready.append(int(ready.strip() or 0))
                self.asked.append(int(asked))


def is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def host_pid(pod: Mapping[str, Any]) -> int:
    """The first process of a pod's container, where the node runs on this machine."""
    [status] = pod["status"]["containerStatuses"]
    container = status["containerID"].partition("://")[2]
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and container in (entry / "cgroup").read_text():
                told = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines())
                if told["NSpid"].split()[-1] == "1":
                    return int(entry.name)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            continue
    raise AssertionError(f"no process of {pod['metadata']['name']} on this machine")


def kill(pod: Mapping[str, Any]) -> None:
    """SIGKILL the container's first process, and with it the container."""
    os.kill(host_pid(pod), signal.SIGKILL)


def evict(pods: Pods, name: str) -> bool:
    """Ask for a pod's eviction, as a drain of its node does; whether the budget allows it now."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": pods.namespace},
    }
    path = f"/api/v1/namespaces/{pods.namespace}/pods/{name}/eviction"
    asked = subprocess.run(
        ["kubectl", "create", "--raw", path, "-f", "-"],
        input=json.dumps(eviction), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0 or "disruption budget" in asked.stderr, asked.stderr
    return asked.returncode == 0
