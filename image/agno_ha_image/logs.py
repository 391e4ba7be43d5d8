"""JSON logs: one line an event on stdout, with the request's id, and no secret in it."""

import contextlib
import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import quote

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this task works for."""

_OWN = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message", "taskName"}
_NOISE = {"httpx": logging.WARNING, "httpx2": logging.WARNING, "httpcore": logging.WARNING,
          "uvicorn.access": logging.CRITICAL, "sqlalchemy": logging.WARNING, "watchfiles": logging.WARNING}  # fmt: skip


class JsonFormatter(logging.Formatter):
    """Renders a record as one line of JSON; the values passed as `extra` become its fields."""

    def __init__(self, instance: str, role: str, secrets: list[str]) -> None:
        super().__init__()
        self._context = {"instance": instance, "role": role}
        forms = {form for secret in secrets if len(secret) >= 6 for form in _forms(secret)}
        self._secrets = sorted(forms, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._context,
        }
        if identifier := request_id.get():
            event["requestId"] = identifier
        event.update({name: value for name, value in record.__dict__.items() if name not in _OWN})
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        line = json.dumps(event, default=str)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


def _forms(secret: str) -> set[str]:
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}


def _is_news(record: logging.LogRecord) -> bool:
    """Whether to log it. agno reports each client that closes its WebSocket as an error with a traceback."""
    return not (
        record.exc_info and record.exc_info[0] and record.exc_info[0].__name__ == "WebSocketDisconnect"
    )


class _LogStream:
    """Stands in for stderr: what a library prints there (tracebacks of swallowed errors) becomes one event."""

    encoding = "utf-8"

    def __init__(self, original: TextIO) -> None:
        self._original = original
        self._parts: list[str] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # as a text stream does: click asks by an empty bytes which kind it is
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
            if self._timer is None:
                self._timer = threading.Timer(0.05, self.flush)
                self._timer.daemon = True
                self._timer.start()
        return len(text)

    def flush(self) -> None:
        with self._lock:
            parts, self._parts, self._timer = self._parts, [], None
        text = "".join(parts).strip()
        if text:
            logging.getLogger("stderr").warning(text.splitlines()[-1], extra={"output": text})

    def fileno(self) -> int:
        return self._original.fileno()

    def isatty(self) -> bool:
        return False


def configure(instance: str, role: str, secrets: list[str]) -> None:
    """Send every logger of the process through one JSON handler on stdout; call it again after late imports."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(instance, role, secrets))
    handler.addFilter(_is_news)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, level in _NOISE.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
    if not isinstance(sys.stderr, _LogStream):
        with contextlib.suppress(OSError, ValueError):
            sys.stderr = _LogStream(sys.stderr)
