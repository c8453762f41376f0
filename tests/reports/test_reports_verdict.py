"""The verdict: the first words of a report, for every way a session can go."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.findings import find
from reports.fold import fold_session
from reports.tape.read import read_tape
from reports.verdict import Judgement, judge, why_no_trades
from tests.support import told_scenarios
from tests.support.told_session import Teller
from trading.journal.store import JournalReader
from trading.model.orders import OrderRole, Side

Write = Callable[[Path], Path]
MINUS = "\N{MINUS SIGN}"


def judged(write: Write, tmp_path: Path, replay: str = "") -> Judgement:
    """Write a journal and judge it."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        story = fold_session(reader)
        return judge(story, find(story, read_tape(reader)), replay)


def test_a_good_session_is_said_in_four_sentences(tmp_path: Path) -> None:
    """Result, ending, data and proof, and that it is too little to judge; nothing to look at."""
    judgement = judged(told_scenarios.one_trade, tmp_path, "identical: 12 records, digest ab")

    assert (
        f"{MINUS}0.39 USDT net ({MINUS}0.0039%) over 1 closed round trip in 10 min, too few to "
        "tell skill from luck. It ran to its end (deadline). Market data was fresh 99.8% of the "
        "time. Replay: identical."
    ) == judgement.sentence
    assert judgement.is_calm
    assert "identical" == judgement.replay_word


def test_what_nobody_verified_is_not_called_verified(tmp_path: Path) -> None:
    """Without a word about the replay the report says so."""
    judgement = judged(told_scenarios.one_trade, tmp_path)

    assert "not verified" == judgement.replay_word
    assert judgement.sentence.endswith("Replay: not verified.")


def test_a_replay_that_differs_is_an_alarm(tmp_path: Path) -> None:
    """It stands before the result and among the concerns."""
    judgement = judged(told_scenarios.one_trade, tmp_path, "DIFFERENT: record 7")

    assert judgement.sentence.startswith("Running the journal again gave something else")
    assert not judgement.is_calm


def test_money_that_does_not_add_up_comes_first(tmp_path: Path) -> None:
    """No result is told before the warning."""
    judgement = judged(told_scenarios.broken, tmp_path, "identical")

    assert judgement.sentence.startswith("The money does not add up: do not trust this result.")
    assert not judgement.is_calm


@pytest.mark.parametrize(
    ("write", "words", "concerns"),
    [
        (
            told_scenarios.crash,
            (
                "No ending was written: it crashed or was still running; numbers as of "
                "2026-11-21 04:01:30 UTC."
            ),
            (
                "It crashed or was still running.",
                f"A position is still open: {MINUS}0.1 BTCUSDT.",
            ),
        ),
        (
            told_scenarios.killed,
            "It was killed (by operator: seen enough).",
            ("It was killed.", "Market data was fresh only 86.0% of the time."),
        ),
        (
            told_scenarios.resumed,
            "not all of it can be trusted (deadline; a gap in the bars).",
            (
                "It ran to its end, but not all of it can be trusted.",
                "The process was replaced 1 time; it did not hear all of the market.",
                "Market data was fresh only 89.8% of the time.",
                "1 gap in the bars.",
            ),
        ),
        (
            told_scenarios.funded,
            "1 funding settlements still owed",
            (
                "It ran to its end, but not all of it can be trusted.",
                "1 funding settlement still owed.",
            ),
        ),
        (told_scenarios.carried, "It ran to its end (deadline).", ()),
        (told_scenarios.no_trades, "nothing was traded in 10 min.", ()),
    ],
)
def test_every_ending_is_said_with_its_concerns(
    tmp_path: Path, write: Write, words: str, concerns: tuple[str, ...]
) -> None:
    """The sentence names how it ended; the concerns are what a person should look at."""
    judgement = judged(write, tmp_path, "identical")

    assert words in judgement.sentence
    assert concerns == judgement.concerns


def test_an_unknown_result_is_called_unknown(tmp_path: Path) -> None:
    """A position nobody priced gives no net result."""
    sentence = judged(told_scenarios.crash_unmarked, tmp_path).sentence

    assert f"Result unknown: a position is open without a price (wallet {MINUS}5.19" in sentence


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (told_scenarios.one_trade, ""),
        (
            told_scenarios.no_trades,
            (
                "Every entry it wanted (2) was refused, most often by the rule warm_up (3 of 51 "
                "contiguous bars; entries open again when the reason is gone)."
            ),
        ),
        (
            told_scenarios.rejected,
            "2 entry orders went out; the venue rejected with 30015: under the band.",
        ),
        (told_scenarios.opening_only, "No bar closed during the session."),
    ],
)
def test_a_session_without_trades_says_why(tmp_path: Path, write: Write, why: str) -> None:
    """The narrowest place of the funnel is named in words."""
    with JournalReader(write(tmp_path / "journal.db")) as reader:
        assert why == why_no_trades(fold_session(reader))


def test_enough_round_trips_are_weighed(tmp_path: Path) -> None:
    """With thirty round trips the sentence bounds their mean and says what luck would give."""
    teller = Teller(tmp_path / "journal.db")
    teller.start()
    for number in range(30):
        teller.enter(10 * number + 1, Side.BUY, "86500.0", "0.1", stop="86400.0")
        teller.leave(10 * number + 6, f"{86_500 + 40 * (number % 7)}.0", OrderRole.EXIT, "exit")
    teller.end(600)
    told = judged(lambda _: teller.close(), tmp_path).sentence

    assert "too few" not in told
    assert "A round trip made " in told
    assert "(90% interval); without any edge, luck gives as much in " in told
