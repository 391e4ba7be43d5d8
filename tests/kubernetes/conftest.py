"""Tier `kubernetes`: the cluster that KUBECONFIG names."""

from offline.conftest import evaluate

__all__ = ["evaluate"]
