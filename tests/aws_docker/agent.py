"""What Fargate does with a task definition, on a Docker engine.

A task has one network interface, which its containers share, and an empty volume for each that it names, which belongs
to root. A container starts when what it depends on has come so far, with its secrets from Secrets Manager, as far as
the execution role may read them. Where an essential one ends, the task does; where one that another waits for fails,
the task stops. What is in a definition and not known here is an error: nothing of it is left out silently.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import docker
from aws.cloud import Cloud
from docker.models.containers import Container
from docker.types import Healthcheck, LogConfig, Mount
from harness.service import wait_for

LABEL = "agno-ha.tests.aws-docker"
STOP_TIMEOUT = 30
"""Seconds between SIGTERM and SIGKILL where a definition says nothing (ECS)."""
_FARGATE = {
    "taskDefinitionArn", "family", "revision", "status", "registeredAt", "registeredBy", "compatibilities",
    "requiresAttributes", "tags", "cpu", "memory", "taskRoleArn", "placementConstraints",
}  # fmt: skip
"""Says what the task is, or whom it is for; the containers' limits are those of the task."""


class TaskError(AssertionError):
    """The task stopped; the text is the reason, as ECS gives it."""


class Task:
    """One task; `with` it, and its containers are gone afterwards."""

    def __init__(
        self,
        cloud: Cloud,
        engine: docker.DockerClient,
        network: str,
        definition: Mapping[str, Any],
        trust: Path,
    ) -> None:
        """`trust`: a bundle of the authorities that the images trust, as AWS's own are among the public ones."""
        left = {key: value for key, value in definition.items() if key not in _FARGATE}
        assert (left.pop("networkMode"), left.pop("requiresCompatibilities")) == ("awsvpc", ["FARGATE"])
        assert left.pop("runtimePlatform")["operatingSystemFamily"] == "LINUX"
        self._cloud, self._engine, self._network, self._trust = cloud, engine, network, trust
        self._role = left.pop("executionRoleArn")
        self._limits = {
            "nano_cpus": int(definition["cpu"]) * 10**9 // 1024,
            "mem_limit": int(definition["memory"]) * 1024**2,
        }
        self.given = {each["name"]: each for each in left.pop("containerDefinitions")}
        self._volumes = {each["name"]: "" for each in left.pop("volumes", [])}
        assert not left, f"the task's {sorted(left)} are not known here"
        self.containers: dict[str, Container] = {}
        self._interface: Container

    def __enter__(self) -> Task:
        labels = {LABEL: ""}
        # Any container that stays: the others join its network interface.
        self._interface = self._engine.containers.run(
            next(iter(self.given.values()))["image"],
            entrypoint=["sleep", "infinity"], network=self._network, labels=labels, detach=True, init=True,
        )  # fmt: skip
        for name in self._volumes:
            self._volumes[name] = self._engine.volumes.create(labels=labels).name
        return self

    def __exit__(self, *_: object) -> None:
        for container in (*self.containers.values(), self._interface):
            container.remove(force=True, v=True)
        for name in filter(None, self._volumes.values()):
            self._engine.volumes.get(name).remove()

    # Its life ----------------------------------------------------------------------------------------------

    def start(self, timeout: float = 900) -> None:
        """Start every container as soon as what it depends on allows; return when all have been started.

        Raises:
            TaskError: one that another waits for, or an essential one, has failed; what ran is stopped.
        """
        deadline = time.monotonic() + timeout
        while waiting := [name for name in self.given if name not in self.containers]:
            self._look()
            for name in waiting:
                if all(self._come(each) for each in self.given[name].get("dependsOn", [])):
                    self.containers[name] = self._run(self.given[name])
            if time.monotonic() > deadline:
                self.stop()
                raise TaskError(f"{waiting} wait for what they depend on after {timeout:g} s: {self.said()}")
            time.sleep(0.2)

    def until_healthy(self, timeout: float = 900) -> None:
        """Wait for the health check of every essential container that has one."""
        checked = [
            name for name, each in self.given.items() if "healthCheck" in each and each.get("essential", True)
        ]

        def healthy() -> bool:
            self._look()
            return all(self.state(name)["Health"]["Status"] == "healthy" for name in checked)

        wait_for(healthy, timeout, f"{checked} to be healthy: {self.said()[-3000:]}")

    def stop(self) -> dict[str, int]:
        """Stop what runs, what depends on others first: SIGTERM, and SIGKILL after stopTimeout; the exit codes."""
        for name in reversed(list(self.containers)):
            grace = self.given[name].get("stopTimeout", STOP_TIMEOUT)
            self.containers[name].stop(timeout=grace)
        return {name: int(self.state(name)["ExitCode"]) for name in self.containers}

    # Looking into it ---------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The task's own, as the load balancer registers it."""
        self._interface.reload()
        return str(self._interface.attrs["NetworkSettings"]["Networks"][self._network]["IPAddress"])

    @property
    def name(self) -> str:
        """Host name of its containers."""
        return str(self._interface.attrs["Config"]["Hostname"])

    def state(self, name: str) -> dict[str, Any]:
        self.containers[name].reload()
        return dict(self.containers[name].attrs["State"])

    def logs(self, name: str) -> list[dict[str, Any]]:
        """A container's log; its lines are JSON."""
        return [json.loads(line) for line in self.containers[name].logs().decode().splitlines() if line]

    def said(self) -> str:
        """All that its containers said, for a failed test."""
        return "\n".join(
            f"{name}: {line}"
            for name, container in self.containers.items()
            for line in container.logs().decode(errors="replace").splitlines()
        )

    # How it is done ----------------------------------------------------------------------------------------

    def _come(self, dependency: Mapping[str, str]) -> bool:
        """Whether a container has come as far as another waits for."""
        name, condition = dependency["containerName"], dependency["condition"]
        if name not in self.containers:
            return False
        state = self.state(name)
        ended = state["Status"] == "exited"
        if ended and state["ExitCode"] and condition in ("SUCCESS", "HEALTHY"):
            self.stop()
            raise TaskError(
                f"{name} ended with {state['ExitCode']}, and another waits for its {condition}: {self.said()}"
            )
        reached: dict[str, Callable[[], bool]] = {
            "START": lambda: True,
            "COMPLETE": lambda: ended,
            "SUCCESS": lambda: ended,
            "HEALTHY": lambda: state["Health"]["Status"] == "healthy",
        }
        return reached[condition]()

    def _look(self) -> None:
        for name in self.containers:
            if self.given[name].get("essential", True) and (state := self.state(name))["Status"] == "exited":
                self.stop()
                raise TaskError(f"essential container {name} ended with {state['ExitCode']}: {self.said()}")

    def _run(self, given: Mapping[str, Any]) -> Container:
        left = {
            key: value
            for key, value in given.items()
            if key not in ("name", "essential", "dependsOn", "stopTimeout")
        }
        assert left.pop("cpu", 0) == 0, "a share of the task's CPU is not known here"
        environment = {each["name"]: each["value"] for each in left.pop("environment", [])}
        environment |= {each["name"]: self.secret(each["valueFrom"]) for each in left.pop("secrets", [])}
        linux = dict(left.pop("linuxParameters", {}))
        capabilities = linux.pop("capabilities", {})
        logs = left.pop("logConfiguration", {"options": {}})["options"]
        options: dict[str, Any] = {
            "image": left.pop("image"), "command": left.pop("command", None) or None, "environment": environment,
            "user": left.pop("user", None), "read_only": left.pop("readonlyRootFilesystem", False),
            "cap_add": capabilities.get("add"), "cap_drop": capabilities.get("drop"),
            "init": linux.pop("initProcessEnabled", False),
            "mounts": [*map(self._mount, left.pop("mountPoints", [])), *self._bundles()],
            "log_config": LogConfig(
                type="json-file", config={key: logs[key] for key in ("mode", "max-buffer-size") if key in logs}
            ),
        }  # fmt: skip
        if entry := left.pop("entryPoint", None):
            options["entrypoint"] = entry
        if check := left.pop("healthCheck", None):
            options["healthcheck"] = _check(check)
        for port in left.pop("portMappings", []):
            assert port["containerPort"] == port["hostPort"], "a task's ports are its interface's own"
        left |= linux
        assert not any(left.values()), f"{given['name']}: {left} are not known here"
        return self._engine.containers.run(
            **options, **self._limits, network_mode=f"container:{self._interface.id}", labels={LABEL: ""},
            security_opt=["no-new-privileges"], detach=True,
        )  # fmt: skip

    def _mount(self, given: Mapping[str, Any]) -> Mount:
        # Not what the image has there, nor its rights: Fargate's volume is empty and root's.
        return Mount(
            given["containerPath"],
            self._volumes[given["sourceVolume"]],
            read_only=given["readOnly"],
            no_copy=True,
        )

    def _bundles(self) -> list[Mount]:
        """Where a Debian image's libraries look for authorities."""
        return [
            Mount(path, str(self._trust), type="bind", read_only=True)
            for path in ("/etc/ssl/certs/ca-certificates.crt", "/usr/lib/ssl/cert.pem")
        ]

    def secret(self, value_from: str) -> str:
        """Return what a reference names: ARN, JSON key, stage and version, read as the execution role may."""
        arn, (key, stage, version) = value_from, ("", "", "")
        if value_from.count(":") > 6:
            *parts, key, stage, version = value_from.split(":")
            arn = ":".join(parts)
        assert arn in self._readable(), f"the execution role may not read {arn}"
        which = {"VersionStage": stage, "VersionId": version}
        text = self._cloud.client("secretsmanager").get_secret_value(
            SecretId=arn, **{name: value for name, value in which.items() if value}
        )["SecretString"]
        return str(json.loads(text)[key]) if key else str(text)

    def _readable(self) -> set[str]:
        iam, role = self._cloud.client("iam"), self._role.rpartition("/")[2]
        found: set[str] = set()
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in policy["Statement"]:
                if statement["Action"] == ["secretsmanager:GetSecretValue"]:
                    found |= set(statement["Resource"])
        return found


def _check(given: Mapping[str, Any]) -> dict[str, Any]:
    seconds = {name: given[name] * 10**9 for name in ("interval", "timeout", "startPeriod") if name in given}
    start = {"start_period": seconds.pop("startPeriod")} if "startPeriod" in seconds else {}
    check: dict[str, Any] = Healthcheck(
        test=given["command"], retries=given.get("retries", 3), **seconds, **start
    )
    return check
