"""Looks for secrets where none belongs: in what the engine shows, in logs, on command lines, in files."""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, quote_plus

import docker
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL


def forms(value: str) -> set[bytes]:
    """A secret as it is, as URLs, JSON and shells write it, and as the inside of any base64 text."""
    written = {value, quote(value), quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
    found = {form.encode() for form in written if len(form) >= 6}
    for before in range(3):  # base64 of a longer text differs with the secret's position in it
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + value.encode())
            found.add(encoded[(0, 2, 3)[before] : len(encoded) // 4 * 4 - 4])
    return found


class Scan:
    """Collects texts with the name of where they stand; at the end of `with`, a secret in one is an error.

    `seen` counts the texts of each kind: a scan that looked at nothing finds nothing.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.seen: Counter[str] = Counter()
        self._forms = {name: forms(value) for name, value in secrets.items()}
        self._found: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            assert not self._found, "\n".join(self._found)

    def text(self, kind: str, where: str, content: bytes | str) -> None:
        """Look into one text."""
        self.seen[kind] += 1
        raw = content.encode() if isinstance(content, str) else content
        for name, encodings in self._forms.items():
            if any(form in raw for form in encodings):
                self._found.append(f"{name} stands in {kind} {where}")

    def stack(self, engine: docker.DockerClient, namespace: str) -> None:
        """Everything that the engine shows of a stack: each object's inspection, and its containers' logs."""
        wanted = {"label": f"{NAMESPACE_LABEL}={namespace}"}
        for service in engine.services.list(filters=wanted):
            self.text("service", service.name, json.dumps(service.attrs))
            for task in service.tasks():
                self.text("task", task["ID"], json.dumps(task))
        for container in engine.containers.list(all=True, filters=wanted):
            self.text("container", container.name, json.dumps(container.attrs))
            self.text("log", container.name, container.logs())
            image = container.image
            self.text("image", container.name, json.dumps([image.attrs, image.history()]))
        for kind, things in (
            ("config", engine.configs),
            ("secret", engine.secrets),
            ("network", engine.networks),
            ("volume", engine.volumes),
        ):
            for thing in things.list(filters=wanted):
                thing.reload()
                self.text(kind, thing.name, json.dumps(thing.attrs))
                data = thing.attrs.get("Spec", {}).get("Data")
                self.text(kind, thing.name, base64.b64decode(data or ""))

    def processes(self, engine: docker.DockerClient, namespace: str) -> None:
        """Command lines: of every process of this machine, and as `docker top` shows the stack's."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.text("cmdline", str(path), path.read_bytes())
            except OSError:
                continue  # it ended
        for container in engine.containers.list(filters={"label": f"{NAMESPACE_LABEL}={namespace}"}):
            self.text("top", container.name, json.dumps(container.top()))

    def directory(self, root: Path, besides: tuple[str, ...] = ()) -> None:
        """Every file below a directory, besides those of the given names."""
        for path in root.rglob("*"):
            if path.is_file() and path.name not in besides:
                self.text("file", str(path), path.read_bytes())

    def value(self, kind: str, where: str, content: Any) -> None:
        """Look into anything that JSON can hold."""
        self.text(kind, where, json.dumps(content, default=str))
