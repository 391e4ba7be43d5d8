"""NAME_FILE: what is loaded, what is refused, what is none of its business."""

import os
from pathlib import Path

import pytest
from agno_ha_image.environment import SecretFileError, load_secret_files


def test_a_file_sets_its_name_without_the_editors_newline(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"p@:/%'\"$ #\n\n")
    environment = {"POSTGRES_PASSWORD_FILE": str(tmp_path / "a")}
    assert load_secret_files(environment) == ["POSTGRES_PASSWORD"]
    assert environment["POSTGRES_PASSWORD"] == "p@:/%'\"$ #\n"


def test_every_unusable_secret_is_reported_at_once_and_no_content(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"hidden\0")
    (tmp_path / "large").write_bytes(b"hidden" * 20_000)
    (tmp_path / "other").write_bytes(b"hidden")
    environment = {
        "A_KEY_FILE": "/nowhere/a",
        "B_TOKEN_FILE": str(tmp_path / "binary"),
        "C_SECRET_FILE": str(tmp_path / "large"),
        "D_PASSWORD_FILE": str(tmp_path / "other"),
        "D_PASSWORD": "another",
    }
    with pytest.raises(SecretFileError) as caught:
        load_secret_files(environment)
    assert str(caught.value).splitlines() == [
        f"A_KEY_FILE = /nowhere/a: No such file or directory. Mount the secret there, readable by uid {os.getuid()}.",
        f"B_TOKEN_FILE = {tmp_path}/binary: not a secret (over 65536 bytes, or binary).",
        f"C_SECRET_FILE = {tmp_path}/large: not a secret (over 65536 bytes, or binary).",
        f"D_PASSWORD_FILE = {tmp_path}/other: D_PASSWORD is set too, to another value. Set only one of them.",
    ]


def test_variables_that_mean_a_path_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "jwks").write_text("{}")
    environment = {
        "JWT_JWKS_FILE": str(tmp_path / "jwks"),
        "NIX_SSL_CERT_FILE": "/nowhere/bundle",
        "SOME_FILE": "relative",
        "_FILE": "/x",
    }
    before = dict(environment)
    assert load_secret_files(environment) == []
    assert environment == before
