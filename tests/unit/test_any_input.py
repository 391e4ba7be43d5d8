"""No input whatever ends in anything but a Topology or a ConfigurationError, and no error shows a secret."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from agno_ha.configuration import ConfigurationError, deep_merge, load, read_yaml
from agno_ha.topology import Topology
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.contract import DEFAULTS, at, leaves, sections
from unit.test_overrides import OTHER

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers().map(lambda number: number * 10**4400)  # more digits than Python turns into text
    | st.floats()
    | st.text(st.characters())  # lone surrogates too
    | st.sampled_from(
        ["512MiB", "30s", "external", "provided", "generated", "off", "tcp://me:pw@host", "1" * 5000]
    )
    | st.dates()
    | st.binary(max_size=8)
)
LEAVES = leaves(DEFAULTS)
PLACES = [*LEAVES, *sections(DEFAULTS), "app.environment.NAME", "app.secrets.NAME", "app.new", "new"]
KEYS = (
    st.sampled_from(sorted({part for path in PLACES for part in path.split(".")}))
    | st.text(st.characters(), max_size=8)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.just(datetime.date(2024, 1, 1))
)
ANYTHING = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=12,
)
ONE_PLACE = st.builds(at, st.sampled_from(PLACES), ANYTHING)
COUNTS = [
    *("scaling.min", "scaling.max", "app.workers"),
    *("postgres.pool.size", "postgres.pool.overflow", "postgres.maxConnections"),
]
# Values that are right alone, so that what is between fields, and the capacity, is reached.
PLAUSIBLE = (
    st.builds(at, st.sampled_from(COUNTS), st.integers(0, 1000))
    | st.sampled_from(
        [at(path, value) for path, value in [*OTHER.items(), *LEAVES.items()] if value is not None]
    )
    | st.builds(
        at,
        st.sampled_from([path for path, value in LEAVES.items() if str(value).endswith("iB")]),
        st.integers(1, 8192).map(lambda size: f"{size}MiB"),
    )
    | st.builds(
        at,
        st.sampled_from([path for path, value in LEAVES.items() if re.fullmatch(r"\d+[smhd]", str(value))]),
        st.integers(0, 7200).map(lambda seconds: f"{seconds}s"),
    )
)


def merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for part in parts:
        whole = deep_merge(whole, part)
    return whole


def outcome(base: Any, overrides: Any) -> Topology | ConfigurationError:
    try:
        topology = load(
            base,
            overrides,
            overrides_source="Pulumi.dev.yaml",
            surge=lambda topology: topology.scaling.max,
            target="docker",
        )
    except ConfigurationError as error:
        found = error
    else:
        return topology
    assert found.problems
    assert str(found).encode()
    assert len(str(found).splitlines()) == len(found.problems)
    return found


@given(ANYTHING, ANYTHING)
def test_anything(base: Any, overrides: Any) -> None:
    outcome(base, overrides)


@settings(max_examples=500)
@given(st.lists(ONE_PLACE, max_size=3).map(merged), st.lists(ONE_PLACE, max_size=3).map(merged))
def test_anything_at_each_place(base: Any, overrides: Any) -> None:
    outcome(base, overrides)


@settings(max_examples=500)
@given(st.lists(PLAUSIBLE, max_size=12).map(merged), st.lists(PLAUSIBLE, max_size=6).map(merged))
def test_plausible_values_together(base: Any, overrides: Any) -> None:
    found = outcome(base, overrides)
    if isinstance(found, Topology):
        assert Topology.model_validate(found.model_dump(mode="json", by_alias=True)) == found


@pytest.mark.parametrize("path", PLACES)
@settings(max_examples=20)
@given(value=ANYTHING)
def test_anything_at_this_place(path: str, value: Any) -> None:
    outcome({}, at(path, value))


TOKENS = st.sampled_from(
    [
        *(
            "a",
            "scaling",
            "max",
            ": ",
            ":",
            "\n",
            "\n  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            "&a ",
            "*a",
            "!",
            "<<",
            "? ",
        ),
        *("|", ">", "'", '"', "\\", "#", "%", "@", "`", "\t", "---", "...", "=", "~", "\ufeff", "\x07"),
        *("1", "0x", ".inf", "1e999", "2024-01-01", "0o8", "9" * 5000),
        *(
            f"!!{tag} "
            for tag in ("binary", "set", "int", "float", "timestamp", "bool", "null", "omap", "pairs")
        ),
        *(f"!!{tag} " for tag in ("str", "map", "seq", "python/object:os.system")),
    ]
)


@settings(max_examples=500)
@given(st.lists(TOKENS, max_size=25).map("".join) | st.text())
def test_any_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "topology.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        data = read_yaml(path)
    except ConfigurationError:
        return
    outcome(data, data)


SECRET = "hunter2"
SHAPES = ["{}", "{} x", "tcp://u:{}@h", "'{}", "password:{}", "-{}", "1{}", "{}\n", "{}" * 9]


def assert_unseen(data: Any) -> None:
    found = outcome({}, data)
    # A topology may hold it: as the name of a key, for all that can be told.
    if isinstance(found, ConfigurationError):
        assert SECRET not in str(found)
        assert SECRET not in repr(found.problems)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "path",
    [
        *(
            "app.secrets.NAME",
            "app.environment.NAME",
            "app.environment.API_TOKEN",
            "app.secrets",
            "app.environment",
        ),
        *("postgres.password", "redis.password", "loadBalancer.tls.privateKey", "postgres.external.host"),
        *(
            "redis.external.host",
            "app.model.baseUrl",
            "app.image",
            "app",
            "app.secret",
            "postgres",
            "postgres.pasword",
        ),
        *(
            "redis",
            "apiKey",
            "postgres.pool",
            "app.secrets.NAME.secure",
            "loadBalancer.tls",
            "redis.external",
        ),
    ],
)
def test_a_secret_is_never_shown(path: str, shape: str) -> None:
    secret = shape.replace("{}", SECRET)
    assert_unseen(at(path, secret))
    assert_unseen(at(path, [secret]))
    assert_unseen(at(path, {"secure": secret}))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ["app.secrets", "app.environment"])
@pytest.mark.parametrize("value", ["API_KEY", "two words", None, 5])
def test_a_secret_in_the_place_of_a_name_is_never_shown(path: str, shape: str, value: Any) -> None:
    name = shape.replace("{}", SECRET)
    assert_unseen({"app": {path.removeprefix("app."): {name: value}}})


@pytest.mark.parametrize("path", ["app", "postgres", "postgres.external", "redis", "loadBalancer.tls"])
def test_a_secret_without_the_space_behind_its_colon_is_never_shown(path: str) -> None:
    assert_unseen(at(path, {f"password:{SECRET}": None}))
