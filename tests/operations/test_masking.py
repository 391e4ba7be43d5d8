"""Known secrets stand in nothing that is kept or shown, however they are written."""

import json
from urllib.parse import quote

import pytest
from agno_ha.operations.masking import SECRET, Mask, secrets_of
from pulumi.automation import OutputValue

PASSWORD = "p@:/%'\"$ #\\ü-never-plain"


@pytest.mark.parametrize(
    "written", [PASSWORD, json.dumps(PASSWORD), quote(PASSWORD, safe=""), f"x{PASSWORD}y"]
)
def test_a_secret_is_replaced_however_it_is_written(written: str) -> None:
    mask = Mask()
    mask.learn([PASSWORD])
    masked = mask(f"postgres://agno:{written}@db failed")
    assert SECRET in masked
    assert "never-plain" not in masked


def test_each_line_of_a_key_is_a_secret() -> None:
    mask = Mask()
    mask.learn(["-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"])
    assert mask("tls: kqhkiG9w0BAQEF is no key") == f"tls: {SECRET} is no key"


def test_a_secret_within_another_leaves_nothing_of_the_longer_one() -> None:
    mask = Mask()
    mask.learn(["secret-one", "secret-one-and-more"])
    assert mask("secret-one-and-more") == SECRET


def test_short_words_stay() -> None:
    mask = Mask()
    mask.learn(["true", "", "    "])
    assert mask("it is true that nothing changed") == "it is true that nothing changed"


def test_the_environments_passwords_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "abc/efghij")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/some/where")
    monkeypatch.setenv("AGNO_HA_DATABASE_URL", "postgresql://agno:p%40ssword@db/agno")
    masked = Mask()("correct horse abc/efghij /some/where p%40ssword p@ssword db/agno")
    assert masked == f"{SECRET} {SECRET} /some/where {SECRET} {SECRET} db/agno"


def test_secret_outputs_are_only_named() -> None:
    mask = Mask()
    mask.learn(["sk-123456"])
    outputs = {"key": OutputValue("abc", True), "url": OutputValue("http://x?k=sk-123456", False),
               "facts": OutputValue({"min": 2, "list": ["sk-123456"]}, False)}  # fmt: skip
    shown = {"key": SECRET, "url": f"http://x?k={SECRET}", "facts": {"min": 2, "list": [SECRET]}}
    assert mask.outputs(outputs) == shown


def test_the_secrets_of_a_state_are_found_in_all_depths() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    state = {
        "resources": [
            {"outputs": {"result": {**secret, "plaintext": '"one-secret"'}, "name": "plain"}},
            {"inputs": {"data": [{**secret, "plaintext": '{"a": ["two-secret", 3]}'}]}},
        ]
    }
    assert set(secrets_of(state)) == {"one-secret", "two-secret"}
