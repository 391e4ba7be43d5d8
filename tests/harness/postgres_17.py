"""An image of another major version of Postgres than ours: the same recipe, on Debian 13."""

import docker
import pytest
from agno_ha.targets.docker import context, debian
from agno_ha.targets.docker.context import Context
from agno_ha.targets.docker.engine import Engine

_DEBIAN = "agno-ha-tests/debian:trixie"


def image() -> str:
    """Build it where it is missing, and return its id."""
    lines = [line.replace(debian.SUITE, "trixie") for line in debian.sources()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(debian, "sources", lambda: lines)
        patch.setattr(debian, "SUITE", "trixie")
        client = docker.from_env()
        try:
            engine = Engine(client, None, print)
            if engine.present(_DEBIAN) is None:
                debian.import_base(client, _DEBIAN, print)
            files = {**context.store("base", "").files, **debian.apt_files()}
            base = engine.build(Context("agno-ha-tests/debian-13", files, _DEBIAN))
            recipe = dict(context.store("postgres", base).files)
            dockerfile = (context.recipes() / "stores" / "postgres" / "Dockerfile").read_text()
            recipe["Dockerfile"] = dockerfile.replace("15", "17").encode()
            return engine.build(Context("agno-ha-tests/postgres-17", recipe, base))
        finally:
            client.close()
