"""What a topology can ask for and a cluster can't do: an error where it would be refused, else always said."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pulumi

from agno_ha.targets.kubernetes.images import refer
from agno_ha.targets.kubernetes.scaling import LONGEST_PERIOD
from agno_ha.targets.kubernetes.settings import LABEL, KubernetesSettings
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem
from agno_ha.topology.units import duration_text
from agno_ha.validation import by_default

_SETTINGS = "agno-ha:kubernetes"
_ALB_LONGEST = 4000
"""Seconds; the longest idle timeout of AWS' load balancer."""


def problems(topology: Topology, settings: KubernetesSettings, namespace: str | None = None) -> list[Problem]:
    """Return what would be refused, or would not do what was asked for."""
    return [
        *_namespace_problems(settings, namespace),
        *_image_problems(topology, settings),
        *_front_problems(topology, settings),
        *_scaling_problems(topology, settings),
    ]


def _problem(path: str, value: str | None, message: str, fix: str) -> Problem:
    where = f"{_SETTINGS}.{path.removeprefix('.')}" if path.startswith(".") else f"topology.{path}"
    return Problem("", where, value, message, fix)


def _namespace_problems(settings: KubernetesSettings, default: str | None) -> Iterator[Problem]:
    namespace = settings.namespace or default
    if namespace is None:
        return
    shown = namespace if settings.namespace else by_default(namespace)
    if namespace == "default" or namespace.startswith("kube-"):
        message, fix = "is the cluster's own, and would go with the service", "Use one for this service alone"
        yield _problem(".namespace", shown, message, fix)
    elif not re.fullmatch(LABEL, namespace):
        fix = "Set it to up to 63 lower-case letters, digits and -, no - first or last"
        yield _problem(".namespace", shown, "must be a DNS label", fix)


def _image_problems(topology: Topology, settings: KubernetesSettings) -> Iterator[Problem]:
    images = refer(topology, settings)
    if images.app is None:
        why = (
            "a cluster can't build app.build"
            if topology.app.build
            else "a cluster can't build the default image"
        )
        yield _problem(
            ".images.app",
            None,
            f"required: {why}",
            "Build it, push it, and name it there (docs/kubernetes.md)",
        )
    if topology.postgres.pooler.enabled and images.pgbouncer is None:
        yield _problem(
            ".images.pgbouncer",
            None,
            "required by postgres.pooler.enabled: there is no official image",
            "Name an image whose command is `pgbouncer FILE`",
        )


def _front_problems(topology: Topology, settings: KubernetesSettings) -> Iterator[Problem]:
    balancer, front, tls = topology.load_balancer, settings.load_balancer, settings.tls
    mode = balancer.tls.mode
    given = "secretName" if tls.secret_name is not None else "issuer" if tls.issuer is not None else None
    if given is not None and mode != "generated":
        why = "TLS is off" if mode == "off" else "the certificate is provided"
        yield _problem(
            f".tls.{given}",
            tls.secret_name or tls.issuer,
            f"has no effect with loadBalancer.tls.mode = {mode}: {why}",
            "Remove it, or set loadBalancer.tls.mode to generated",
        )
    if tls.issuer is not None and front.host is None:
        yield _problem(
            ".loadBalancer.host",
            None,
            "required by tls.issuer: a certificate is for a name",
            "Give the host name",
        )
    if front.kind == "ingress" and mode != "off" and front.host is None and tls.issuer is None:
        yield _problem(
            ".loadBalancer.host",
            None,
            "required by an Ingress with TLS",
            "Give the host name of the certificate",
        )
    if front.kind == "service" and mode != "off":
        yield _problem(
            "loadBalancer.tls.mode",
            mode,
            "a Service ends no TLS",
            f"Set {_SETTINGS}.loadBalancer.kind to nginx or ingress, or tls.mode to off",
        )
    if front.kind == "ingress" and front.controller == "alb" and balancer.idle_timeout > _ALB_LONGEST:
        yield _problem(
            "loadBalancer.idleTimeout",
            duration_text(balancer.idle_timeout),
            f"more than the {_ALB_LONGEST}s of AWS' load balancer",
            f"Lower it to {_ALB_LONGEST}s, or use another controller",
        )


def _scaling_problems(topology: Topology, settings: KubernetesSettings) -> Iterator[Problem]:
    scaling, own = topology.scaling, settings.scaling
    if scaling.cooldown.out > LONGEST_PERIOD:
        yield _problem(
            "scaling.cooldown.out",
            duration_text(scaling.cooldown.out),
            f"more than the {LONGEST_PERIOD}s that an HPA looks back",
            f"Lower it to {LONGEST_PERIOD}s",
        )
    metric = own.requests_metric.name
    if own.autoscaler == "hpa" and own.prometheus is not None:
        yield _problem(
            ".scaling.prometheus",
            None,
            "has no effect with scaling.autoscaler = hpa",
            "Remove it, or set scaling.autoscaler to keda",
        )
    if own.autoscaler == "keda" and metric is not None:
        yield _problem(
            ".scaling.requestsMetric.name",
            metric,
            "has no effect with scaling.autoscaler = keda",
            "Remove it: KEDA reads scaling.prometheus",
        )
    if scaling.requests_per_second is None:
        return
    if own.autoscaler == "hpa" and metric is None:
        yield _problem(
            "scaling.requestsPerSecond",
            f"{scaling.requests_per_second:g}",
            "a cluster does not count requests by itself",
            f"Set {_SETTINGS}.scaling.autoscaler to keda with scaling.prometheus, or name a scaling.requestsMetric",
        )
    if (
        own.autoscaler == "hpa"
        and own.requests_metric.type == "object"
        and settings.load_balancer.kind != "ingress"
    ):
        yield _problem(
            ".scaling.requestsMetric.type",
            "object",
            "is a metric of the Ingress, and there is none",
            "Use pods or external",
        )
    if own.autoscaler == "keda" and own.prometheus is None:
        yield _problem(
            ".scaling.prometheus",
            None,
            "required by scaling.requestsPerSecond with KEDA",
            "Give the address of the Prometheus that has the instances' metrics",
        )


def warn(topology: Topology, settings: KubernetesSettings, parent: pulumi.Resource) -> None:
    """Warn of each setting that was given and has no effect here."""
    for text in unsupported(topology, settings):
        pulumi.log.warn(text, resource=parent)


def unsupported(topology: Topology, settings: KubernetesSettings) -> Iterator[str]:
    """What to say; nothing about settings that nobody gave.

    >>> list(unsupported(Topology.model_validate({"redis": {"highAvailability": True}}), KubernetesSettings()))
    ['Kubernetes runs one redis server, on its volume: topology.redis.highAvailability has no effect.']
    """
    postgres, redis, balancer = topology.postgres, topology.redis, topology.load_balancer
    if redis.mode == "managed" and redis.high_availability:
        yield "Kubernetes runs one redis server, on its volume: topology.redis.highAvailability has no effect."
    if (
        postgres.mode == "managed"
        and "backups" in postgres.model_fields_set
        and postgres.backups.retention
        and not backs_up(topology, settings)
    ):
        how = (
            f"give {_SETTINGS}.cloudNativePg.backups a place"
            if postgres.high_availability
            else "set postgres.highAvailability"
        )
        yield f"No backups are made: topology.postgres.backups has no effect. To have them, {how}."
    elif (
        "backups" in postgres.model_fields_set
        and postgres.backups.retention
        and settings.cloud_native_pg.backups.volume_snapshot_class is not None
        and backs_up(topology, settings)
    ):
        yield "CloudNativePG deletes no snapshots: topology.postgres.backups.retention is the least that is kept."
    front = settings.load_balancer
    if front.kind == "service":
        yield (
            "A Service has no timeouts, no body limit and no paths: the cloud's hold, /metrics can be read from "
            "outside, and what clients say in X-Forwarded-* is believed unless topology.app.environment."
            "FORWARDED_ALLOW_IPS names whom to believe. topology.loadBalancer has no effect but for httpPort."
        )
    elif front.kind == "ingress":
        given = {"httpPort", "httpsPort", "replicas", "cpu", "memory"} & {
            field.alias or name
            for name, field in type(balancer).model_fields.items()
            if name in balancer.model_fields_set
        }
        for name in sorted(given):
            yield f"The Ingress controller is not ours: topology.loadBalancer.{name} has no effect."
        if front.controller == "other":
            yield (
                "This Ingress controller is not known: timeouts, body limit and buffering are its own unless "
                f"{_SETTINGS}.loadBalancer.annotations set them."
            )


def backs_up(topology: Topology, settings: KubernetesSettings) -> bool:
    """Whether a managed Postgres is backed up."""
    return topology.postgres.high_availability and settings.cloud_native_pg.backups.made
