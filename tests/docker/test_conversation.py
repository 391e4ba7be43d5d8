"""The main job, without the CLI."""

from harness.conversation import six_turns
from harness.deployment import Deployment


def test_every_turn_sees_all_earlier_ones_on_any_instance(deployment: Deployment) -> None:
    six_turns(deployment)
