"""The synthetic market is a pure function of seed, start, symbol and time, and always valid."""

from __future__ import annotations

import hashlib

import pytest

from trading.exchange.contract import Contract, contract_for
from trading.exchange.frames import channel_named, frame
from trading.exchange.history import Bar
from trading.exchange.market import Print
from trading.exchange.synthetic.market import SyntheticMarket

S_NS = 1_000_000_000
START_NS = 1_789_999_200_000_000_000
CHANNELS = ("depth_book15", "depth_books", "price", "ticker", "market_kline_5min", "trade")


def market(seed: int = 1, symbol: str = "BTCUSDT", start_ns: int = START_NS) -> SyntheticMarket:
    """Return a market at its start."""
    return SyntheticMarket(contract_for(symbol), seed=seed, start_ns=start_ns)


def digest(one: SyntheticMarket, seconds: int, every_ms: int) -> str:
    """Return a hash over all prints, and over every channel's frame at each whole minute."""
    seen = hashlib.sha256()
    prints: list[Print] = []
    for now_ns in range(START_NS, START_NS + seconds * S_NS + 1, every_ms * 1_000_000):
        prints += one.advance(now_ns)
        if (now_ns - START_NS) % (60 * S_NS) == 0:
            for name in CHANNELS:
                channel = channel_named(name)
                assert channel is not None
                seen.update(frame(channel, one, now_ns, prints, "nanoseconds") or b"")
            prints = []
    return seen.hexdigest()


def test_the_same_seed_gives_the_same_frames() -> None:
    """Twice the same, whatever the rhythm of the advances."""
    expected = digest(market(), 600, 60_000)

    assert expected == digest(market(), 600, 60_000)
    assert expected == digest(market(), 600, 120)
    assert expected == digest(market(), 600, 6_000)


@pytest.mark.parametrize(("seed", "symbol"), [(2, "BTCUSDT"), (1, "ETHUSDT"), (1, "SOMETHINGUSDT")])
def test_another_seed_or_symbol_gives_other_frames(seed: int, symbol: str) -> None:
    """Nothing of the name of a market is ignored."""
    assert digest(market(), 60, 60_000) != digest(market(seed, symbol), 60, 60_000)


def fold(prints: list[Print], open_price: int) -> Bar:
    """Return the bar that prints make, by the obvious way."""
    bar = Bar(open_price)
    bar.high = max(one.price for one in prints)
    bar.low = min(one.price for one in prints)
    bar.close = prints[-1].price
    bar.volume = sum(one.quantity for one in prints)
    bar.turnover = sum(one.price * one.quantity for one in prints)
    return bar


def check_step(one: SyntheticMarket, prints: list[Print], before: list[int]) -> None:
    """Check one step of 100 ms: the book stands, and prints went through its levels."""
    bids, asks = one.book.bids.levels(), one.book.asks.levels()
    assert bids[0].price < asks[0].price
    assert all(level.size > 0 and level.price > 0 for level in bids + asks)
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert len(bids) >= 20
    assert len(asks) >= 20
    for done in prints:
        assert done.quantity > 0
        best_bid, best_ask = before
        assert done.price >= best_ask if done.is_buy else done.price <= best_bid


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT", "DOGEUSDT", "SOMETHINGUSDT"])
@pytest.mark.parametrize("seed", range(4))
def test_every_seed_gives_a_valid_market(seed: int, symbol: str) -> None:
    """Never crossed, sizes positive, prints at or beyond the quote they met, time in order."""
    one = market(seed, symbol)
    last_ns = START_NS
    for step in range(1, 1_201):
        before = [one.book.bids.best(), one.book.asks.best()]
        prints = one.advance(START_NS + step * S_NS // 10)
        check_step(one, prints, before)
        for done in prints:
            assert last_ns <= done.ns <= START_NS + step * S_NS // 10
            last_ns = done.ns


def test_bars_are_what_the_prints_were() -> None:
    """Each live minute equals its prints, folded anew; the open is the close before."""
    one = market(3)
    prints = one.advance(START_NS + 600 * S_NS)
    minutes: dict[int, list[Print]] = {}
    for done in prints:
        minutes.setdefault(done.ns // (60 * S_NS), []).append(done)

    assert 10 == len(minutes)
    for minute, inside in minutes.items():
        bar = one.record.candles.bar(minute)
        expected = fold(inside, one.record.candles.bar(minute - 1).close)
        for field in ("open", "high", "low", "close", "volume", "turnover"):
            assert getattr(expected, field) == getattr(bar, field)


def test_a_print_takes_its_size_out_of_the_book() -> None:
    """Between two boundaries of the grid only takers act: what was printed is gone."""
    one = market()
    seen = 0
    for step in range(3_000):
        one.advance(START_NS + step * S_NS // 10)  # a boundary
        sides = {True: dict(one.book.asks.levels()), False: dict(one.book.bids.levels())}
        for done in one.advance(START_NS + step * S_NS // 10 + 99_999_999):
            sides[done.is_buy][done.price] -= done.quantity
            seen += 1
        assert {p: s for p, s in sides[True].items() if s} == dict(one.book.asks.levels())
        assert {p: s for p, s in sides[False].items() if s} == dict(one.book.bids.levels())

    assert seen > 500


def cost_bps(one: SyntheticMarket, contract: Contract, usdt: float) -> float:
    """Return what buying for an amount costs against the mid, in basis points."""
    mid, left, coins = one.book.mid() * contract.tick, usdt, 0.0
    for level in one.book.asks.levels():
        price = level.price * contract.tick
        part = min(left, price * level.size * contract.step)
        coins += part / price
        left -= part
    return (usdt / coins / mid - 1) * 10_000 if left == 0 else float("inf")


def test_the_market_is_alive_and_of_a_plausible_size() -> None:
    """BTC: 5 to 15 prints a second, spread mostly a tick, thinner than Binance (realism.md 3.1)."""
    one, contract = market(5), contract_for("BTCUSDT")
    prints: list[Print] = []
    spreads, costs, mids = [], [], []
    for second in range(1, 1_801):
        prints += one.advance(START_NS + second * S_NS)
        spreads.append(one.book.asks.best() - one.book.bids.best())
        costs.append((cost_bps(one, contract, 100_000), cost_bps(one, contract, 1_000_000)))
        mids.append(one.book.mid())
    per_s = len(prints) / 1_800

    assert 5 < per_s < 15
    assert sum(spread == 1 for spread in spreads) > 0.8 * len(spreads)
    assert max(spreads) > 1
    assert 0.05 < sorted(cost for cost, _ in costs)[900] < 0.6
    assert 1.0 < sorted(cost for _, cost in costs)[900] < 8.0
    assert max(mids) / min(mids) > 1.001
    assert 0.4 < sum(one.is_buy for one in prints) / len(prints) < 0.6


def test_buys_and_sells_go_where_the_price_goes() -> None:
    """Over ten-second spans, net taker flow and the move of the mid agree more often than not."""
    one = market(7)
    agree = differ = 0
    before = one.book.mid()
    for span in range(1, 361):
        flow = sum(
            done.quantity if done.is_buy else -done.quantity
            for done in one.advance(START_NS + span * 10 * S_NS)
        )
        move, before = one.book.mid() - before, one.book.mid()
        agree += flow * move > 0
        differ += flow * move < 0

    assert agree > 1.3 * differ


def test_funding_is_settled_at_the_grid() -> None:
    """At 16:00 UTC the interval's rate is fixed, and the next one is eight hours later."""
    at_ns = START_NS + 7_200 * S_NS
    one = market(start_ns=at_ns - 30 * S_NS)
    one.advance(at_ns - 1)

    assert at_ns == one.record.funding.next_ns

    one.advance(at_ns)
    settled = one.record.funding.page(from_ns=0, to_ns=2**63, limit=1)[0]

    assert at_ns == settled.ns == one.record.funding.last_ns
    assert at_ns + 8 * 3_600 * S_NS == one.record.funding.next_ns
    assert one.record.contract.fair(one.record.mark) == settled.mark
    assert abs(settled.rate) <= one.record.contract.funding_cap


def test_the_mark_stays_near_the_market() -> None:
    """Mark and index follow the fair price within a few tenths of a percent."""
    one = market(2)
    for second in range(0, 1_200, 10):
        one.advance(START_NS + second * S_NS)
        mid = one.book.mid() * one.record.contract.tick
        assert pytest.approx(mid, rel=3e-3) == one.record.mark
        assert pytest.approx(mid, rel=3e-3) == one.record.index
