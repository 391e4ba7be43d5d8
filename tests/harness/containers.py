"""Programs in running containers."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from docker.models.containers import Container


class Ended(NamedTuple):
    """How a program ended."""

    exit_code: int
    output: bytes
    """Standard output and error, as they came."""


def execute(
    container: Container, command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Ended:
    """Run a program in a container, to its end.

    By Docker's own client: `exec_run` of the Python library reads past what came together with the head of the
    engine's answer, so that the output of one quick command in a hundred is lost on a busy machine
    (docker/docker-py#2042).
    """
    given = {} if environment is None else environment
    names = [word for name in given for word in ("--env", name)]
    done = subprocess.run(
        ["docker", "exec", *names, str(container.id), *command],
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Ended(done.returncode, done.stdout)
