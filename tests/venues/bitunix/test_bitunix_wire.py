"""The small words the shapes share."""

from __future__ import annotations

import pytest

from trading.venues.bitunix.wire import ENVELOPE, bounded, is_html


def test_text_of_the_venue_is_one_short_printable_line() -> None:
    """Whatever it wrote can be shown in a log or a page's table."""
    assert "a b c" == bounded("a\n b\x1bc")
    assert "x" * 157 + "..." == bounded("x" * 10_000)
    assert "" == bounded("\n\t ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"<html>", True), (b"\r\n  <!DOCTYPE", True), (b'{"a":"<b>"}', False), (b"", False)],
)
def test_a_page_is_told_from_json(body: bytes, *, expected: bool) -> None:
    """Only the first character counts."""
    assert expected is is_html(body)


def test_an_envelope_is_read_whatever_its_order_and_types() -> None:
    """Key order varies, and a code in quotes is a code."""
    envelope = ENVELOPE.decode(b'{"msg":null,"data":[1],"code":"0"}')

    assert (0, b"[1]", None) == (envelope.code, bytes(envelope.data), envelope.msg)
