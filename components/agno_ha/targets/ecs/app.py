"""The instances on Fargate: the `web` service behind the load balancer, and the optional `scheduler`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs import containers, logs, roles, steady
from agno_ha.targets.ecs.limits import whole
from agno_ha.targets.ecs.load_balancer import Front
from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.scaling import MAXIMUM_PERCENT, MINIMUM_PERCENT
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.secrets import Reference
from agno_ha.targets.ecs.security import Groups


@dataclass(frozen=True)
class App:
    """What runs."""

    cluster: aws.ecs.Cluster
    web: aws.ecs.Service
    running: pulumi.Output[str]
    """The task definition that the web service runs: the one asked for, or the run has failed."""


def create(
    scope: Scope,
    network: Network,
    groups: Groups,
    front: Front,
    *,
    environment: pulumi.Output[Mapping[str, str]],
    secrets: Mapping[str, Reference],
    depends_on: Sequence[pulumi.Resource],
) -> App:
    """Create the cluster and its services.

    Args:
        scope: where they belong.
        network: private subnets.
        groups: the instances' security group, and the rules that let them out and others in.
        front: what the instances register with.
        environment: the image contract's plain variables.
        secrets: environment name → reference.
        depends_on: the stores.
    """
    app = scope.topology.app
    cluster = aws.ecs.Cluster(
        f"{scope.name}-cluster",
        name=scope.physical("cluster", 255),
        settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
        tags=scope.tags("cluster"),
        opts=scope.options(),
    )
    log_group = logs.create(scope)
    execution = roles.execution(
        scope, secrets=[reference.arn for reference in secrets.values()], log_group=log_group.arn
    )
    task = roles.task(scope)

    def definition(room: str, cpu: float, memory: int, workers: int) -> aws.ecs.TaskDefinition:
        names = list(secrets)
        inputs = pulumi.Output.all(environment, log_group.name, *(secrets[name].value_from for name in names))
        return aws.ecs.TaskDefinition(
            f"{scope.name}-{room}",
            family=scope.physical(room, 255),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(round(cpu * 1024)),
            memory=str(memory // 1024**2),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture=scope.settings.architecture, operating_system_family="LINUX"
            ),
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=containers.TMP)],
            container_definitions=inputs.apply(
                lambda values: containers.definitions(
                    scope.topology,
                    image=scope.image,
                    role={"AGNO_ROLE": room, "WORKERS": str(workers)},
                    environment=values[0],
                    secrets=dict(zip(names, values[2:], strict=True)),
                    log_group=values[1],
                    region=scope.settings.region,
                    shell=scope.settings.exec,
                )
            ),
            # A rollback needs the revision before.
            skip_destroy=True,
            tags=scope.tags(room),
            opts=scope.options(),
        )

    def service(
        room: str,
        task_definition: aws.ecs.TaskDefinition,
        count: int,
        percents: tuple[int, int],
        front: Front | None,
    ) -> aws.ecs.Service:
        minimum, maximum = percents
        attached = [
            aws.ecs.ServiceLoadBalancerArgs(
                target_group_arn=front.targets.arn, container_name=containers.APP, container_port=app.port
            )
        ] if front else None  # fmt: skip
        return aws.ecs.Service(
            f"{scope.name}-{room}",
            name=scope.physical(room, 255),
            cluster=cluster.arn,
            task_definition=task_definition.arn,
            launch_type="FARGATE",
            platform_version="LATEST",
            scheduling_strategy="REPLICA",
            desired_count=count,
            deployment_minimum_healthy_percent=minimum,
            deployment_maximum_percent=maximum,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            # AWS moves tasks by starting first, which a service that stops first does not allow.
            availability_zone_rebalancing="ENABLED" if maximum > 100 else "DISABLED",
            health_check_grace_period_seconds=whole(app.health.start_period) if front else None,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=list(network.private), security_groups=[groups.app.id], assign_public_ip=False
            ),
            load_balancers=attached,
            enable_execute_command=scope.settings.exec,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            tags=scope.tags(room),
            opts=scope.options(
                depends_on=[
                    *depends_on,
                    *network.ways_out,
                    *groups.rules,
                    *execution.policies,
                    *task.policies,
                    *([front.listener] if front else []),
                ],
                # Autoscaling owns the count, also where scaling.min and max are equal.
                ignore=["desiredCount"] if front else (),
                timeout=scope.settings.update_timeout,
            ),
        )

    asked = definition("web", app.cpu, app.memory, app.workers)
    web = service("web", asked, scope.topology.scaling.min, (MINIMUM_PERCENT, MAXIMUM_PERCENT), front)
    if app.scheduler.enabled:
        single = definition("scheduler", app.scheduler.cpu, app.scheduler.memory, 1)
        # Stop first: two at once would be more connections than counted.
        scheduler = service("scheduler", single, 1, (0, 100), None)
        steady.check(scope, scheduler, single)
    return App(cluster, web, steady.check(scope, web, asked))
