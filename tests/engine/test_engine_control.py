"""Control words: each takes effect at once, is journalled, and never disarms an exit."""

from decimal import Decimal

from tests.support.market import control, ns
from tests.support.run import Run, setup_of
from trading.model.events import (
    ControlApplied,
    ControlWord,
    EntriesResumed,
    EntriesSuspended,
    EquityMarked,
    IntentRaised,
    IntentRefused,
    SessionEnding,
    SessionResumed,
)

D = Decimal


def scripted(script: str) -> Run:
    """Return a session after a second of data, at the third call to its strategy."""
    run = Run(setup_of(strategy="ScriptedOnTrades", parameters={"script": script}))
    run.connect()
    run.feed(0, 1_000)
    return run


def refusals(run: Run) -> list[str]:
    """Return the rules that refused."""
    return [each.rule for each in run.all(IntentRefused)]


def test_every_word_is_journalled_with_who_and_why() -> None:
    """Who said what, and why, stands in the record before its effect."""
    for word in ControlWord:
        run = scripted("")
        out = run.step(control(word, 1_050, why="a test"))
        applied = next(each for each in out if not isinstance(each, EquityMarked))

        assert isinstance(applied, ControlApplied)
        assert (word, "tester", "a test") == (applied.word, applied.who, applied.why)


def test_pause_takes_no_entry_until_resume() -> None:
    """Entries are refused with the reason; resume lets them through again."""
    run = scripted("3 buy 49500; 4 buy 49500")
    paused = run.step(control(ControlWord.PAUSE, 1_100))
    run.feed(1_500, 2_000)
    assert (["paused"], D(0)) == (refusals(run), run.quantity)
    assert ["BTCUSDT paused: by tester: a test"] == [
        each.reason for each in paused if isinstance(each, EntriesSuspended)
    ]

    resumed = run.step(control(ControlWord.RESUME, 2_050))
    assert 1 == len([each for each in resumed if isinstance(each, EntriesResumed)])
    run.feed(2_500, 4_000)
    assert ["entry"] == run.roles()


def test_pause_leaves_exits_armed() -> None:
    """The stop works, and the strategy may leave."""
    stopped, left = scripted("2 buy 49500"), scripted("2 buy 49500; 6 exit")
    for run in (stopped, left):
        run.feed(1_000, 2_000)
        assert run.quantity > 0
        run.step(control(ControlWord.PAUSE, 2_100))
    stopped.feed(2_500, 4_000, 49_400.0)
    left.feed(2_500, 5_000)

    assert ["entry", "stop"] == stopped.roles()
    assert ["entry", "exit"] == left.roles()


def test_a_stop_lets_no_entry_pass_any_more() -> None:
    """From the word on the strategy is not even asked."""
    run = scripted("2 buy 49500; 4 buy 49500; 5 buy 49500")
    run.feed(1_000, 1_500)
    run.step(control(ControlWord.STOP, 1_500))
    run.feed(2_000, 5_000)

    assert ["entry", "flatten"] == run.roles()
    assert (1, 1) == (len(run.all(IntentRaised)), len(run.all(SessionEnding)))


def test_flatten_closes_and_keeps_closed() -> None:
    """The position is sold, the session goes on, and entries wait for resume."""
    run = scripted("2 buy 49500; 8 buy 49500; 14 buy 49500")
    run.feed(1_000, 2_000)
    run.step(control(ControlWord.FLATTEN, 2_100))
    run.feed(2_500, 5_000)
    assert (["entry", "flatten"], D(0), ["paused"]) == (run.roles(), run.quantity, refusals(run))
    assert [] == run.all(SessionEnding)

    run.step(control(ControlWord.RESUME, 5_050))
    run.feed(5_500, 9_000)
    assert ["entry", "flatten", "entry"] == run.roles()


def test_leave_closes_everything_until_the_session_is_resumed() -> None:
    """Left is flat; a ``resume`` by word is not enough, an attempt of another process is."""
    run = scripted("2 buy 49500; 8 buy 49500; 14 buy 49500; 22 buy 49500")
    run.feed(1_000, 2_000)
    run.step(control(ControlWord.LEAVE, 2_100))
    is_left = [run.engine.is_left]
    run.feed(2_500, 5_000)
    is_left.append(run.engine.is_left)
    assert (["entry", "flatten"], D(0), ["left"]) == (run.roles(), run.quantity, refusals(run))

    run.step(control(ControlWord.RESUME, 5_050))
    run.feed(5_500, 7_000)
    assert ["entry", "flatten"] == run.roles()

    run.step(SessionResumed(ns(7_050), 2, ns(7_000)))
    is_left.append(run.engine.is_left)
    assert [False, True, False] == is_left


def test_flatten_said_twice_sends_one_order() -> None:
    """An exit under way is not repeated."""
    run = scripted("2 buy 49500")
    run.feed(1_000, 2_000)
    for at_ms in (2_100, 2_110, 2_120):
        run.step(control(ControlWord.FLATTEN, at_ms))
    run.feed(2_500, 4_000)

    assert ["entry", "flatten"] == run.roles()


def test_flatten_takes_a_waiting_entry_back() -> None:
    """A resting entry is cancelled with it."""
    run = scripted("2 buy 49500 - 49900")
    run.step(control(ControlWord.FLATTEN, 1_100))
    run.feed(1_500, 2_500)
    run.feed(2_500, 4_000, 49_800.0)

    assert ([], D(0)) == (run.roles(), run.quantity)


def test_flatten_closes_what_an_entry_under_way_still_opens() -> None:
    """The entry fills before its cancel arrives: what it opened after the word is closed too."""
    run = scripted("2 buy 49500 - 49900")
    run.feed(1_000, 2_000)
    run.step(control(ControlWord.FLATTEN, 2_100))
    run.tick(2_120, 49_800.0)
    run.feed(2_500, 5_000, 49_800.0)

    assert ["entry", "flatten"] == run.roles()
    assert D(0) == run.quantity
