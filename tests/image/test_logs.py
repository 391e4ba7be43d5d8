"""What stands in for stderr: one event for what was printed, and no end of logging for a library's odd call."""

import io
import logging

import click
import pytest
from agno_ha_image.logs import _LogStream


def test_bytes_are_refused_as_a_text_stream_does_and_later_text_is_still_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = _LogStream(io.StringIO())
    with pytest.raises(TypeError, match="must be str, not bytes"):
        stream.write(b"")  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING, "stderr"):
        click.echo("printed", file=stream)
        stream.flush()
    assert [record.getMessage() for record in caplog.records] == ["printed"]


def test_what_can_not_be_joined_is_lost_alone(caplog: pytest.LogCaptureFixture) -> None:
    stream = _LogStream(io.StringIO())
    stream._parts = [b""]  # type: ignore[list-item]
    with pytest.raises(TypeError):
        stream.flush()
    stream.write("printed")
    stream.flush()
    assert [record.getMessage() for record in caplog.records] == ["printed"]
