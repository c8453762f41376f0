"""Ages over a session: the engine's own, in every stretch the greatest."""

from array import array
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.ages import STRETCHES, Ages
from reports.figures.ages import ages_figure
from reports.session import Assessed, assess
from reports.tape.ages import Heard
from tests.support import lived_sessions, told_scenarios
from tests.support.faulty_session import FaultySession
from trading.journal.prune import prune
from trading.model.events import FeedStage, FeedStageChanged
from trading.model.numbers import NS_PER_S


@given(st.lists(st.integers(1, 99), unique=True).map(sorted), st.integers(2, 20))
def test_no_age_is_lost_between_the_edges(heard_s: list[int], count: int) -> None:
    """The greatest of a stretch is what looking at every message of it finds."""
    after_ns = NS_PER_S // 2
    at = [second * NS_PER_S for second in heard_s]
    before = [now - then + after_ns * (then > 0) for then, now in zip([0, *at], at, strict=False)]
    heard = Heard(array("q", at), array("q", before), array("q", [after_ns] * len(at)))
    edges = np.linspace(0, 100 * NS_PER_S, count + 1).astype(np.int64)
    found = heard.oldest_s(edges)

    def age_ns(now_ns: int) -> int:
        last = max((each for each in at if each < now_ns), default=0)
        return now_ns - last + after_ns * (last > 0)

    for place, (begin, end) in enumerate(pairwise(edges.tolist())):
        at_end = after_ns if end in at else age_ns(end)
        ages = [at_end, *(age_ns(each) for each in at if begin < each <= end)]

        assert max(ages) / NS_PER_S == found[place]


def assessed(path: Path, script: str) -> Assessed:
    """Live two and a half minutes under a fault script and read its journal."""
    FaultySession(script, journal=path).run()
    return assess(path, "")


def test_a_silence_is_seen_as_it_grows(tmp_path: Path) -> None:
    """A book that says nothing for 12 s is 12 s old at its end; the other channels stay young."""
    read = assessed(tmp_path / "journal.db", "connection:2+40s silence book for 12s")
    ages = read.findings.ages

    assert ages is not None
    assert {"book", "price", "candle", "trade"} == set(ages.oldest_s)
    assert STRETCHES == len(ages.ends_ns) == len(ages.oldest_s["book"])
    assert 12.0 <= max(ages.oldest_s["book"]) < 13.5
    assert max(ages.oldest_s["price"]) < 3.0
    figure = ages_figure(read.story, ages)
    assert figure is not None
    assert figure.description.startswith("At its oldest: book 12 s")
    assert ("limit", "too old to open on, 8 s") in [
        (path.style, words) for path, words in figure.legend
    ]


def test_the_ages_are_those_the_engine_judged_by(tmp_path: Path) -> None:
    """When a channel was found stale, the curve is at that age, to the length of a stretch."""
    path = tmp_path / "journal.db"
    session = FaultySession("connection:2+40s silence book for 12s", journal=path)
    outputs = session.run()
    ages = assess(path, "").findings.ages
    (stale,) = (
        each
        for each in outputs
        if isinstance(each, FeedStageChanged) and each.stage is FeedStage.STALE
    )

    assert isinstance(ages, Ages)
    place = int(np.searchsorted(ages.ends_ns, stale.at_ns))
    length_s = (ages.ends_ns[1] - ages.ends_ns[0]) / NS_PER_S
    assert 0.0 <= ages.oldest_s["book"][place] - stale.age_ms / 1_000 <= length_s + 0.1


def test_without_frames_there_is_no_age(tmp_path: Path) -> None:
    """A journal told by hand has none, and one that was pruned has none any more."""
    told = assess(told_scenarios.one_trade(tmp_path / "told.db"), "")
    path = lived_sessions.idle(tmp_path / "lived.db")
    before = assess(path, "").findings.ages
    prune(path)

    assert (told.findings.ages, ages_figure(told.story, None)) == (None, None)
    assert before is not None
    assert assess(path, "").findings.ages is None
