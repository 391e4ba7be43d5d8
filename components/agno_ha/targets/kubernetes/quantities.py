"""Numbers as Kubernetes writes them back: another form of the same would show as a change for ever."""

from __future__ import annotations

from math import ceil

_BINARY = {"Ti": 1024**4, "Gi": 1024**3, "Mi": 1024**2, "Ki": 1024}
_DECIMAL = {"T": 10**12, "G": 10**9, "M": 10**6, "k": 1000}


def cores(number: float) -> str:
    """Return processor cores.

    >>> cores(1.0), cores(0.5), cores(1.25)
    ('1', '500m', '1250m')
    """
    return decimal(number)


def decimal(number: float) -> str:
    """Return a number to the thousandth.

    >>> decimal(20.0), decimal(0.1)
    ('20', '100m')
    """
    thousandths = round(number * 1000)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def size(number: int) -> str:
    """Return bytes.

    >>> size(512 * 1024**2), size(1024**3), size(1_500_000_000), size(1001)
    ('512Mi', '1Gi', '1500M', '1001')
    """
    for suffix, unit in (_BINARY if number % 1024 == 0 else _DECIMAL).items():
        if number % unit == 0:
            return f"{number // unit}{suffix}"
    return str(number)


def seconds(number: float, least: int = 1) -> int:
    """Return whole seconds, rounded up: Kubernetes knows no others.

    >>> seconds(0.5), seconds(90.0), seconds(0, least=0)
    (1, 90, 0)
    """
    return max(least, ceil(number))


def literal(text: str) -> str:
    """Return a text that Kubernetes leaves as it is: it expands `$(NAME)` in arguments and environment.

    >>> literal("cost $(HOME) $$")
    'cost $$(HOME) $$$$'
    """
    return text.replace("$", "$$")
