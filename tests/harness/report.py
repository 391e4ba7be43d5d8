"""What a failed test tells beside its own failure; a conftest takes the hook in by importing it."""

from collections.abc import Generator

import pytest

from harness.service import Service

__all__ = ["pytest_runtest_makereport"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells what the stack itself saw."""
    report = yield
    if report.failed and call.when == "call":
        for made in item.funcargs.values():
            if isinstance(made, Service):
                report.sections.append((f"troubles of {made.namespace}", made.troubles(call.start)))
    return report
