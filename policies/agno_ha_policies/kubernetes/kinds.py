"""Pulumi's types of Kubernetes' objects."""

from __future__ import annotations

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
JOB = "kubernetes:batch/v1:Job"
CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
HPA = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
HPA_V1 = "kubernetes:autoscaling/v1:HorizontalPodAutoscaler"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
SERVICE = "kubernetes:core/v1:Service"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"

PODS = frozenset({DEPLOYMENT, STATEFUL_SET, DAEMON_SET, JOB})
"""What makes pods from a template."""
SERVERS = PODS | {CLUSTER}
"""Where a Postgres may be: pods, or a Cluster of the CloudNativePG operator."""
AUTOSCALERS = frozenset({HPA, HPA_V1, SCALED_OBJECT})
CONFIG_MAPS = frozenset({CONFIG_MAP})
"""Configuration files of nginx and PgBouncer."""

POD = "spec.template.spec"
"""Where a pod's own specification is in what makes it."""
