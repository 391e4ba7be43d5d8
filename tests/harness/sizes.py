"""What the stacks with real pods are made of."""

from typing import Any

INSTANCES = 2
SMALL: dict[str, Any] = {
    "app": {
        "memory": "768MiB",
        "cpu": 0.25,
        "drain": {"delay": "5s"},
        "health": {"startPeriod": "300s", "interval": "5s", "timeout": "10s", "retries": 2},
    },
    "scaling": {"min": INSTANCES, "max": 3, "cpu": 95, "cooldown": {"out": "15s", "in": "30s"}},
    "loadBalancer": {"cpu": 0.1, "memory": "72MiB", "bodyLimit": "8MiB"},
    "postgres": {"cpu": 0.3, "memory": "640MiB", "sharedBuffers": "96MiB", "effectiveCacheSize": "300MiB"},
    "redis": {"cpu": 0.1, "memory": "256MiB", "maxmemory": "100MiB"},
}
"""Sized for a node of two cores: in a roll, old and new instances fit beside each other. Patient, for a busy one."""
