"""This machine's way to Debian's packages, and a Debian base without a registry."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import docker

from agno_ha.targets.docker.context import ImageError

SUITE = "bookworm"
_SUITES = {SUITE, f"{SUITE}-updates", f"{SUITE}-security"}
_DEFAULT = [
    f"deb http://deb.debian.org/debian {SUITE} main",
    f"deb http://deb.debian.org/debian {SUITE}-updates main",
    f"deb http://deb.debian.org/debian-security {SUITE}-security main",
]
_LEFT_OUT = ("doc", "info", "lintian", "locale", "man")  # as in the official `slim` image
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_CA_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_OPTIONS = re.compile(r"^Acquire::(Check-|Retries|ForceIPv|https?::(Timeout|Verify|Pipeline))")
_PROXY = re.compile(r'^Acquire::(https?)::Proxy "(.+)";')


class MissingPackageError(ImageError):
    """A program is missing; `make setup` may install it."""

    def __init__(self, what: str, package: str) -> None:
        super().__init__(
            what,
            f"no image registry answers, and {package} is not installed to make a Debian base without one",
            f"Run `apt-get install {package}`, or make a registry reachable",
        )
        self.package = package


def sources(etc: Path = Path("/etc/apt")) -> list[str]:
    """One-line apt sources for Debian 12: this machine's own where it has some, else Debian's.

    Third parties' are left out (another suite, component or key), and addresses with a password in them.
    """
    lines: list[str] = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.suffix in {".list", ".sources"} and path.is_file():
            text = path.read_text(errors="replace")
            entries = _stanzas(text) if path.suffix == ".sources" else _lines(text)
            lines += [
                f"deb {uri} {suite} main"
                for uri, suite, components, key in entries
                if suite in _SUITES and "main" in components and "debian-archive" in (key or "debian-archive")
                if urlsplit(uri).scheme in {"http", "https"} and "@" not in uri
            ]
    return list(dict.fromkeys(lines)) if any(f" {SUITE} " in line for line in lines) else _DEFAULT


def apt_files() -> dict[str, bytes]:
    """What goes over /etc/apt in our base: sources, options and, for https sources alone, the CA bundle."""
    lines, options = sources(), [line for line in _apt_configuration() if _OPTIONS.match(line)]
    files = {}
    if any("https://" in line for line in lines):
        files["apt/agno-ha-ca.crt"] = ca_bundle()
        options.append('Acquire::https::CAInfo "/etc/apt/agno-ha-ca.crt";')
    files["apt/sources.list.d/agno-ha.list"] = _text(lines)
    files["apt/apt.conf.d/90agno-ha"] = _text(options)
    return files


def proxies() -> dict[str, str]:
    """Proxy settings as build arguments: the environment's, else apt's."""
    found = {match[1]: match[2] for line in _apt_configuration() if (match := _PROXY.match(line))}
    found |= {scheme: url for scheme, url in getproxies().items() if scheme in {"http", "https", "no"}}
    found = {scheme: url for scheme, url in found.items() if url != "DIRECT"}
    return {
        name: url for scheme, url in found.items() for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    }


def ca_bundle() -> bytes:
    """The certificates that this machine trusts, as PEM; empty when there are none."""
    paths = [os.environ.get("SSL_CERT_FILE"), *_CA_BUNDLES, ssl.get_default_verify_paths().cafile]
    return next((Path(path).read_bytes() for path in paths if path and Path(path).is_file()), b"")


def import_base(client: docker.DockerClient, tag: str, progress: Callable[[str], None]) -> None:
    """Make a Debian 12 base with mmdebstrap and import it as `tag`.

    Raises:
        MissingPackageError: mmdebstrap is not installed.
        ImageError: it failed.
    """
    if shutil.which("mmdebstrap") is None:
        raise MissingPackageError(tag, "mmdebstrap")
    command = ["mmdebstrap", "--variant=minbase", "--format=tar"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    command += [
        f"--dpkgopt=path-include=/usr/share/{name}" for name in ("doc/*/copyright", "locale/locale.alias")
    ]
    # Without it apt chooses `usrmerge`, and with it the whole of Perl.
    command += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged"]
    command += [f"--keyring={_KEYRING}"] if _KEYRING.exists() else []
    command += [f"--aptopt={line.rstrip(';')}" for line in _apt_configuration() if _OPTIONS.match(line)]
    command += [SUITE, "-", *sources()]
    environment = {**os.environ, **proxies()}
    with tempfile.TemporaryFile() as archive:
        lines = []
        with subprocess.Popen(
            command, stdout=archive, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            for line in process.stderr or []:
                lines.append(line.rstrip())
                if line.startswith("I: "):
                    progress(f"base: {line[3:].strip()}")
        if process.returncode != 0:
            raise ImageError(
                tag, "mmdebstrap failed: " + " | ".join(lines[-5:]), "Make Debian's packages reachable"
            )
        archive.seek(0)
        repository, _, version = tag.partition(":")
        client.api.import_image_from_data(archive, repository, version, changes=['CMD ["bash"]'])


def _lines(text: str) -> Iterator[tuple[str, str, list[str], str]]:
    for match in re.finditer(r"^deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s+(.*)$", text, re.MULTILINE):
        key = re.search(r"signed-by=(\S+)", match[1] or "")
        yield match[2], match[3], match[4].split(), key[1] if key else ""


def _stanzas(text: str) -> Iterator[tuple[str, str, list[str], str]]:
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", text):
        fields = {
            name.lower(): value
            for name, value in re.findall(r"^(\S+?):((?:.*)(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        }
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").strip() != "no":
            for uri in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield (
                        uri,
                        suite,
                        fields.get("components", "").split(),
                        fields.get("signed-by", "").strip(),
                    )


def _apt_configuration() -> list[str]:
    if shutil.which("apt-config") is None:
        return []
    return subprocess.run(
        ["apt-config", "dump"], capture_output=True, text=True, check=False
    ).stdout.splitlines()


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
