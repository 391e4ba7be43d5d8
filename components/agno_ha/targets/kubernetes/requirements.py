"""What a cluster must have beside Kubernetes itself, looked for at preview; filled by `agno_ha.targets.kubernetes`."""

from __future__ import annotations

from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology


def check(topology: Topology, settings: KubernetesSettings) -> None:
    """Look for what the settings need."""
    del topology, settings
