"""What the component refuses before it registers anything."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest
from agno_ha.configuration import ConfigurationError
from agno_ha.service import AgnoService
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology

NAMED = Topology.model_validate({
    "app": {"secrets": {"OPENAI_API_KEY": "openaiKey", "OTHER": "other"}},
    "postgres": {"password": "databasePassword"},
})  # fmt: skip
MISSING = "names a secret that AgnoService is not given. Give its value in `secrets`, under the key that stands there."


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def register(*_: object, **__: object) -> None:
        pytest.fail("the component was registered")

    monkeypatch.setattr(pulumi.ComponentResource, "__init__", register)


def test_every_secret_that_is_named_and_not_given() -> None:
    with pytest.raises(ConfigurationError) as caught:
        AgnoService("agno", NAMED, target="docker", secrets={"other": "x"})  # type: ignore[dict-item]
    assert str(caught.value).splitlines() == [
        f"topology.app.secrets.OPENAI_API_KEY: {MISSING}",
        f"topology.postgres.password: {MISSING}",
    ]


def test_an_existing_secret_holds_them() -> None:
    settings = KubernetesSettings.model_validate({"existingSecret": "agno"})
    with pytest.raises(ConfigurationError) as caught:
        AgnoService("agno", NAMED, target="kubernetes", settings=settings)
    assert [problem.path for problem in caught.value.problems] == ["agno-ha:kubernetes.images.app"]


def test_a_name_that_can_be_no_namespace_beside_everything_else() -> None:
    with pytest.raises(ConfigurationError) as caught:
        AgnoService("agno", NAMED, target="kubernetes", settings=KubernetesSettings(), namespace="My_App-dev")
    assert [problem.path for problem in caught.value.problems] == [
        "agno-ha:kubernetes.images.app",
        "agno-ha:kubernetes.namespace",
        "topology.app.secrets.OPENAI_API_KEY",
        "topology.app.secrets.OTHER",
        "topology.postgres.password",
    ]
    assert str(caught.value.problems[1]) == (
        "agno-ha:kubernetes.namespace = My_App-dev (default): must be a DNS label."
        " Set it to up to 63 lower-case letters, digits and -, no - first or last."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "can't be read (No such file or directory)"), ("hello", "holds no certificate")],
)
def test_a_certificate_that_is_none(text: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "tls.pem"
    if text is not None:
        file.write_text(text)
    tls = {"mode": "provided", "certificate": str(file), "privateKey": "tlsKey"}
    topology = Topology.model_validate({"loadBalancer": {"tls": tls}})
    with pytest.raises(ConfigurationError) as caught:
        AgnoService("agno", topology, target="docker")
    assert str(caught.value).splitlines() == [
        f"topology.loadBalancer.tls.certificate = {file}: {message}. Name a PEM file with the certificate and what "
        "signed it, from the project's directory.",
        f"topology.loadBalancer.tls.privateKey: {MISSING}",
    ]
