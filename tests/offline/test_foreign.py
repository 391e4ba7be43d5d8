"""Programs that never heard of this package, in the style of Pulumi's public Docker examples.

Each is a real program, evaluated offline, with the findings that a careful reviewer would write on its pull request.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from agno_ha import offline, placeholders
from agno_ha.check import resources_of
from agno_ha.check.saved import read
from agno_ha_policies import Configuration, evaluate

HEAD = "import pulumi\nimport pulumi_docker as docker\n"

SINGLE_CONTAINER = """
    # One web server, as in the first page of a tutorial.
    image = docker.RemoteImage("nginx-image", name="nginx")
    docker.Container("nginx", image="nginx", ports=[docker.ContainerPortArgs(internal=80, external=8080)])
"""
VOTING_APP = """
    # The aws-docker voting app, on one machine: a front end and a Redis with its password in the program.
    network = docker.Network("network", name="net")
    docker.Container(
        "backend", image="redis:7.2", command=["redis-server", "--requirepass", "hunter2"], restart="always",
        ports=[docker.ContainerPortArgs(internal=6379, external=6379)],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=["redis"])],
    )
    docker.Container(
        "frontend", image="registry.example.com/voting:v3", restart="unless-stopped", memory=256,
        envs=["REDIS=redis", "REDIS_PASSWORD=hunter2"], log_driver="local", user="1000", read_only=True,
        ports=[docker.ContainerPortArgs(internal=80, external=80)],
    )
"""
DATABASE = """
    # A Postgres in a container of its own, tuned for a larger machine.
    volume = docker.Volume("data")
    docker.Container(
        "postgres", image="postgres:16", memory=512, restart="always", log_driver="local",
        envs=["POSTGRES_HOST_AUTH_METHOD=trust"],
        command=["postgres", "-c", "shared_buffers=1GB", "-c", "fsync=off", "-c", "max_connections=300"],
        volumes=[docker.ContainerVolumeArgs(volume_name=volume.name, container_path="/var/lib/postgresql/data")],
        ports=[docker.ContainerPortArgs(internal=5432, external=5432)],
    )
"""
AGENTS_ON_SWARM = """
    # An Agno app as Swarm services, scaled by hand: more pools than connections.
    hardened = dict(user="1000:1000", read_only=True)
    logs = docker.ServiceTaskSpecLogDriverArgs(name="local")
    limits = docker.ServiceTaskSpecResourcesArgs(
        limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=1073741824)
    )
    docker.Service(
        "db", name="db",
        task_spec=docker.ServiceTaskSpecArgs(
            log_driver=logs, resources=limits,
            container_spec=docker.ServiceTaskSpecContainerSpecArgs(
                image="pgvector/pgvector:pg16", args=["-c", "max_connections=100"], **hardened,
                mounts=[docker.ServiceTaskSpecContainerSpecMountArgs(
                    type="volume", source="pg", target="/var/lib/postgresql/data")],
            ),
        ),
    )
    docker.Service(
        "agents",
        mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=8)),
        update_config=docker.ServiceUpdateConfigArgs(parallelism=0),
        task_spec=docker.ServiceTaskSpecArgs(
            log_driver=logs, resources=limits,
            container_spec=docker.ServiceTaskSpecContainerSpecArgs(
                image="agnohq/agents:2.1", **hardened,
                env={"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "10", "DB_HOST": "db", "OPENAI_API_KEY": "hunter2"},
            ),
        ),
    )
"""
REVERSE_PROXY = """
    # nginx in front of agents with the defaults that every guide has.
    import base64
    conf = "events {} http { server { listen 80; location / { proxy_pass http://agents:7777; } } }"
    config = docker.ServiceConfig("conf", data=base64.b64encode(conf.encode()).decode())
    docker.Service(
        "proxy",
        endpoint_spec=docker.ServiceEndpointSpecArgs(
            ports=[docker.ServiceEndpointSpecPortArgs(target_port=80, published_port=80)]
        ),
        task_spec=docker.ServiceTaskSpecArgs(
            container_spec=docker.ServiceTaskSpecContainerSpecArgs(
                image="nginx:1.28", user="101", read_only=True,
                configs=[docker.ServiceTaskSpecContainerSpecConfigArgs(config_id=config.id, config_name=config.name,
                                                                       file_name="/etc/nginx/nginx.conf")],
            ),
            log_driver=docker.ServiceTaskSpecLogDriverArgs(name="json-file", options={"max-size": "10m"}),
            restart_policy=docker.ServiceTaskSpecRestartPolicyArgs(condition="on-failure", max_attempts=3),
        ),
    )
"""
CI_RUNNER = """
    # A build runner: the engine's socket, and privileged on top.
    docker.Container(
        "runner", image="registry.example.com/runner:latest", privileged=True, restart="on-failure", memory=2048,
        capabilities=docker.ContainerCapabilitiesArgs(adds=["SYS_ADMIN"]), log_driver="none",
        volumes=[docker.ContainerVolumeArgs(host_path="/var/run/docker.sock", container_path="/var/run/docker.sock")],
        envs=["RUNNER_TOKEN=hunter2"],
    )
"""
CACHE_AND_QUEUE = """
    # A queue in a Redis that was tuned as a cache, beside the agents that need it.
    common = dict(user="999", read_only=True)
    docker.Service(
        "redis",
        task_spec=docker.ServiceTaskSpecArgs(
            resources=docker.ServiceTaskSpecResourcesArgs(
                limits=docker.ServiceTaskSpecResourcesLimitsArgs(memory_bytes=268435456)
            ),
            log_driver=docker.ServiceTaskSpecLogDriverArgs(name="local"),
            container_spec=docker.ServiceTaskSpecContainerSpecArgs(
                image="valkey/valkey:8",
                args=["valkey-server", "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru",
                      "--cluster-enabled", "yes"],
                **common,
            ),
        ),
    )
    docker.Container(
        "agents", image="agnohq/agents:2.1", memory=512, restart="always", log_driver="local", **common,
        envs=["DATABASE_URL=postgresql://agno:hunter2@db.example.com/agno"], destroy_grace_seconds=5,
        healthcheck=docker.ContainerHealthcheckArgs(tests=["CMD", "curl", "-f", "http://localhost:7777/ready"]),
    )
"""
AGENTS_IN_A_CLUSTER = """
    # Web and database in components of their own, the autoscaler beside both: more pools than connections at its most.
    import pulumi_kubernetes as k8s

    safe = {"runAsNonRoot": True, "readOnlyRootFilesystem": True}

    def pods(name, image, **more):
        container = {"name": name, "image": image, "securityContext": safe,
                     "resources": {"limits": {"memory": "1Gi"}}, **more}
        return {"metadata": {"labels": {"app": name}},
                "spec": {"containers": [container], "automountServiceAccountToken": False,
                         "terminationGracePeriodSeconds": 600}}

    class Web(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("theirs:index:Web", "web")
            env = {"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "5", "PGHOST": "db.agents.svc.cluster.local"}
            probe = {"httpGet": {"path": "/health", "port": 8000}}
            k8s.apps.v1.Deployment(
                "agents", metadata={"name": "agents", "namespace": "agents"},
                spec={"selector": {"matchLabels": {"app": "agents"}},
                      "strategy": {"rollingUpdate": {"maxUnavailable": "10%"}},
                      "template": pods("agents", "agnohq/agents:2.1", livenessProbe=probe, readinessProbe=probe,
                                       env=[{"name": name, "value": value} for name, value in env.items()])},
                opts=pulumi.ResourceOptions(parent=self))

    class Stores(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("theirs:index:Stores", "stores")
            opts = pulumi.ResourceOptions(parent=self)
            k8s.core.v1.Service("db", metadata={"name": "db", "namespace": "agents"},
                                spec={"selector": {"app": "postgres"}, "ports": [{"port": 5432}]}, opts=opts)
            k8s.apps.v1.StatefulSet(
                "postgres", metadata={"name": "postgres", "namespace": "agents"},
                spec={"serviceName": "postgres", "selector": {"matchLabels": {"app": "postgres"}},
                      "template": pods("postgres", "postgres:16",
                                       volumeMounts=[{"name": "d", "mountPath": "/var/lib/postgresql/data"}]),
                      "volumeClaimTemplates": [{"metadata": {"name": "d"}}]}, opts=opts)

    Web()
    Stores()
    k8s.autoscaling.v1.HorizontalPodAutoscaler(
        "agents", metadata={"name": "agents", "namespace": "agents"},
        spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "agents"},
              "minReplicas": 2, "maxReplicas": 8, "targetCPUUtilizationPercentage": 70})
"""

PROGRAMS: dict[str, tuple[str, str]] = {
    "single container": (
        SINGLE_CONTAINER,
        "OPS-101 nginx memory, OPS-102 nginx logOpts, OPS-103 nginx restart, SEC-103 nginx user, "
        "SEC-104 nginx readOnly, SEC-106 nginx image",
    ),
    "voting app": (
        VOTING_APP,
        "OPS-101 backend memory, OPS-102 backend logOpts, SEC-101 backend command, SEC-103 backend user, "
        "SEC-104 backend readOnly, SEC-105 backend ports.0, SEC-101 frontend envs.REDIS_PASSWORD",
    ),
    "database": (
        DATABASE,
        "DB-101 postgres command, DB-102 postgres command, DB-104 data protect, DB-106 postgres command, "
        "DB-107 postgres envs.POSTGRES_HOST_AUTH_METHOD, SEC-103 postgres user, SEC-104 postgres readOnly, "
        "SEC-105 postgres ports.0",
    ),
    "agents on swarm": (
        AGENTS_ON_SWARM,
        "LB-104 agents taskSpec.containerSpec.healthcheck, LB-105 agents taskSpec.containerSpec.stopGracePeriod, "
        "OPS-104 agents updateConfig.failureAction, POOL-101 db taskSpec.containerSpec.args, "
        "SCALE-104 agents updateConfig.parallelism, SEC-101 agents taskSpec.containerSpec.env.OPENAI_API_KEY",
    ),
    "agents in a cluster": (AGENTS_IN_A_CLUSTER, "POOL-201 postgres spec.template.spec.containers.0.args"),
    "reverse proxy": (
        REVERSE_PROXY,
        "LB-101 conf data, LB-102 conf data, LB-106 conf data, OPS-101 proxy taskSpec.resources.limits.memoryBytes, "
        "OPS-102 proxy taskSpec.logDriver.options, OPS-103 proxy taskSpec.restartPolicy.condition",
    ),
    "ci runner": (
        CI_RUNNER,
        "OPS-102 runner logDriver, OPS-103 runner restart, SEC-101 runner envs.RUNNER_TOKEN, "
        "SEC-102 runner privileged, SEC-102 runner capabilities.adds.0, SEC-103 runner user, SEC-104 runner readOnly, "
        "SEC-106 runner image, "
        "SEC-107 runner volumes.0.hostPath",
    ),
    "cache and queue": (
        CACHE_AND_QUEUE,
        "CACHE-101 redis taskSpec.containerSpec.args, CACHE-102 redis taskSpec.containerSpec.args, "
        "CACHE-103 redis taskSpec.containerSpec.args, CACHE-104 redis taskSpec.containerSpec.args, "
        "CACHE-105 redis taskSpec.containerSpec.args, LB-104 agents healthcheck.tests, "
        "LB-105 agents destroyGraceSeconds, SCALE-101 agents replicas, SEC-101 agents envs.DATABASE_URL",
    ),
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_what_a_careful_reviewer_would_say(program: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(HEAD + dedent(program))
    plan = offline.evaluate(tmp_path, "prod", {}, project="theirs")
    findings = evaluate(resources_of(plan), Configuration())
    assert {(finding.rule, finding.resource, finding.path) for finding in findings} == {
        tuple(each.split()) for each in expected.split(", ")
    }
    assert not [finding for finding in findings if finding.unknown]
    assert "hunter2" not in "".join(finding.text for finding in findings)


def test_a_saved_preview_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(HEAD + dedent(AGENTS_ON_SWARM))
    plan = offline.evaluate(tmp_path, "prod", {}, project="theirs")
    steps: list[dict[str, Any]] = [
        {
            "op": "create",
            "newState": {"urn": each.urn, "type": each.type, "parent": each.parent, "inputs": each.inputs},
        }
        for each in plan.resources
    ]
    import json

    (tmp_path / "preview.json").write_text(json.dumps({"steps": steps}))
    saved = read(tmp_path / "preview.json")
    assert saved.stack == "prod"
    assert evaluate(saved.resources) == evaluate(resources_of(plan)) != []


def test_a_program_that_reads_a_name_which_the_cluster_gives(tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(
        dedent("""
        import pulumi
        import pulumi_kubernetes as kubernetes

        space = kubernetes.core.v1.Namespace("space")
        labels = {"app": "api"}
        api = kubernetes.apps.v1.Deployment(
            "api", metadata={"namespace": space.metadata["name"], "labels": labels},
            spec={"selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels}, "spec": {"containers": [{"name": "api", "image": "api:1"}]}}},
        )
        own = kubernetes.core.v1.Service("own", metadata={"name": "front"}, spec={"selector": labels})
        pulumi.export("address", pulumi.Output.concat(api.metadata["name"], ".", own.metadata.name))
        """)
    )
    outputs = partial(placeholders.outputs, "theirs-prod")
    plan = offline.evaluate(tmp_path, "prod", {}, project="theirs", outputs=outputs)
    assert plan.outputs == {"address": "api-placeholder.front"}
    [deployment] = plan.of_type("kubernetes:apps/v1:Deployment")
    assert deployment.inputs["metadata"] == {"namespace": "space-placeholder", "labels": {"app": "api"}}
