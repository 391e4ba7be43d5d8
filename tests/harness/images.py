"""The images that the tests run in pods, as the Docker target builds them. Prints their names."""

from pathlib import Path

from agno_ha.targets.docker import context
from agno_ha.targets.docker.context import Context
from agno_ha.targets.docker.engine import Engine, connect

AGENTS = Path(__file__).parents[1] / "kubernetes" / "agents"


def images() -> dict[str, str]:
    """Return the image of each service, built where it is missing."""
    base = _base()
    stores = {name: context.store(name, base) for name in ("postgres", "redis", "nginx", "pgbouncer")}
    return _built({"app": context.app(None, base), **stores})


def hungry() -> str:
    """Return the app's image with AGENTS, built where it is missing; `app.agents` is `hungry:agents`."""
    return _built({"app": context.app(AGENTS, _base())})["app"]


def _base() -> str:
    return context.store("base", "").reference()


def _built(wanted: dict[str, Context]) -> dict[str, str]:
    client = connect()
    engine = Engine(client, None, lambda line: None)
    try:
        engine.ensure_base()
        for each in wanted.values():
            engine.build(each)
    finally:
        client.close()
    return {name: each.reference() for name, each in wanted.items()}


if __name__ == "__main__":
    print(" ".join([*images().values(), hungry()]))
