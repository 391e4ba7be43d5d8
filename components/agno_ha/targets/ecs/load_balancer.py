"""The Application Load Balancer: HTTPS, a redirect to it, and a target group that asks /health."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.limits import whole
from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.security import Groups

_FORWARD = "forward"


@dataclass(frozen=True)
class Front:
    """What instances register with."""

    balancer: aws.lb.LoadBalancer
    targets: aws.lb.TargetGroup
    listener: aws.lb.Listener
    """The one that forwards."""


def ports(scope: Scope, *, secure: bool) -> list[int]:
    """Return the ports that are open."""
    balancer = scope.topology.load_balancer
    return [balancer.http_port, balancer.https_port] if secure else [balancer.http_port]


def url(scope: Scope, front: Front, *, secure: bool) -> pulumi.Output[str]:
    """Return where clients connect."""
    host = pulumi.Output.from_input(scope.settings.load_balancer.host or front.balancer.dns_name)
    return host.apply(lambda name: scope.topology.load_balancer.url(str(name), secure=secure))


def create(scope: Scope, network: Network, groups: Groups, certificate: pulumi.Input[str] | None) -> Front:
    """Create it; without a certificate it serves plain HTTP."""
    settings, topology = scope.settings.load_balancer, scope.topology
    bucket = settings.access_logs_bucket
    balancer = aws.lb.LoadBalancer(
        f"{scope.name}-load-balancer",
        name=scope.physical("lb", 32, *(["internal"] if settings.internal else [])),
        load_balancer_type="application",
        internal=settings.internal,
        security_groups=[groups.load_balancer.id],
        subnets=list(network.private if settings.internal else network.public),
        idle_timeout=whole(topology.load_balancer.idle_timeout),
        enable_deletion_protection=scope.protect,
        drop_invalid_header_fields=True,
        # Said also where there are none: the provider takes what is not said for what it has.
        access_logs=aws.lb.LoadBalancerAccessLogsArgs(
            bucket=bucket or "", prefix=scope.physical("lb", 128), enabled=bool(bucket)
        ),
        tags=scope.tags("load-balancer"),
        # What would make another one is refused in the preview, not when AWS refuses to delete the old one.
        opts=scope.options(protect=scope.protect, depends_on=() if settings.internal else network.ways_in),
    )
    targets = _targets(scope, network)
    if certificate is None:
        listener = _listener(scope, "http", balancer, topology.load_balancer.http_port, forward=targets)
    else:
        listener = _listener(
            scope,
            "https",
            balancer,
            topology.load_balancer.https_port,
            forward=targets,
            certificate=certificate,
        )
        _redirect(scope, balancer)
    # Metrics are for the operators' network, not for the clients.
    aws.lb.ListenerRule(
        f"{scope.name}-metrics",
        listener_arn=listener.arn,
        priority=1,
        conditions=[
            aws.lb.ListenerRuleConditionArgs(
                path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=["/metrics"])
            )
        ],
        actions=[
            aws.lb.ListenerRuleActionArgs(
                type="fixed-response",
                fixed_response=aws.lb.ListenerRuleActionFixedResponseArgs(
                    content_type="text/plain", message_body="Not Found", status_code="404"
                ),
            )
        ],
        tags=scope.tags("metrics"),
        opts=scope.options(),
    )
    return Front(balancer, targets, listener)


def _targets(scope: Scope, network: Network) -> aws.lb.TargetGroup:
    app = scope.topology.app
    health, drain = app.health, app.drain
    return aws.lb.TargetGroup(
        f"{scope.name}-web",
        # Another port or VPC replaces it, while the listener still has the old one.
        name=scope.physical("web", 32, app.port, scope.settings.network.vpc_id),
        port=app.port,
        protocol="HTTP",
        target_type="ip",
        vpc_id=network.vpc,
        # Requests in flight end before SIGTERM: ECS waits for this first.
        deregistration_delay=whole(drain.delay + drain.timeout),
        load_balancing_algorithm_type="least_outstanding_requests",
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            enabled=True,
            path="/health",
            protocol="HTTP",
            port="traffic-port",
            matcher="200",
            interval=whole(health.interval),
            # AWS wants it below the interval.
            timeout=max(2, min(whole(health.timeout), whole(health.interval) - 1)),
            healthy_threshold=2,
            unhealthy_threshold=health.retries,
        ),
        tags=scope.tags("web"),
        opts=scope.options(),
    )


def _listener(
    scope: Scope,
    room: str,
    balancer: aws.lb.LoadBalancer,
    port: int,
    *,
    forward: aws.lb.TargetGroup,
    certificate: pulumi.Input[str] | None = None,
) -> aws.lb.Listener:
    return aws.lb.Listener(
        f"{scope.name}-{room}",
        load_balancer_arn=balancer.arn,
        port=port,
        protocol="HTTP" if certificate is None else "HTTPS",
        ssl_policy=None if certificate is None else scope.settings.load_balancer.ssl_policy,
        certificate_arn=certificate,
        default_actions=[aws.lb.ListenerDefaultActionArgs(type=_FORWARD, target_group_arn=forward.arn)],
        tags=scope.tags(room),
        opts=scope.options(),
    )


def _redirect(scope: Scope, balancer: aws.lb.LoadBalancer) -> None:
    to = aws.lb.ListenerDefaultActionRedirectArgs(
        protocol="HTTPS", port=str(scope.topology.load_balancer.https_port), status_code="HTTP_301"
    )
    aws.lb.Listener(
        f"{scope.name}-http",
        load_balancer_arn=balancer.arn,
        port=scope.topology.load_balancer.http_port,
        protocol="HTTP",
        default_actions=[aws.lb.ListenerDefaultActionArgs(type="redirect", redirect=to)],
        tags=scope.tags("http"),
        opts=scope.options(),
    )
