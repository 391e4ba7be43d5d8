"""Start the policy pack: `pulumi preview --policy-pack policies`."""

from pathlib import Path

from agno_ha.topology.problem import ConfigurationError
from agno_ha_policies import Configuration
from agno_ha_policies.pulumi_adapter import environment, policies
from pulumi_policy import PolicyPack

try:
    configuration = Configuration.load(Path(__file__).resolve().parent, environment())
except ConfigurationError as error:
    raise SystemExit(f"The policies are not configured right:\n{error}") from None
PolicyPack("agno-ha", policies(configuration))
