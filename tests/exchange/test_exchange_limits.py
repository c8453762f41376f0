"""The rules a client is held to, in session time."""

from __future__ import annotations

from trading.exchange.limits import ClientRules, RateLimit

S = 1_000_000_000
MS = 1_000_000


def test_a_limit_counts_any_second() -> None:
    """The window slides: it is not the calendar's second."""
    limit = RateLimit(2)

    assert limit.allows(900 * MS)
    assert limit.allows(1_100 * MS)
    assert not limit.allows(1_800 * MS)
    assert limit.allows(1_900 * MS)


def rules() -> ClientRules:
    """Return the rules of a socket opened at 0."""
    return ClientRules(0, idle_drop_s=60.0)


def test_silence_ends_the_connection() -> None:
    """Sixty seconds after the last frame, data flowing or not."""
    one = rules()
    one.hear(10 * S, is_protocol_ping=False)

    assert one.verdict(70 * S) is None
    assert "silent for too long" == one.verdict(70 * S + 1)


def test_the_sixth_message_of_a_second_ends_it() -> None:
    """Protocol pings count like messages."""
    one = rules()
    for number in range(5):
        one.hear(number * 100 * MS, is_protocol_ping=number == 3)

    assert one.verdict(500 * MS) is None

    one.hear(600 * MS, is_protocol_ping=True)

    assert "more than 5 messages in a second" == one.verdict(600 * MS)


def test_a_protocol_ping_first_is_fatal_a_second_and_a_half_later() -> None:
    """After a message a protocol ping is harmless."""
    trapped, careful = rules(), rules()
    trapped.hear(0, is_protocol_ping=True)
    careful.hear(0, is_protocol_ping=False)
    careful.hear(1, is_protocol_ping=True)

    assert trapped.verdict(1_499 * MS) is None
    assert "a protocol ping came first" == trapped.verdict(1_500 * MS)
    assert careful.verdict(10 * S) is None


def test_what_came_while_the_exchange_was_late_is_forgiven() -> None:
    """A burst that waited in the kernel, or a silence nobody listened to, proves nothing."""
    one = rules()
    for _ in range(20):
        one.hear(100 * S, is_protocol_ping=False)
    one.forgive(200 * S)

    assert one.verdict(200 * S) is None
    assert one.verdict(260 * S) is None
