"""Ages in the exchange's time: what is old looks old, and a wrong clock does no harm."""

import pytest

from tests.support.market import SYMBOL, T0_NS, ns
from trading.config import FeedConfig
from trading.market.feed_health import FeedHealth
from trading.model.events import Channel, FeedStage, FeedStageChanged, Output

BOOK, PRICE, TRADE = Channel.BOOK, Channel.PRICE, Channel.TRADE
CONFIG = FeedConfig(stale_s=8, reconnect_s=18, stop_s=60, trade_patience=4)


class Ears:
    """A health, heard and checked in milliseconds of the local clock."""

    def __init__(self, *channels: Channel, clock_error_ms: float = 0) -> None:
        """Listen to channels with a local clock that is wrong by so much."""
        self.error_ms = clock_error_ms
        start_ns = ns(clock_error_ms)
        self.health = FeedHealth(SYMBOL, channels or (BOOK,), CONFIG, start_ns)
        self.out: list[Output] = []

    def hear(self, at_ms: float, *, delay_ms: float = 40, channel: Channel = BOOK) -> bool:
        """Hear a message stamped then, received so much later."""
        return self.health.heard(channel, ns(at_ms), ns(at_ms + delay_ms + self.error_ms))

    def stage(self, at_ms: float, channel: Channel = BOOK) -> FeedStage:
        """Check at a true time and return a channel's stage."""
        self.health.check(ns(at_ms + self.error_ms), self.out)
        return self.health.stages[channel]


def test_a_channel_waits_then_is_fresh_then_ages() -> None:
    """Waiting until heard, fresh below 8 s, stale below 18 s, dead from there; told once each."""
    ears = Ears()
    stages = [ears.stage(0)]
    ears.hear(100)
    stages += [ears.stage(at_ms) for at_ms in (200, 8_139, 8_140, 18_139, 18_140, 60_000)]

    assert ["waiting", "fresh", "fresh", "stale", "stale", "dead", "dead"] == stages
    assert [("fresh", 60), ("stale", 8_000), ("dead", 18_000)] == [
        (each.stage, each.age_ms) for each in ears.out if isinstance(each, FeedStageChanged)
    ]


def test_a_message_makes_a_channel_fresh_again() -> None:
    """Only a message does: from stale and from dead."""
    ears = Ears()
    ears.hear(0)
    assert FeedStage.DEAD == ears.stage(30_000)

    ears.hear(30_100)

    assert FeedStage.FRESH == ears.stage(30_200)


def test_a_channel_that_never_spoke_grows_old_from_the_start() -> None:
    """Before its first message a channel is as old as the session; it dies like any other."""
    ears = Ears(BOOK, PRICE)
    ears.hear(0)
    ears.hear(17_000)

    assert FeedStage.WAITING == ears.stage(17_999, PRICE)
    assert FeedStage.DEAD == ears.stage(18_000, PRICE)
    assert FeedStage.FRESH == ears.stage(18_000, BOOK)


def test_one_live_channel_hides_no_dead_one() -> None:
    """Each channel has an age of its own."""
    ears = Ears(BOOK, PRICE)
    ears.hear(0)
    ears.hear(0, channel=PRICE)
    for at_ms in range(500, 60_001, 500):
        ears.hear(at_ms)

    assert FeedStage.DEAD == ears.stage(60_000, PRICE)
    assert FeedStage.FRESH == ears.stage(60_000)
    assert (PRICE,) == ears.health.dead()
    assert () == ears.health.hopeless(ns(59_999))
    assert (PRICE,) == ears.health.hopeless(ns(60_040))
    assert ("price: dead",) == ears.health.unfresh()


def test_trades_are_given_more_patience() -> None:
    """The trade channel speaks only when somebody trades: its limits are four times longer."""
    ears = Ears(TRADE)
    ears.hear(0, delay_ms=0, channel=TRADE)

    stages = [ears.stage(at_ms, TRADE) for at_ms in (31_999, 32_000, 71_999, 72_000)]

    assert ["fresh", "stale", "stale", "dead"] == stages
    assert () == ears.health.hopeless(ns(239_999))
    assert (TRADE,) == ears.health.hopeless(ns(240_000))


@pytest.mark.parametrize("error_ms", [-90_000.0, -1_500.0, 0.0, 1_500.0, 3_600_000.0])
def test_a_wrong_local_clock_does_no_harm(error_ms: float) -> None:
    """An hour fast or a minute slow: the stages come at the same true instants."""
    ears = Ears(clock_error_ms=error_ms)
    ears.hear(0)

    stages = [ears.stage(at_ms) for at_ms in (100, 8_039, 8_040, 18_039, 18_040)]

    assert ["fresh", "fresh", "stale", "stale", "dead"] == stages


def test_a_replay_of_old_messages_looks_as_old_as_it_is() -> None:
    """Messages that come in time but are stamped long ago do not keep a channel fresh."""
    ears = Ears()
    ears.hear(0)
    for second in range(1, 31):
        ears.hear(second * 100, delay_ms=second * 900 + 40)

    assert FeedStage.DEAD == ears.stage(30_040)
    assert 27_000 == ears.health.age_ns(BOOK, ns(30_040)) // 1_000_000


def test_a_slow_message_is_as_old_as_its_stamp() -> None:
    """The shortest delay seen is the yardstick; what took 9 s more is 9 s old on arrival."""
    ears = Ears()
    ears.hear(0)
    ears.hear(1_000, delay_ms=9_040)

    assert FeedStage.STALE == ears.stage(10_040)


def test_a_stamp_that_goes_back_is_refused() -> None:
    """An older stamp is not used; the same stamp again is."""
    ears = Ears()

    assert [True, True, False, True] == [ears.hear(at_ms) for at_ms in (10, 10, 9, 11)]


def test_after_a_reconnect_every_channel_must_prove_itself() -> None:
    """Connected is not receiving: a channel waits until it speaks on the new connection."""
    ears = Ears(BOOK, PRICE)
    ears.hear(0)
    ears.hear(0, channel=PRICE)
    assert FeedStage.FRESH == ears.stage(100)

    ears.health.disconnected()
    assert FeedStage.WAITING == ears.stage(200)
    ears.health.connected(ns(900))
    ears.hear(1_000)

    assert FeedStage.WAITING == ears.stage(1_100, PRICE)
    assert FeedStage.FRESH == ears.stage(1_100)


def test_a_connection_deaf_on_a_channel_is_dead() -> None:
    """Five seconds connected without its first message: the channel needs another connection."""
    ears = Ears(BOOK, PRICE)
    ears.hear(0)
    ears.hear(0, channel=PRICE)
    ears.health.connected(ns(1_000))
    ears.hear(1_100)

    assert [FeedStage.WAITING, FeedStage.DEAD] == [ears.stage(t, PRICE) for t in (5_999, 6_000)]
    assert FeedStage.FRESH == ears.stage(6_000)
    assert () == ears.health.hopeless(ns(6_000))
    ears.hear(6_100, channel=PRICE)
    assert FeedStage.FRESH == ears.stage(6_200, PRICE)


def test_reconnecting_makes_nobody_young() -> None:
    """A channel silent over many reconnects grows old all the same, and is given up."""
    ears = Ears()
    ears.hear(0, delay_ms=0)
    for at_ms in range(1_000, 60_000, 1_000):
        ears.health.disconnected()
        ears.health.connected(ns(at_ms))
        ears.stage(at_ms)

    assert FeedStage.DEAD == ears.stage(60_000)
    assert (BOOK,) == ears.health.hopeless(ns(60_000))


def test_what_is_not_watched_is_always_fresh() -> None:
    """Candle files and tapes have no channels: their events are the market."""
    health = FeedHealth(SYMBOL, (), CONFIG, T0_NS)
    out: list[Output] = []

    assert health.heard(BOOK, ns(5), ns(5))
    assert health.heard(BOOK, ns(4), ns(6))
    health.check(ns(1e9), out)

    assert ([], (), ()) == (out, health.unfresh(), health.hopeless(ns(1e9)))


@pytest.mark.parametrize(
    ("has_new_clock", "expected"),
    [(True, ["waiting", "stale", "fresh"]), (False, ["dead", "dead", "dead"])],
)
def test_under_a_new_clock_the_offset_is_measured_again(
    has_new_clock: bool,  # noqa: FBT001 - a column of the table
    expected: list[str],
) -> None:
    """A clock set right by 100 s between two processes makes nothing old; an old offset would."""
    ears = Ears()
    ears.hear(0)
    ears.stage(100)
    ears.error_ms = 100_000
    ears.health.disconnected()
    ears.health.listen(ns(101_000), has_new_clock=has_new_clock)

    stages = [ears.stage(2_000)]
    ears.hear(2_100)
    stages.append(ears.stage(11_000))
    ears.hear(11_100)
    stages.append(ears.stage(11_200))

    assert expected == stages
