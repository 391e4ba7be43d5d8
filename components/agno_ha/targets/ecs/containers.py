"""Container definitions, in the form in which ECS gives them back: else every preview would show a change.

Containers, environment and secrets are sorted by name, and what ECS fills in by itself is stated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agno_ha.contract import UID, probe
from agno_ha.targets.ecs.limits import whole
from agno_ha.topology import Topology

APP = "app"
SCHEMA = "schema"
TMP = "tmp"
_LOG_BUFFER = "25m"  # bytes; where CloudWatch lags, log lines go before requests do


def definitions(
    topology: Topology,
    *,
    image: str,
    role: Mapping[str, str],
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
    shell: bool = False,
) -> str:
    """Return a task's containers as JSON.

    Args:
        topology: port, probe and drain are taken from it.
        image: the app's.
        role: `AGNO_ROLE` and `WORKERS`.
        environment: the image contract's plain variables.
        secrets: environment name → reference.
        log_group: name of it.
        region: of the logs.
        shell: whether ECS Exec must work in the app's container: its agent writes to the root and needs an init.
    """

    def container(name: str, *, user: int, essential: bool, **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "image": image,
            "cpu": 0,
            "essential": essential,
            "user": f"{user}:{user}",
            "readonlyRootFilesystem": True,
            "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
            "mountPoints": [{"sourceVolume": TMP, "containerPath": "/tmp", "readOnly": False}],  # noqa: S108
            "environment": [],
            "secrets": [],
            "portMappings": [],
            "systemControls": [],
            "volumesFrom": [],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group,
                    "awslogs-region": region,
                    "awslogs-stream-prefix": role["AGNO_ROLE"],
                    "max-buffer-size": _LOG_BUFFER,
                    "mode": "non-blocking",
                },
            },
            **more,
        }

    def after(name: str) -> list[dict[str, str]]:
        return [{"containerName": name, "condition": "SUCCESS"}]

    app, health = topology.app, topology.app.health
    variables = _named({**environment, **role}, "value")
    references = _named(secrets, "valueFrom")
    made = [
        container(
            APP,
            user=UID,
            essential=True,
            environment=variables,
            secrets=references,
            dependsOn=after(SCHEMA),
            readonlyRootFilesystem=not shell,
            linuxParameters={
                "capabilities": {"add": [], "drop": ["ALL"]},
                **({"initProcessEnabled": True} if shell else {}),
            },
            portMappings=[{"containerPort": app.port, "hostPort": app.port, "protocol": "tcp"}],
            stopTimeout=whole(app.drain.grace),
            healthCheck={
                "command": probe(app),
                "interval": whole(health.interval),
                "timeout": whole(health.timeout),
                "retries": health.retries,
                "startPeriod": whole(health.start_period),
            },
        ),
        # The image ensures the schema itself; here a failure has a container, an exit code and logs of its own.
        container(
            SCHEMA,
            user=UID,
            essential=False,
            entryPoint=["python", "-m", "agno_ha_image.schema"],
            environment=variables,
            secrets=references,
            dependsOn=after(TMP),
        ),
        # Fargate has no tmpfs and gives a volume to root alone. Nothing of ours but this runs as root, and it ends
        # before the image's own code starts.
        container(TMP, user=0, essential=False, entryPoint=["chmod", "1777", "/tmp"]),  # noqa: S108
    ]
    return json.dumps(sorted(made, key=lambda each: str(each["name"])), sort_keys=True, separators=(",", ":"))


def _named(values: Mapping[str, str], key: str) -> list[dict[str, str]]:
    return [{"name": name, key: values[name]} for name in sorted(values)]
