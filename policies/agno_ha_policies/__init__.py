"""Policies that protect an Agno service: one rule a file, importable without a policy server.

Rules work on plain data:
`pulumi_adapter` brings them Pulumi's resources, `agno_ha.check` those of an offline plan.
"""

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import Configuration, Settings
from agno_ha_policies.evaluation import evaluate
from agno_ha_policies.model import UNKNOWN, Finding, Resource

__all__ = [
    "RULES",
    "UNKNOWN",
    "Configuration",
    "Finding",
    "Resource",
    "Settings",
    "evaluate",
]
