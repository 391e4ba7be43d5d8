"""`python -m agno_ha_image.server`: uvicorn on the socket that the launcher listens on."""

import os
import signal
import socket
import sys

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from agno_ha_image import logs
from agno_ha_image.settings import settings
from agno_ha_image.sockets import listen


def main() -> int:
    """Serve until SIGTERM, then until the last request is answered or DRAIN_TIMEOUT is over."""
    configured = settings()
    logs.configure(configured.instance_name, configured.agno_role, configured.secret_values())
    given = os.environ.get("AGNO_HA_LISTENER")
    listener = socket.socket(fileno=int(given)) if given else listen(configured.host, configured.port)
    config = uvicorn.Config(
        "agno_ha_image.app:create",
        factory=True,
        fd=listener.fileno(),
        workers=configured.workers
        if configured.agno_role == "web"
        else 1,  # two schedulers would run jobs twice
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # forwarded.py reads them
        headers=[("X-Agno-Instance", configured.instance_name)],
        timeout_keep_alive=round(configured.keep_alive),
        timeout_graceful_shutdown=round(configured.drain_timeout),
        timeout_worker_healthcheck=30,
    )
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again after a clean end
    server = uvicorn.Server(config)
    if config.workers > 1:
        supervisor = Multiprocess(config, sockets=[listener])
        supervisor.run()
        failed = any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes)
        return STARTUP_FAILURE if failed else 0
    server.run(sockets=[listener])
    return 0 if server.started else STARTUP_FAILURE


if __name__ == "__main__":
    sys.exit(main())
