"""After a roll: the service runs what was asked for, or the run fails and says why.

ECS reports a deployment that its circuit breaker rolled back as steady: the old version serves again.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    return pulumi.Output.all(asked.arn, found).apply(
        lambda both: verdict(
            service=both[1].service_name,
            asked=both[0],
            running=both[1].task_definition,
            events=[event.message for event in both[1].events or ()],
        )
    )


def verdict(*, service: str, asked: str, running: str, events: Sequence[str]) -> str:
    """Return what runs.

    Raises:
        pulumi.RunError: it is another than asked for; the text has what ECS said last.
    """
    if running == asked:
        return running
    said = "; ".join(events[:_EVENTS]) or "ECS gives no reason"
    raise pulumi.RunError(
        f"Service {service} runs {revision(running)}, not {revision(asked)}: the deployment was rolled back. {said}"
    )


def revision(arn: str) -> str:
    """Return family and revision of a task definition.

    >>> revision("arn:aws:ecs:eu-central-1:111122223333:task-definition/agno-web:7")
    'agno-web:7'
    """
    return arn.rpartition("/")[2]
