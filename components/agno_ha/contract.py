"""What targets know of the app's image beside its environment: its user and its probe (image/README.md)."""

from __future__ import annotations

from agno_ha.topology import App

UID = 10001
"""User and group of the image contract."""

# Only what every AgentOS image has: python3. The process that answers is the one asked, over loopback.
_PROBE = (
    "import http.client as h;c=h.HTTPConnection('127.0.0.1',{port},timeout={timeout:g});"
    "c.request('GET','/health');raise SystemExit(c.getresponse().status!=200)"
)


def probe(app: App) -> list[str]:
    """Return the container's health check, in Docker's form."""
    return ["CMD", "python3", "-SEc", _PROBE.format(port=app.port, timeout=app.health.timeout)]
