"""The images that the tests run in pods: those that the Docker target has built here. Prints their names."""

from agno_ha.targets.docker import context
from agno_ha.targets.docker.images import refer
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology


def images() -> dict[str, str]:
    """Return the image of each service."""
    base = context.store("base", "").reference()
    stores = {name: context.store(name, base).reference() for name in ("postgres", "redis", "nginx")}
    return {"app": refer(Topology(), DockerSettings()).app, **stores}


if __name__ == "__main__":
    print(" ".join(images().values()))
