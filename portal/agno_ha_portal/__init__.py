"""The platform portal: pages and a JSON API over the operations. `serve` starts it."""

from agno_ha_portal.serving import add_token, remove_token, serve

__all__ = ["add_token", "remove_token", "serve"]
