"""Start the policy pack: `pulumi preview --policy-pack policies`."""

from agno_ha_policies.pulumi_adapter import policies
from pulumi_policy import PolicyPack

PolicyPack("agno-ha", policies())
