"""A stack on ECS as AWS's own command sees it: what runs, and what it logs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from agno_ha.operations import reach
from agno_ha.operations.errors import OperationError
from agno_ha.operations.status import ServiceStatus
from agno_ha.operations.workspace import Workspace
from agno_ha.topology.postgres import Postgres
from agno_ha.topology.redis import Redis

_SERVING = frozenset({
    "available", "backing-up", "modifying", "snapshotting", "storage-optimization", "storage-config-upgrade",
    "configuring-enhanced-monitoring", "configuring-log-exports", "configuring-iam-database-auth",
})  # fmt: skip
"""States in which RDS ("Viewing DB instance status") and ElastiCache answer."""


class Aws:
    """AWS's command in the stack's region, and the stack's names there."""

    def __init__(self, workspace: Workspace) -> None:
        """Read the stack's configuration; nobody is asked yet."""
        read = reach.read(workspace)
        self.topology, self.settings = read.topology, read.settings
        self._stack, self._namespace = workspace.stack, workspace.namespace
        self._rooms = ["web", *(["scheduler"] if self.topology.app.scheduler.enabled else [])]

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        """Refuse: nothing of a stack on ECS is reached from outside its network."""
        del room, program, terminal
        raise OperationError(
            f"Stack {self._stack} is on ECS: its stores are AWS's own, in private subnets, and nothing can be run in "
            "them from here. Go through a machine in the VPC (docs/commands.md)."
        )

    def restart(self, room: str) -> None:
        """Refuse: another secret or image is another task definition, and `up` rolls it."""
        self.inside(room)

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        """Return the command that shows what a room logs: of the last hour, since CloudWatch counts no lines."""
        del tail
        database = self.topology.postgres.mode == "managed"
        if room in self._rooms:
            where = [f"/ecs/{self.name('logs', 500)}", "--log-stream-name-prefix", f"{room}/"]
        elif room == "postgres" and database:
            where = [f"/aws/rds/instance/{self.name('postgres', 63)}/postgresql"]
        else:
            known = ", ".join([*self._rooms, *(["postgres"] if database else [])])
            raise OperationError(
                f"Stack {self._stack} has no logs of {room} on ECS. It has those of {known}."
            )
        return [*self._aws(), "logs", "tail", *where, "--since", "1h", *(["--follow"] if follow else [])]

    def name(self, room: str, limit: int, *distinct: object) -> str:
        """Return a room's name on AWS, as the target gives it."""
        from agno_ha.targets.ecs.names import fit

        return fit(self._namespace, room, limit, *distinct)

    def services(self) -> Iterator[ServiceStatus]:
        """Yield what runs of what is wanted; nothing where the stack is not there.

        Raises:
            OperationError: AWS does not answer, or refuses.
        """
        names = [self.name(room, 255) for room in self._rooms]
        found = self._ask(
            "ecs", "describe-services", "--cluster", self.name("cluster", 255), "--services", *names
        )
        for each in found.get("services", []):
            if each["status"] == "ACTIVE":
                yield self._service(self._rooms[names.index(each["serviceName"])], each)
        if self.topology.postgres.mode == "managed":
            name = self.name("postgres", 63)
            found = self._ask("rds", "describe-db-instances", "--db-instance-identifier", name)
            for each in found.get("DBInstances", []):
                image = f"{each['Engine']} {each['EngineVersion']}"
                yield _store("postgres", each["DBInstanceStatus"], image, self.topology.postgres)
        if self.topology.redis.mode == "managed":
            name = self.name("redis", 40)
            found = self._ask("elasticache", "describe-replication-groups", "--replication-group-id", name)
            for each in found.get("ReplicationGroups", []):
                image = f"{self.settings.redis.engine} {each['CacheNodeType']}"
                yield _store("redis", each["Status"], image, self.topology.redis)

    def address(self) -> str | None:
        """Return the load balancer's own name; None where there is none."""
        name = self.name("lb", 32, *(["internal"] if self.settings.load_balancer.internal else []))
        found = self._ask("elbv2", "describe-load-balancers", "--names", name)
        return next((str(each["DNSName"]) for each in found.get("LoadBalancers", [])), None)

    def _aws(self) -> list[str]:
        return [reach.tool("aws", "https://aws.amazon.com/cli"), "--region", self.settings.region]

    def _service(self, room: str, found: dict[str, Any]) -> ServiceStatus:
        asked = self._ask("ecs", "describe-task-definition", "--task-definition", found["taskDefinition"])
        containers = asked["taskDefinition"]["containerDefinitions"]
        image = next(str(each["image"]) for each in containers if each["name"] == "app")
        wanted, running = found["desiredCount"], found["runningCount"]
        failed = [
            str(each.get("rolloutStateReason", "the deployment failed"))
            for each in found.get("deployments", [])
            if each.get("rolloutState") == "FAILED"
        ]
        said = [str(each["message"]) for each in found.get("events", [])[:1]]
        problem = failed or (said or [f"{running} of {wanted} run"] if running < wanted else [])
        return ServiceStatus(
            room=room, wanted=wanted, running=running, image=image, problem="; ".join(problem)
        )

    def _ask(self, *arguments: str) -> dict[str, Any]:
        command = [*self._aws(), *arguments, "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return dict(json.loads(done.stdout))
        if "NotFound" in done.stderr:
            return {}
        raise OperationError(f"aws {' '.join(arguments[:2])} failed: {done.stderr.strip()}")


def _store(room: str, state: str, image: str, wanted: Postgres | Redis) -> ServiceStatus:
    copies, serves = 2 if wanted.high_availability else 1, state in _SERVING
    return ServiceStatus(
        room=room,
        wanted=copies,
        running=copies if serves else 0,
        image=image,
        problem="" if serves else state,
    )
