"""After a roll: the service runs what was asked for, or the run fails and says why.

ECS calls a deployment steady that its circuit breaker rolled back: the old version serves again. A first one, which has
nothing to go back to, it only gives up. The provider says so in the `up` that asked for it, and in no later one.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope

_EVENTS = 3


def check(scope: Scope, service: aws.ecs.Service, asked: aws.ecs.TaskDefinition) -> pulumi.Output[str]:
    """Return the task definition that the service runs.

    A preview asks nothing: what was rolled back may be tried again, and the offline plan has no AWS.
    """
    if pulumi.runtime.is_dry_run() or pulumi.Config("agno-ha").get("resolveImages") == "false":
        arn: pulumi.Output[str] = asked.arn
        return arn
    found = aws.ecs.get_service_output(
        cluster_arn=service.cluster,
        service_name=service.name,
        opts=pulumi.InvokeOutputOptions(
            parent=scope.parent, provider=scope.provider, depends_on=[service, asked]
        ),
    )
    return pulumi.Output.all(asked.arn, found).apply(lambda both: verdict(both[0], both[1]))


def verdict(asked: str, found: aws.ecs.GetServiceResult) -> str:
    """Return what runs.

    Raises:
        pulumi.RunError: it is another than asked for, or nothing; the text has what ECS said last.
    """
    service, running = found.service_name, str(found.task_definition)
    said = "; ".join(event.message.rstrip(".") for event in found.events[:_EVENTS]) or "ECS gives no reason"
    if running != asked:
        raise pulumi.RunError(
            f"Service {service} runs {last(running)}, not {last(asked)}: the deployment was rolled back. {said}. "
            "To try it again: agno-ha up, or pulumi up --refresh."
        )
    if found.desired_count and not _tasks(found):
        raise pulumi.RunError(
            f"Service {service} runs no task of {last(asked)} and starts none: its deployment failed, and there is "
            f"none before it to go back to. {said}. Bring another image up; or try this one again, and then up: aws "
            f"ecs update-service --cluster {last(found.cluster_arn)} --service {service} --force-new-deployment"
        )
    return running


def _tasks(found: aws.ecs.GetServiceResult) -> int:
    """Return how many tasks of the last deployment run or start: one that failed starts no other."""
    return sum(
        each.running_count + each.pending_count for each in found.deployments if each.status == "PRIMARY"
    )


def last(arn: str) -> str:
    """Return what an ARN ends in: a task definition's family and revision, a cluster's name.

    >>> last("arn:aws:ecs:eu-central-1:111122223333:task-definition/agno-web:7")
    'agno-web:7'
    """
    return arn.rpartition("/")[2]
