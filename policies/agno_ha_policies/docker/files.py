"""Configuration files that services mount: nginx and PgBouncer, as Swarm configs."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from agno_ha_policies.view import View

CONFIG = "docker:index/serviceConfig:ServiceConfig"
DATA = "data"
CONFIGS = frozenset({CONFIG})

_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def content(view: View[Any]) -> str | None:
    """Return a config's text, without its comments; None, and said, where it can't be read."""
    data = view.text(DATA)
    if data is None:
        return None
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        view.unreadable(DATA, "is not base64 of text")
        return None
    return re.sub(r"(?m)^\s*[#;].*$", "", text)


def proxy(view: View[Any]) -> str | None:
    """Return an nginx configuration that passes requests on; None for everything else."""
    text = content(view)
    return text if text and re.search(r"\bproxy_pass\s", text) else None


def pgbouncer(view: View[Any]) -> str | None:
    """Return a PgBouncer configuration; None for everything else."""
    text = content(view)
    return text if text and "[pgbouncer]" in text else None


def directives(text: str, name: str) -> list[str]:
    """Return the values of an nginx directive, in order.

    >>> directives("proxy_buffering off; proxy_pass http://a;", "proxy_buffering")
    ['off']
    """
    return [found.strip() for found in re.findall(rf"(?:^|[\s;{{}}]){name}\s+([^;{{}}]*);", text)]


def entry(text: str, name: str) -> str | None:
    """Return the value of an ini entry, the last one; None where there is none."""
    found = re.findall(rf"(?m)^\s*{name}\s*=\s*(.*?)\s*$", text)
    return found[-1] if found else None


def seconds(text: str) -> float | None:
    """Return the seconds of an nginx duration, such as `3600s` or `1h`; None for what is none.

    >>> seconds("3600000ms"), seconds("60"), seconds("1h"), seconds("$t")
    (3600.0, 60.0, 3600.0, None)
    """
    match = re.fullmatch(r"(\d+)(ms|s|m|h|d|)", text)
    return int(match[1]) * _UNITS[match[2]] if match else None
