"""Names that the resources, the renderer and the tests share; no SDK is imported here."""

from __future__ import annotations

PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"
MANAGED_BY = "app.kubernetes.io/managed-by"

PROJECT = "agno-ha"

SECRETS_DIGEST = "agno-ha/secrets"
"""Annotation of a pod template: a keyed digest of the secrets that it mounts, so that another value rolls the pods."""

APP_PODS = ("web", "scheduler")
"""Components whose pods are the app's."""


def selector(component: str) -> dict[str, str]:
    """Return the labels that choose a component's pods; a workload's selector can never be changed."""
    return {PART_OF: PROJECT, COMPONENT: component}


def labels(component: str, instance: str) -> dict[str, str]:
    """Return every label of a component's objects."""
    return {**selector(component), INSTANCE: instance, MANAGED_BY: PROJECT}
