from __future__ import annotations

import pytest
from agno_ha.topology.units import TiB, duration_text, parse_duration, parse_size, size_text
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError


@given(st.integers(0, 1000 * TiB))
def test_a_size_survives_its_text(size: int) -> None:
    assert parse_size(size_text(size)) == size


@given(st.integers(0, 10**11))
def test_a_duration_survives_its_text_to_the_millisecond(milliseconds: int) -> None:
    assert round(parse_duration(duration_text(milliseconds / 1000)) * 1000) == milliseconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0),
        ("1KiB", 1024),
        ("1kB", 1000),
        ("512MiB", 512 * 1024**2),
        ("512 MB", 512 * 10**6),
        ("1.5GiB", 3 * 1024**3 // 2),
        ("2GB", 2 * 10**9),
        ("1TiB", 1024**4),
        ("1TB", 10**12),
        (4096, 4096),
        (4096.0, 4096),
    ],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30.0),
        ("500ms", 0.5),
        ("5m", 300.0),
        ("1h", 3600.0),
        ("7d", 604800.0),
        ("1.5 s", 1.5),
        ("0s", 0.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "512", "512mib", "MiB", "-1MiB", "1e3MiB", "1MiB\n", "٣MiB", True, None, 1.5, [], {}]
)
def test_no_sizes(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="must be a size"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "30", "30 seconds", "-1s", "1h30m", "1s\n", 30, 30.0, True, None, []])
def test_no_durations(text: object) -> None:
    with pytest.raises(PydanticCustomError, match="must be a duration"):
        parse_duration(text)
