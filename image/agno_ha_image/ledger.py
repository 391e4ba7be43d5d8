"""What the stores did not take: agno logs a storage error and goes on (agno#7879), so it is written down here.

Two records, because a run may execute far from the request that started it:

- `observed`: store errors seen while serving one request (also those that agno swallows). A list in a context
  variable, so that every task of the request appends to the same one.
- `unstored`: ids of runs and sessions of this process whose last write failed, until one succeeds.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_MAX_UNSTORED = 10_000
_observed: ContextVar[list[str] | None] = ContextVar("observed_store_errors", default=None)


class StoreUnavailable(Exception):  # noqa: N818 (reads as the state that it reports)
    """A store could not answer; the request must end in 503, not in an empty result."""


@contextmanager
def observing() -> Iterator[list[str]]:
    """Collect the store errors seen inside, in this task and in those it starts; nested ones reach outer lists."""
    outer = _observed.get()
    seen: list[str] = []
    token = _observed.set(seen)
    try:
        yield seen
    finally:
        _observed.reset(token)
        if outer is not None:
            outer.extend(seen)


def observe(store: str, error: BaseException) -> None:
    """Note a store error for the request that this task serves, if it serves one."""
    seen = _observed.get()
    if seen is not None:
        seen.append(f"{store}: {type(error).__name__}")


class Unstored:
    """Ids (run or session) whose last write failed. Bounded: the oldest are forgotten first."""

    def __init__(self) -> None:
        self._reasons: OrderedDict[str, str] = OrderedDict()

    def failed(self, identifier: str | None, error: BaseException) -> None:
        """The last write of this id failed."""
        if identifier:
            self._reasons[identifier] = type(error).__name__
            while len(self._reasons) > _MAX_UNSTORED:
                self._reasons.popitem(last=False)

    def stored(self, identifier: str | None) -> None:
        """The last write of this id succeeded."""
        if identifier:
            self._reasons.pop(identifier, None)

    def holds(self, *identifiers: object) -> bool:
        """Whether any of these ids has an unstored write."""
        return any(identifier in self._reasons for identifier in identifiers)


unstored = Unstored()
