"""A fault script is read whole or refused with what was expected in its place."""

from __future__ import annotations

import pytest

from trading.errors import ConfigError
from trading.model.fault_script import FAULTS_MAX, KINDS, parse_script, to_text
from trading.model.numbers import NS_PER_S

SCRIPT = """
# one of each form
20s               deaf          for 500ms   # a comment
connection:2+10s  silence book  for 12s
connection:3      drop
request:5+1.5s slow 4s for 2m; 0s clock -5s
1m spike -150
"""


def test_a_script_says_when_what_and_how_long() -> None:
    """Times in nanoseconds; no duration means to the end."""
    deaf, silence, drop, slow, clock, spike = parse_script(SCRIPT)

    assert ("opening", 20 * NS_PER_S, "deaf", NS_PER_S // 2) == (
        deaf.event, deaf.after_ns, deaf.kind, deaf.duration_ns,
    )  # fmt: skip
    assert ("connection", 2, 10 * NS_PER_S, "book") == (
        silence.event, silence.number, silence.after_ns, silence.value,
    )  # fmt: skip
    assert (3, 0, None) == (drop.number, drop.after_ns, drop.duration_ns)
    assert ("request", 5, 4e9, 120 * NS_PER_S) == (
        slow.event, slow.number, slow.amount, slow.duration_ns,
    )  # fmt: skip
    assert (-5e9, -150.0) == (clock.amount, spike.amount)


def test_a_script_on_one_line_is_the_same_script() -> None:
    """There and back, nothing is lost; an empty one is no fault."""
    script = parse_script(SCRIPT)

    assert script == parse_script(to_text(script))
    assert () == parse_script("  # nothing\n;;")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("deaf", r"expected WHEN FAULT \[VALUE\] \[for TIME\], was 'deaf'; such as: connection:2"),
        ("soon deaf", "expected a time such as 20s, or connection:N.*was 'soon'"),
        ("-5s deaf", "expected a time, not below 0, in ms, s or m for when, was '-5s'"),
        ("1e9s deaf", "expected a time such as 20s"),
        ("999999999s deaf", "expected a time, not below 0"),
        ("connection:0 deaf", "expected a time such as 20s"),
        ("connection:2+soon deaf", "for when, was 'soon'"),
        ("5s dead", "expected one of deaf, silence, .*was 'dead'; choose a fault in '5s dead'"),
        ("5s silence", "expected a channel after silence, .*; say: connection:2.10s silence book"),
        ("5s silence books", "expected one of book, price, candle, trade, was 'books'"),
        ("5s slow 4", "in ms, s or m for slow, was '4'; such as 500ms"),
        ("5s slow -4s", "not below 0"),
        ("5s lossy nan", "expected a number from 0 to 100, was 'nan'; say: .* lossy 20 for 20s"),
        ("5s error 200", "expected a number from 400 to 599, was '200'"),
        ("5s spike much", "expected a number from -5000 to 5000"),
        ("5s drop for 3s", r"expected nothing after it \(drop\), was 'for 3s'; say: .* drop'?$"),
        ("5s deaf 3s", r"expected nothing more, or: for TIME \(deaf\), was '3s'"),
        ("5s deaf for", "expected nothing more, or: for TIME"),
        ("5s deaf for ever", "for how long deaf lasts, was 'ever'"),
        ("0s drop;" * (FAULTS_MAX + 1), f"at most {FAULTS_MAX} faults"),
    ],
)
def test_a_bad_line_is_named_with_what_was_expected(text: str, complaint: str) -> None:
    """Field, value, expectation and remedy."""
    with pytest.raises(ConfigError, match=rf"^faults: .*{complaint}"):
        parse_script(text)


@pytest.mark.parametrize("name", KINDS)
def test_the_remedy_of_every_fault_is_a_line_that_can_be_read(name: str) -> None:
    """What an error tells to say is right."""
    with pytest.raises(ConfigError) as caught:
        parse_script(f"0s {name} x y z for ever and ever")
    said = caught.value.remedy.partition("say: ")[2]

    if said:
        assert name == parse_script(said)[0].kind
