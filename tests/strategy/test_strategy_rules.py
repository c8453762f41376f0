"""What each reference strategy does, bar by bar, by its stated rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.bench import Bench
from tests.support.market import SYMBOL, T0_NS
from tests.support.walks import walk
from trading.errors import ConfigError
from trading.model.events import CandleClosed
from trading.model.intents import CancelEntries, Enter, Exit, Intent
from trading.model.numbers import NS_PER_MINUTE
from trading.model.orders import OrderRequest, OrderRole, OrderType, Side
from trading.strategy.base import Strategy
from trading.strategy.builtin.donchian import Donchian
from trading.strategy.builtin.pullback_ribbon import PullbackRibbon
from trading.strategy.builtin.sma_cross import SmaCross
from trading.strategy.builtin.sweep_reclaim import SweepReclaim
from trading.strategy.builtin.vwap_reversion import VwapReversion
from trading.strategy.indicators import Atr, Ema, Vwap

D = Decimal
Shape = tuple[float, float, float, float, float]
"""A bar: open, high, low, close, volume."""


class Watch:
    """A strategy shown bars one at a time, on a bench whose position the test moves."""

    def __init__(self, strategy: Strategy) -> None:
        """Start flat."""
        self.bench = Bench()
        self.strategy = strategy
        self.view = self.bench.view()
        self.seen: list[CandleClosed] = []

    def bar(self, *shapes: Shape) -> Intent | None:
        """Show bars; return what the strategy wants after the last."""
        wanted = None
        for opened, high, low, close, volume in shapes:
            candle = CandleClosed(
                at_ns=T0_NS + (len(self.seen) + 1) * NS_PER_MINUTE,
                symbol=SYMBOL,
                interval_s=60,
                open_ns=T0_NS + len(self.seen) * NS_PER_MINUTE,
                open=opened,
                high=high,
                low=low,
                close=close,
                volume=volume,
                turnover=volume * close,
            )
            self.seen.append(candle)
            self.bench.market.last_price = close
            self.strategy.observe(candle, self.view)
            wanted = self.strategy.decide(self.view)
        return wanted

    def hold(self, quantity: str) -> None:
        """Set the position."""
        self.bench.account.position(SYMBOL).quantity = D(quantity)

    def rest(self, side: Side, price: str) -> None:
        """Put an entry order under way."""
        self.bench.submit(
            OrderRequest(
                symbol=SYMBOL,
                side=side,
                type=OrderType.LIMIT,
                quantity=D(1),
                role=OrderRole.ENTRY,
                price=D(price),
            )
        )


def reading(indicator: Atr | Vwap, watch: Watch) -> float:
    """Return what an indicator of one's own says of the bars shown so far."""
    for candle in watch.seen:
        indicator.push(candle)
    assert indicator.value is not None
    return indicator.value


def average_of(watch: Watch, bars: int) -> float:
    """Return the exponential average of the closes shown so far."""
    ema = Ema(bars)
    for candle in watch.seen:
        ema.push(candle.close)
    assert ema.value is not None
    return ema.value


def entry(intent: Intent | None) -> Enter:
    """Return an intent that is an entry."""
    assert isinstance(intent, Enter)
    return intent


FLAT: Shape = (100.0, 101.0, 99.0, 100.0, 10.0)
"""A bar with a range of 2, closing where it opened."""


def mirrored(shape: Shape, about: float = 200.0) -> Shape:
    """Return the bar upside down."""
    opened, high, low, close, volume = shape
    return about - opened, about - low, about - high, about - close, volume


# --- donchian ---------------------------------------------------------------------------------


def donchian() -> Watch:
    """A small channel, ready."""
    watch = Watch(Donchian(entry_bars=3, exit_bars=2, atr_bars=3, stop_atr=2.0))
    assert None is watch.bar(FLAT, FLAT, FLAT, FLAT)
    return watch


def test_donchian_follows_a_close_beyond_the_channel() -> None:
    """Stop two ranges from the price, no target."""
    up = entry(donchian().bar((100, 102, 100, 102, 10)))
    down = entry(donchian().bar((100, 100, 98, 98, 10)))

    assert (Side.BUY, D("98.0"), None) == (up.side, up.stop_price, up.target_price)
    assert (Side.SELL, D("102.0"), None) == (down.side, down.stop_price, down.target_price)


def test_donchian_wants_a_close_beyond_not_a_touch() -> None:
    """A wick through the channel, or a close on its edge, is no break."""
    assert None is donchian().bar((100, 105, 100, 101.0, 10))
    assert None is donchian().bar((100, 100, 90, 99.0, 10))


def test_donchian_leaves_by_the_shorter_channel() -> None:
    """A long is left at a close below the last two lows, and not a bar sooner."""
    watch = donchian()
    watch.bar((100, 104, 103, 104, 10))
    watch.hold("1")

    assert None is watch.bar((104, 105, 103, 104, 10))
    assert isinstance(watch.bar((104, 104, 102, 102.5, 10)), Exit)


# --- sweep and reclaim -------------------------------------------------------------------------


def sweep(*, reward_min: float, needs_cvd: bool = False) -> Watch:
    """A few bars that lie above the sweep to come, ready."""
    watch = Watch(
        SweepReclaim(
            sweep_bars=3,
            atr_bars=3,
            vwap_bars=4,
            volume_bars=3,
            volume_ratio_min=1.5,
            reward_min=reward_min,
            needs_cvd=needs_cvd,
        )
    )
    assert None is watch.bar((105, 106, 104, 105, 10), FLAT, FLAT, FLAT)
    return watch


SWEPT: Shape = (99.6, 100.0, 98.4, 99.5, 20.0)
"""Through the lows at 99, back above them, on twice the volume."""


def test_a_reclaimed_low_is_bought() -> None:
    """Stop half a range beyond the extreme, target the weighted average."""
    watch = sweep(reward_min=0.0)
    intent = entry(watch.bar(SWEPT))
    atr, average = reading(Atr(3), watch), reading(Vwap(4), watch)

    assert Side.BUY is intent.side
    assert intent.stop_price == D(repr(98.4 - 0.5 * atr))
    assert intent.target_price == D(repr(average))
    assert average > 99.5


def test_a_reclaimed_high_is_sold() -> None:
    """The mirror, to the digit."""
    watch = Watch(
        SweepReclaim(sweep_bars=3, atr_bars=3, vwap_bars=4, volume_bars=3, reward_min=0.0)
    )
    watch.bar(*(mirrored(shape) for shape in ((105, 106, 104, 105, 10), FLAT, FLAT, FLAT)))

    intent = entry(watch.bar(mirrored(SWEPT)))

    assert Side.SELL is intent.side
    assert intent.stop_price > D("101.6")


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ((99.6, 100.0, 98.4, 98.9, 20.0), "it closed below what it swept"),
        ((99.6, 100.0, 99.0, 99.5, 20.0), "it touched the low and did not sweep it"),
        ((99.6, 100.0, 98.4, 99.5, 14.9), "the volume was not there"),
        ((99.6, 107.0, 98.4, 99.5, 20.0), "it swept both ends"),
    ],
)
def test_no_reclaim_no_entry(shape: Shape, why: str) -> None:
    """Each condition alone keeps it out."""
    assert None is sweep(reward_min=0.0).bar(shape), why


def test_a_target_nearer_than_its_worth_is_no_entry() -> None:
    """The average must be ``reward_min`` stops away."""
    assert None is sweep(reward_min=1.0).bar(SWEPT)
    assert None is not sweep(reward_min=0.05).bar(SWEPT)


def test_the_delta_may_be_asked_to_agree() -> None:
    """A bar that closed in its lower half was sold, whatever it reclaimed."""
    sold: Shape = (99.6, 101.0, 98.4, 99.5, 20.0)

    assert None is not sweep(reward_min=0.0).bar(sold)
    assert None is sweep(reward_min=0.0, needs_cvd=True).bar(sold)
    assert None is not sweep(reward_min=0.0, needs_cvd=True).bar(SWEPT)


# --- pullback ribbon ----------------------------------------------------------------------------


def rising(bars: int, *, first: int = 0) -> list[Shape]:
    """Return bars that rise by one each."""
    return [(100 + i, 101.5 + i, 99.5 + i, 101 + i, 10) for i in range(first, first + bars)]


def ribbon() -> Watch:
    """A small ribbon in a rising market."""
    watch = Watch(PullbackRibbon(fast_bars=3, slow_bars=6, atr_bars=3, patience_bars=2))
    watch.bar(*rising(17))
    return watch


def test_a_pullback_is_waited_for_at_the_fast_average() -> None:
    """Limit at the average, stop 1.5 ranges below, target twice as far above."""
    watch = ribbon()
    intent = entry(watch.bar(*rising(1, first=17)))
    average, atr = average_of(watch, 3), reading(Atr(3), watch)

    assert intent.limit_price == D(repr(average))
    assert average < 118.0
    assert float(intent.stop_price) == pytest.approx(average - 1.5 * atr)
    assert float(intent.target_price or 0) == pytest.approx(average + 3.0 * atr)


def test_a_falling_market_is_sold_likewise() -> None:
    """The mirror."""
    watch = Watch(PullbackRibbon(fast_bars=3, slow_bars=6, atr_bars=3))
    intent = entry(watch.bar(*(mirrored(shape, 400.0) for shape in rising(18))))

    assert Side.SELL is intent.side
    assert intent.limit_price is not None
    assert intent.target_price is not None
    assert intent.target_price < intent.limit_price < intent.stop_price


def test_an_order_that_is_not_filled_is_taken_back() -> None:
    """After its patience, or with its trend; until then it rests."""
    watch = ribbon()
    watch.bar(*rising(1, first=17))
    watch.rest(Side.BUY, "115")

    assert None is watch.bar(*rising(1, first=18))
    assert isinstance(watch.bar(*rising(1, first=19)), CancelEntries)


def test_an_order_goes_with_its_trend() -> None:
    """A fall that turns the averages over takes the bid out of its way."""
    watch = ribbon()
    watch.strategy = PullbackRibbon(fast_bars=3, slow_bars=6, atr_bars=3, patience_bars=50)
    watch.bar(*rising(18))
    watch.rest(Side.BUY, "115")

    intent = watch.bar((117, 117, 90, 91, 30), (91, 91, 80, 80, 30))

    assert isinstance(intent, CancelEntries)
    assert "trend" in intent.reason


# --- vwap reversion ----------------------------------------------------------------------------


def stretched() -> Watch:
    """A market that swung gently, ready."""
    strategy = VwapReversion(vwap_bars=8, rsi_bars=4, atr_bars=4, entry_deviations=1.5)
    watch = Watch(strategy)
    for up in (0.2, -0.2) * 6:
        watch.bar((100, 101 + up, 99 + up, 100 + up, 10))
    return watch


def test_a_stretched_fall_is_bought_back_to_the_average() -> None:
    """Target the average, stop two ranges below the price."""
    watch = stretched()
    intent = entry(watch.bar((100, 100, 95, 95, 10)))
    average, atr = reading(Vwap(8), watch), reading(Atr(4), watch)

    assert Side.BUY is intent.side
    assert intent.target_price == D(repr(average))
    assert float(intent.stop_price) == pytest.approx(95.0 - 2.0 * atr)
    assert Side.SELL is entry(stretched().bar((100, 105, 100, 105, 10))).side


def test_a_position_is_left_at_the_average() -> None:
    """A long is held below it and left at a close on or above it."""
    watch = stretched()
    watch.bar((100, 100, 95, 95, 10))
    watch.hold("1")

    assert None is watch.bar((95, 97, 95, 96, 10))
    assert isinstance(watch.bar((96, 101, 96, 101, 10)), Exit)


def test_a_market_that_stands_still_is_left_alone() -> None:
    """No deviation, no stretch; no range, no stop: nothing to divide by and no trade."""
    still: Shape = (100.0, 100.0, 100.0, 100.0, 0.0)
    for strategy in (Donchian(), SweepReclaim(), PullbackRibbon(), VwapReversion()):
        watch = Watch(strategy)
        assert {None} == {watch.bar(still) for _ in range(200)}


# --- the filter of sma_cross -------------------------------------------------------------------


def crossings(strategy: SmaCross) -> int:
    """Return how many entries a walk gives."""
    watch = Watch(strategy)
    wanted = 0
    for candle in walk(5, 2_000):
        shape = (candle.open, candle.high, candle.low, candle.close, candle.volume)
        wanted += watch.bar(shape) is not None
    return wanted


def test_the_volatility_filter_keeps_calm_crossings_out() -> None:
    """The wider the range asked for, the fewer entries; zero asks for none."""
    counts = [
        crossings(SmaCross(fast_bars=3, slow_bars=9, atr_bps_min=bps)) for bps in (0.0, 8.0, 1e3)
    ]

    assert counts[0] > counts[1] > counts[2] == 0
    assert counts[1] > 10


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Donchian(entry_bars=10, exit_bars=10), "exit_bars"),
        (lambda: Donchian(stop_atr=0), "stop_atr"),
        (lambda: PullbackRibbon(fast_bars=50, slow_bars=50), "fast_bars"),
        (lambda: PullbackRibbon(reward=float("nan")), "reward"),
        (lambda: PullbackRibbon(slow_bars=4_000), "slow_bars"),
        (lambda: SweepReclaim(volume_ratio_min=-1), "volume_ratio_min"),
        (lambda: SweepReclaim(needs_cvd=1), "needs_cvd"),  # type: ignore[arg-type]
        (lambda: VwapReversion(oversold_rsi=51), "oversold_rsi"),
        (lambda: VwapReversion(entry_deviations=float("inf")), "entry_deviations"),
        (lambda: SmaCross(atr_bps_min=-1), "atr_bps_min"),
    ],
)
def test_parameters_are_refused_by_name(make: object, name: str) -> None:
    """Where the session is configured, not in the middle of the night."""
    assert callable(make)
    with pytest.raises(ConfigError, match=f"strategy_parameters.{name}"):
        make()
