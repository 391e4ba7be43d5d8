"""`pulumi-resource-aws` over moto: the engine starts this folder as the plugin that Pulumi.yaml names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from engine_aws.provider.server import main

main()
