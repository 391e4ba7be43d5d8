"""Start the policy pack: `pulumi preview --policy-pack policies`."""

from pathlib import Path

from agno_ha_policies.pulumi_adapter import start

start(Path(__file__).resolve().parent)
