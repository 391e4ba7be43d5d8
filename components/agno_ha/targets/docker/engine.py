"""Images on a Docker engine: look up, pull, build, push, each ending in a pinned reference."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from docker.auth import resolve_repository_name
from docker.context import ContextAPI
from docker.errors import APIError, DockerException, NotFound
from docker.utils import parse_repository_tag

from agno_ha.targets.docker import context, debian
from agno_ha.targets.docker.context import Context, ImageError

DEBIAN = f"debian:{debian.SUITE}-slim"
_IMPORTED = f"agno-ha/debian:{debian.SUITE}"
_PROBE_TIMEOUT = 15.0  # seconds; a registry behind a silent firewall must not hold `make up` for minutes
_PASSED_ON = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT")
_PACE = 2.0  # seconds between two lines of a step
_TIMEOUT = 120  # seconds for an answer of the engine, which may be busy
_unreachable: set[str] = set()  # registries that did not answer this process


def connect() -> docker.DockerClient:
    """The engine that the docker command uses: DOCKER_HOST, else DOCKER_CONTEXT, else the local one.

    Raises:
        ImageError: none answers, or `docker context use` has chosen one that Pulumi's provider would not see.
    """
    wanted, client = os.environ.get("DOCKER_CONTEXT"), None
    try:
        chosen = ContextAPI.get_context(wanted)
        if os.environ.get("DOCKER_HOST") or (chosen and chosen.Name == "default"):
            client = docker.from_env(timeout=_TIMEOUT, use_ssh_client=True)
        elif chosen and not wanted:
            raise ImageError(
                f"The Docker context {chosen.Name}", "is the docker command's choice, and not Pulumi's provider's",
                f"export DOCKER_CONTEXT={chosen.Name}, or `docker context use default`",
            )  # fmt: skip
        elif chosen:
            client = docker.DockerClient(
                chosen.Host, tls=chosen.TLSConfig or False, timeout=_TIMEOUT, use_ssh_client=True
            )
        else:
            raise ImageError(f"The Docker context {wanted}", "does not exist", "See `docker context ls`")
        client.ping()
    except (DockerException, requests.RequestException, OSError) as error:
        if client is not None:
            client.close()
        fix = "Start it, or install it with `apt-get install docker.io`, or name one with DOCKER_HOST"
        if "Permission denied" in str(error):
            fix = "Run this as root, or as a member of the group docker (`adduser <you> docker`, then log in again)"
        raise ImageError("The Docker engine", f"does not answer ({describe(error)})", fix) from None
    return client


class Engine:
    """One engine, one optional registry for what is built here."""

    def __init__(
        self, client: docker.DockerClient, registry: str | None, progress: Callable[[str], None]
    ) -> None:
        self._api, self._client, self._registry = client.api, client, registry
        self._progress, self._lock = progress, Lock()

    def say(self, line: str) -> None:
        """Report progress; builds run side by side."""
        with self._lock:
            self._progress(line)

    def present(self, reference: str) -> str | None:
        """The pin of an image that is on the engine: its registry's digest, or without one its id."""
        try:
            image = self._api.inspect_image(reference)
        except NotFound:
            return None
        name = parse_repository_tag(reference)[0]
        digests: list[str] = image.get("RepoDigests") or []
        own = [digest for digest in digests if _familiar(digest.partition("@")[0]) == _familiar(name)]
        return (own or digests or [image["Id"]])[0]

    def has_any(self, name: str) -> bool:
        """Whether an image of this name is on the engine, whatever its tag."""
        return bool(self._api.images(name=name))

    def pull(self, reference: str, setting: str) -> str:
        """Pull a configured image."""
        self.say(f"pulling {reference}")
        try:
            self._follow(reference, self._api.pull(*_named(reference), stream=True, decode=True))
        except (ImageError, APIError, requests.RequestException) as error:
            fix = f"Pull or load it on this engine, log in to its registry, or correct {setting}"
            raise ImageError(
                f"{setting} = {reference}", f"cannot be pulled ({describe(error)})", fix
            ) from None
        return self.present(reference) or reference

    def pull_official(self, reference: str) -> str | None:
        """Pull a default image if its registry answers; None if not, which is remembered."""
        host = resolve_repository_name(reference)[0]
        if host in _unreachable:
            return None
        try:
            self._ask_registry(reference)
        except (APIError, requests.RequestException) as error:
            _unreachable.add(host)
            self.say(
                f"{host} does not answer ({describe(error)}): images are built from Debian's packages instead"
            )
            return None
        try:
            return self.pull(reference, "image")
        except ImageError as error:
            self.say(f"{error} Building it from Debian's packages instead")
            return None

    def built(self, wanted: Context) -> str | None:
        """The pin of an image of ours that exists: in the registry where there is one, else on the engine."""
        if self._registry is None:
            return self._id(wanted.reference())
        reference = wanted.reference(self._registry)
        try:
            digest = self._ask_registry(reference)
        except (APIError, requests.RequestException):
            return None  # whatever is wrong with the registry, the push will say
        return f"{parse_repository_tag(reference)[0]}@{digest}"

    def ensure_base(self) -> None:
        """Have our Debian base on the engine: on the official one, else on one made here."""
        base = context.store("base", "")
        if self._id(base.reference()):
            return
        origin = DEBIAN if self.present(DEBIAN) or self.pull_official(DEBIAN) else _IMPORTED
        if origin == _IMPORTED and not self._id(_IMPORTED):
            debian.import_base(self._client, _IMPORTED, self.say)
        self._build(Context(base.name, base.files, host=debian.apt_files()), base.reference(), origin)

    def build(self, wanted: Context) -> str:
        """Build an image of ours unless it is there, push it where there is a registry, and pin it."""
        reference = wanted.reference(self._registry)
        if not self._id(reference):
            host = {"ca-certificates.crt": debian.ca_bundle()} if wanted.name == "agno-ha/app" else {}
            self._build(Context(wanted.name, wanted.files, wanted.base, host), reference, wanted.base)
        return self._push(reference) if self._registry else str(self._id(reference))

    def _build(self, wanted: Context, reference: str, base: str) -> None:
        name = wanted.name.rpartition("/")[2]
        self.say(f"{name}: building {reference}")
        proxies = debian.proxies()
        arguments = {
            key: os.environ[key] for key in _PASSED_ON if os.environ.get(key) and key in wanted.arguments
        }
        with tempfile.TemporaryFile() as archive:
            wanted.write(archive)
            archive.seek(0)
            stream = self._api.build(
                fileobj=archive,
                custom_context=True,
                tag=reference,
                buildargs={"BASE": base, **arguments, **proxies},
                labels={"agno-ha.recipe": wanted.digest},
                network_mode="host" if _on_loopback(proxies) else None,
                rm=True,
                forcerm=True,
                decode=True,
            )
            self._follow(reference, stream, name)

    def _push(self, reference: str) -> str:
        self.say(f"pushing {reference}")
        repository, tag = parse_repository_tag(reference)
        try:
            digest = self._follow(reference, self._api.push(repository, tag, stream=True, decode=True))
        except (ImageError, APIError, requests.RequestException) as error:
            fix = "Log in with `docker login`, or correct docker.registry"
            raise ImageError(
                f"docker.registry = {self._registry}", f"refused {reference} ({describe(error)})", fix
            ) from None
        return f"{repository}@{digest}"

    def _follow(self, reference: str, stream: Iterable[dict[str, Any]], prefix: str = "") -> str:
        """Report a stream of steps; return the digest that a push ends with."""
        digest, last, said = "", deque[str](maxlen=12), 0.0
        for event in stream:
            digest = (event.get("aux") or {}).get("Digest", digest)
            for line in filter(None, map(_plain, str(event.get("stream", "")).splitlines())):
                last.append(line)
                # Package managers write hundreds of lines: enough of them to see that it moves.
                if line.startswith("Step ") or time.monotonic() - said > _PACE:
                    said = time.monotonic()
                    self.say(f"{prefix}: {line[:100]}")
            if "error" in event:
                tail = "\n  ".join([_plain(str(event["error"])), *last])
                raise ImageError(reference, tail, "Correct what these lines say, then run it again")
        return digest

    def _ask_registry(self, reference: str) -> str:
        """The digest of a reference in its registry."""
        timeout, self._api.timeout = self._api.timeout, _PROBE_TIMEOUT  # type: ignore[assignment]
        try:
            return str(self._api.inspect_distribution(reference)["Descriptor"]["digest"])
        finally:
            self._api.timeout = timeout

    def _id(self, reference: str) -> str | None:
        try:
            return str(self._api.inspect_image(reference)["Id"])
        except NotFound:
            return None


def _on_loopback(proxies: dict[str, str]) -> bool:
    """Whether a proxy is reached from this machine's own network only."""
    urls = [url for name, url in proxies.items() if not name.lower().startswith("no_")]
    hosts = {urlsplit(url if "//" in url else f"//{url}").hostname for url in urls}
    return not hosts.isdisjoint({"localhost", "127.0.0.1", "::1"})


def _named(reference: str) -> tuple[str, str]:
    name, tag = parse_repository_tag(reference)
    return name, tag or "latest"


def _plain(line: str) -> str:
    """Without colours, and of a line that was drawn over itself the last state."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line).strip().rpartition("\r")[2].strip()


def _familiar(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")


def describe(error: Exception) -> str:
    """What an engine's or a registry's error says, on one line."""
    text = error.why if isinstance(error, ImageError) else getattr(error, "explanation", None) or str(error)
    return " ".join(str(text).split())[:300]
