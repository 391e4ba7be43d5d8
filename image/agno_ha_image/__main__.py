"""`python -m agno_ha_image`: process 1 of the container. Standard library only, so that it starts at once.

Secrets from files, then the schema, then the server and, where no model is configured, the demo model. It
outlives them all: on SIGTERM it keeps serving DRAIN_DELAY seconds, stops new connections, lets the server
finish, and exits with the server's code. A child that dies takes the container with it.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from agno_ha_image.environment import SecretFileError, load_secret_files
from agno_ha_image.launcher import Children, ChildrenError, log
from agno_ha_image.sockets import listen, refuse_new_connections

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
QUEUE_DRAIN = 1.0
"""Seconds between the last new connection and the server's SIGTERM: the accept queue empties meanwhile."""


def seconds(name: str, default: str) -> float:
    """A duration from the environment; what is no number is left to settings.py, which reports it properly."""
    try:
        return max(0.0, float(os.environ.get(name) or default))
    except ValueError:
        return float(default)


def run(scratch: Path) -> int:
    """Start everything, wait for the end, stop everything; the container's exit code."""
    draining = scratch / "draining"
    os.environ["AGNO_HA_DRAINING"] = str(draining)
    children = Children()
    if code := children.run("schema", "agno_ha_image.schema"):
        return code
    if not (os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL")):
        os.environ["AGNO_HA_DEMO_MODEL"] = str(scratch / "demo-model.sock")
        children.start("demo-model", "agno_ha_image.demo_model")
    listener = listen(os.environ.get("HOST") or "0.0.0.0", int(os.environ.get("PORT") or "8000"))  # noqa: S104 (a container)
    os.environ["AGNO_HA_LISTENER"] = str(listener.fileno())
    if (os.environ.get("WORKERS") or "1") != "1":
        metrics = scratch / "metrics"
        metrics.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    children.start("server", "agno_ha_image.server")

    received = children.wait_for_signal()
    log("info", "draining", signal=received.name)
    draining.touch()
    if received is signal.SIGTERM:
        children.sleep(seconds("DRAIN_DELAY", "5"))
    if refuse_new_connections(listener):
        children.sleep(QUEUE_DRAIN)
    listener.close()
    started = time.monotonic()
    code = children.stop("server")
    log("info", "drained", seconds=round(time.monotonic() - started, 1), code=code)
    children.stop_all()
    return code


def main() -> int:
    """Run until the end; a mistake of the user is one line, never a traceback."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    scratch = Path(tempfile.mkdtemp(prefix="agno-ha-"))
    try:
        load_secret_files()
        return run(scratch)
    except SecretFileError as error:
        for line in str(error).splitlines():
            log("error", line)
        return 2
    except ChildrenError as error:
        log("error", str(error))
        return error.code
    except OSError as error:
        log("error", f"cannot start: {error}")
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
