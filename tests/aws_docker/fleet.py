"""The prod stack of one test run: its account on moto, its stores, its balancer, and the tasks that run."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import docker
from aws.cloud import Cloud
from harness.containers import execute
from harness.service import PSQL, Service

from .agent import LABEL, Task
from .servers import Balancer, Servers


class Fleet(Service):
    """What conversations and loads need to know of it."""

    def __init__(self, cloud: Cloud, engine: docker.DockerClient, directory: Path) -> None:
        self.cloud, self.engine = cloud, engine
        self.namespace = f"agno-ha-tests-{secrets.token_hex(4)}"
        engine.networks.create(self.namespace, labels={LABEL: ""})
        self.servers = Servers(cloud, engine, self.namespace, directory)
        self.balancer = Balancer(engine, self.namespace, self.target_group["Port"])
        self.tasks: list[Task] = []
        app = self.definition["containerDefinitions"]
        self.key = self.task().secret(_secret(app, "OS_SECURITY_KEY"))

    @property
    def definition(self) -> dict[str, Any]:
        """The task definition that the web service of the account runs."""
        ecs = self.cloud.client("ecs")
        [cluster] = ecs.list_clusters()["clusterArns"]
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        [service] = ecs.describe_services(cluster=cluster, services=arns)["services"]
        found = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        return dict(found["taskDefinition"])

    @property
    def target_group(self) -> dict[str, Any]:
        [found] = self.cloud.client("elbv2").describe_target_groups()["TargetGroups"]
        return dict(found)

    @property
    def url(self) -> str:
        return self.balancer.url

    def task(self, definition: dict[str, Any] | None = None, trust: Path | None = None) -> Task:
        """Return a task of the service, not started; of another definition where one is given."""
        return Task(
            self.cloud,
            self.engine,
            self.namespace,
            definition or self.definition,
            trust or self.servers.trust,
        )

    @contextmanager
    def started(self, count: int) -> Iterator[list[Task]]:
        """Start tasks at once, and register them when they are healthy, as the service does."""
        from concurrent.futures import ThreadPoolExecutor

        with ExitStack() as ends, ThreadPoolExecutor(count) as pool:
            tasks = [ends.enter_context(self.task()) for _ in range(count)]
            list(pool.map(Task.start, tasks))
            list(pool.map(Task.until_healthy, tasks))
            for task in tasks:
                self.balancer.register(task.address)
                ends.callback(self.balancer.deregister, task.address)
            self.tasks = tasks
            yield tasks

    def console(self) -> list[str]:
        return ["docker", "exec", "-i", str(self.servers.postgres.id), *PSQL]

    def sql(self, query: str, database: str = "agno") -> list[list[str]]:
        code, said = execute(self.servers.postgres, [*PSQL, "-d", database, "-AtF", "\x1f", "-c", query])
        assert code == 0, said.decode()
        return [line.split("\x1f") for line in said.decode().splitlines()]

    def redis(self, *command: str) -> str:
        password = str(self.cloud.of("ReplicationGroup", "agno-redis").inputs["authToken"])
        secure = ("redis-cli", "--tls", "--insecure", "--no-auth-warning")
        code, said = execute(self.servers.redis, [*secure, *command], {"REDISCLI_AUTH": password})
        assert code == 0, said.decode()
        return str(said.decode().strip())

    def troubles(self, since: float) -> str:
        containers = [self.balancer.container, *(each.containers["app"] for each in self.tasks)]
        lines = [each.logs(since=int(since), timestamps=True).decode(errors="replace") for each in containers]
        return "\n".join(lines)[-8000:]


def _secret(containers: list[dict[str, Any]], name: str) -> str:
    found = (
        each["valueFrom"] for every in containers for each in every.get("secrets", []) if each["name"] == name
    )
    return str(next(found))


def clear(engine: docker.DockerClient) -> None:
    """Remove all that a run has made, also one that was killed."""
    wanted = {"label": LABEL}
    for container in engine.containers.list(all=True, filters=wanted):
        container.remove(force=True, v=True)
    for kind in (engine.volumes, engine.networks):
        for each in kind.list(filters=wanted):
            each.remove()
