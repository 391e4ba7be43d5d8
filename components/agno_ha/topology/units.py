"""Sizes and durations as people write them: `512MiB`, `30s`.

A size is an int of bytes in Python, a duration a float of seconds.

>>> parse_size("512MiB"), parse_size("1.5GiB"), parse_size(4096)
(536870912, 1610612736, 4096)
>>> parse_duration("90s"), parse_duration("500ms"), parse_duration("7d")
(90.0, 0.5, 604800.0)
>>> size_text(512 * MiB), duration_text(0.5), duration_text(3600.0)
('512MiB', '500ms', '1h')
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from agno_ha.topology.base import invalid

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB
TiB = 1024 * GiB
MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_BINARY = {"TiB": TiB, "GiB": GiB, "MiB": MiB, "KiB": KiB, "B": 1}
_SIZES = _BINARY | {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3}
_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_NUMBER = r"[0-9]{1,18}(\.[0-9]{1,6})?"
SIZE_PATTERN = rf"^{_NUMBER} ?({'|'.join(_SIZES)})$"
DURATION_PATTERN = rf"^{_NUMBER} ?({'|'.join(_MILLISECONDS)})$"


def parse_size(value: Any) -> int:
    """Bytes of `512MiB` (KiB, MiB, GiB, TiB, kB, MB, GB, TB, B) or of a whole number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(SIZE_PATTERN[1:-1], value):
        return int(_scaled(value, _SIZES))
    raise invalid(
        "must be a size", "Write a number and a unit (KiB, MiB, GiB, TiB, kB, MB, GB), such as 512MiB"
    )


def size_text(size: int) -> str:
    """The shortest exact text of a size; `parse_size` reads it back."""
    unit = next(unit for unit, factor in _BINARY.items() if size % factor == 0)
    return f"{size // _BINARY[unit]}{unit}" if size else "0B"


def mib_text(size: int) -> str:
    """The text of a size rounded up to whole MiB, for those who read it.

    >>> mib_text(357913942)
    '342MiB'
    """
    return size_text(-(-size // MiB) * MiB)


def parse_duration(value: Any) -> float:
    """Seconds of `30s`, `500ms`, `5m`, `1h` or `7d`; a bare number is refused, it does not say its unit."""
    if isinstance(value, str) and re.fullmatch(DURATION_PATTERN[1:-1], value):
        return int(_scaled(value, _MILLISECONDS)) / 1000
    raise invalid("must be a duration", "Write a number and a unit (ms, s, m, h, d), such as 30s")


def duration_text(seconds: float) -> str:
    """The shortest exact text of a duration, to the millisecond; `parse_duration` reads it back."""
    milliseconds = round(seconds * 1000)
    unit = next(unit for unit, factor in _MILLISECONDS.items() if milliseconds % factor == 0)
    return f"{milliseconds // _MILLISECONDS[unit]}{unit}" if milliseconds else "0s"


def _scaled(text: str, units: dict[str, int]) -> Decimal:
    number = re.match(_NUMBER, text)
    assert number is not None  # noqa: S101 (the pattern matched)
    return Decimal(number[0]) * units[text[number.end() :].strip()]


Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(size_text, return_type=str, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": SIZE_PATTERN}, {"type": "integer"}]}),
]
"""Bytes."""

Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
"""Seconds."""
