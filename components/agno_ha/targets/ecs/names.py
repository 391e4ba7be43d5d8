"""Names on AWS: within each service's limit and alphabet, however long or odd the stack's name is."""

from __future__ import annotations

import hashlib
import re

_RESERVED = ("internal-", "sg-")


def fit(namespace: str, room: str, limit: int, *distinct: object) -> str:
    """Return `<namespace>-<room>` in lower-case letters, digits and single hyphens, beginning with a letter.

    What is too long keeps the room and gets a hash of the whole; what `distinct` gives becomes a hash too, for objects
    that a change of it replaces: the new one must not have the old one's name.

    >>> fit("agno-ha-prod", "web", 32)
    'agno-ha-prod-web'
    >>> fit("agno-ha-a-very-long-name-of-a-stack", "web", 32)
    'agno-ha-a-very-long-n-a35f91-web'
    >>> fit("9_lives--x", "web", 32)
    'a9-lives-x-a71763-web'

    Nor does it begin as AWS's own names do: those of load balancers, and the ids of security groups.

    >>> fit("internal-agents", "lb", 32), fit("sg", "app", 255)
    ('ainternal-agents-649b68-lb', 'asg-881952-app')
    """
    plain = re.sub(r"[^a-z0-9]+", "-", namespace.lower()).strip("-") or "agno"
    plain = f"a{plain}" if not plain[0].isalpha() or f"{plain}-".startswith(_RESERVED) else plain
    end = room + (f"-{_digest(repr(distinct))}" if distinct else "")
    if len(plain) + 1 + len(end) > limit or plain != namespace.lower():
        # Two names that differ only in what was replaced or cut stay two.
        mark = _digest(namespace)
        room_left = limit - len(end) - len(mark) - 2
        plain = f"{plain[:room_left].rstrip('-')}-{mark}" if room_left > 0 else f"a{mark}"
    return f"{plain}-{end}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
