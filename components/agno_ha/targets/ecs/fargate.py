"""The sizes that Fargate has."""

from __future__ import annotations

from agno_ha.topology.units import GiB, MiB, size_text

_STEPS = {
    0.25: (512 * MiB, 1 * GiB, 2 * GiB),
    0.5: tuple(n * GiB for n in range(1, 5)),
    1.0: tuple(n * GiB for n in range(2, 9)),
    2.0: tuple(n * GiB for n in range(4, 17)),
    4.0: tuple(n * GiB for n in range(8, 31)),
    8.0: tuple(n * GiB for n in range(16, 61, 4)),
    16.0: tuple(n * GiB for n in range(32, 121, 8)),
}
"""Cores → memory of a task."""


def fits(cpu: float, memory: int) -> bool:
    """Whether Fargate has this pair.

    >>> fits(1.0, 2 * GiB), fits(1.0, 512 * MiB)
    (True, False)
    """
    return memory in _STEPS.get(cpu, ())


def nearest(cpu: float, memory: int) -> tuple[float, int] | None:
    """Return the smallest pair that holds both; None where Fargate has none.

    >>> nearest(1.0, 512 * MiB) == (1.0, 2 * GiB), nearest(0.3, 3 * GiB) == (0.5, 3 * GiB), nearest(17, GiB)
    (True, True, None)
    """
    pairs = ((cores, size) for cores, sizes in _STEPS.items() for size in sizes)
    return next(((cores, size) for cores, size in pairs if cores >= cpu and size >= memory), None)


def text(cpu: float, memory: int) -> str:
    """Return a pair as it is shown.

    >>> text(0.25, 512 * MiB)
    '0.25 and 512MiB'
    """
    return f"{cpu:g} and {size_text(memory)}"
