"""Where a stack is reached."""

from __future__ import annotations

from typing import NamedTuple

import pulumi


class Address(NamedTuple):
    """What a target's `deploy` gives back."""

    url: pulumi.Output[str]
    """What clients use."""
    load_balancer: pulumi.Output[str] | None = None
    """The load balancer's own name, which the DNS of the URL's host leads to; None where the platform tells it."""
