"""The REST desk answers as the venue does (bitunix.md, section 1)."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from trading.exchange.contract import contract_for, fixed
from trading.exchange.floor import Floor
from trading.exchange.rest import RestDesk, VolumeNames
from trading.exchange.synthetic.market import SyntheticMarket

S = 1_000_000_000
START_NS = 1_789_999_200 * S
NOW_NS = START_NS + 150 * S
NOW_MINUTE_MS = 1_789_999_320_000
ROOT = "/api/v1/futures/"


@cache
def floor() -> Floor:
    """Return a floor with BTC and ETH after two and a half minutes; nothing here moves it on."""
    symbols = ("BTCUSDT", "ETHUSDT")
    markets = {
        one: SyntheticMarket(contract_for(one), seed=1, start_ns=START_NS) for one in symbols
    }
    one = Floor(markets, START_NS)
    while not one.advance(NOW_NS):
        continue
    return one


def desk(*, volume_names: VolumeNames = "current") -> RestDesk:
    """Return a desk whose budgets are fresh."""
    return RestDesk(floor(), volume_names=volume_names)


def ask(one: RestDesk, target: str, now_ns: int = NOW_NS) -> dict[str, object]:
    """Return an answer's JSON; every answer is HTTP 200."""
    reply = one.answer(ROOT + target, now_ns)
    assert 200 == reply.status
    answer: dict[str, object] = json.loads(reply.body)
    assert {"code", "data", "msg"} == set(answer)
    return answer


def rows(one: RestDesk, target: str) -> list[dict[str, str]]:
    """Return a successful answer's list."""
    answer = ask(one, target)
    assert (0, "Success") == (answer["code"], answer["msg"])
    data = answer["data"]
    assert isinstance(data, list)
    return data


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("market/time", 404),
        ("../time", 404),
        ("trade/place_order", 404),
        ("account?marginCoin=USDT", 404),
        ("position/get_pending_positions", 404),
        ("market/depth", 1),
        ("market/kline?symbol=BTCUSDT", 1),
        ("market/funding_rate", 1),
        ("market/depth?symbol=NOPEUSDT", 20015),
        ("market/kline?symbol=NOPEUSDT&interval=1m", 20015),
        ("market/funding_rate?symbol=OLDUSDT", 20015),
        ("market/tickers?symbols=BTCUSDT,NOPEUSDT", 20015),
        ("market/trading_pairs?symbols=NOPEUSDT", 20015),
        ("position/get_position_tiers?symbol=NOPEUSDT", 20015),
        ("market/depth?symbol=BTCUSDT&limit=20", 10008),
        ("market/kline?symbol=BTCUSDT&interval=1m&limit=ten", 10002),
        ("market/kline?symbol=BTCUSDT&interval=1m&limit=0", 10002),
        ("market/kline?symbol=BTCUSDT&interval=1m&endTime=-1", 10002),
        ("market/kline?symbol=BTCUSDT&interval=1m&type=INDEX_PRICE", 10002),
    ],
)
def test_errors_are_codes_without_data(target: str, code: int) -> None:
    """HTTP 200, ``data: null``; private paths do not exist."""
    answer = ask(desk(), target)

    assert (code, None) == (answer["code"], answer["data"])
    assert answer["msg"]


def test_the_wrong_depth_limit_is_told_its_alternatives() -> None:
    """The live text of code 10008."""
    expected = 'Parameter 20 does not match, alternative value ["1","5","15","50","max"].'

    assert expected == ask(desk(), "market/depth?symbol=BTCUSDT&limit=20")["msg"]


def test_an_unknown_interval_has_no_bars() -> None:
    """Code 0 and an empty list, no error."""
    assert [] == rows(desk(), "market/kline?symbol=BTCUSDT&interval=7m")


def test_klines_are_strings_newest_first_and_the_newest_is_forming() -> None:
    """No closed flag: a bar is closed when time plus interval has passed."""
    bars = rows(desk(), "market/kline?symbol=btcusdt&interval=1m&limit=4")

    assert [str(NOW_MINUTE_MS - age * 60_000) for age in range(4)] == [bar["time"] for bar in bars]
    assert all(isinstance(value, str) for bar in bars for value in bar.values())
    assert {"open", "high", "low", "close", "quoteVol", "baseVol", "time"} == set(bars[0])
    assert int(bars[0]["time"]) + 60_000 > NOW_NS // 1_000_000
    assert [bar["open"] for bar in bars[:-1]] == [bar["close"] for bar in bars[1:]]


@pytest.mark.parametrize(("names", "usdt"), [("current", "quoteVol"), ("legacy", "baseVol")])
def test_both_volume_orientations_are_spoken(names: VolumeNames, usdt: str) -> None:
    """One column over the other is the price; which is which depends on the venue's month."""
    coin = "baseVol" if usdt == "quoteVol" else "quoteVol"
    bar = rows(desk(volume_names=names), "market/kline?symbol=BTCUSDT&interval=1m&limit=2")[1]

    assert pytest.approx(float(bar["close"]), rel=0.01) == float(bar[usdt]) / float(bar[coin])


def test_pages_are_100_by_default_and_at_most_200() -> None:
    """Larger limits are clamped."""
    one = desk()

    assert 100 == len(rows(one, "market/kline?symbol=BTCUSDT&interval=1m"))
    assert 200 == len(rows(one, "market/kline?symbol=BTCUSDT&interval=1m&limit=1000"))


def test_paging_goes_backwards_from_end_time() -> None:
    """With ``endTime = oldest - 1`` pages join without gap or repetition; startTime only cuts."""
    one = desk()
    times: list[int] = []
    end = ""
    for _ in range(8):
        page = rows(one, f"market/kline?symbol=BTCUSDT&interval=1m&limit=200&startTime=1{end}")
        times += [int(bar["time"]) for bar in page]
        end = f"&endTime={times[-1] - 1}"

    assert 1_600 == len(times)
    assert all(newer - older == 60_000 for newer, older in pairwise(times))
    cut = rows(
        one,
        f"market/kline?symbol=BTCUSDT&interval=1m&startTime={times[4] - 59_999}&endTime={times[3]}",
    )
    assert [times[3], times[4]] == [int(bar["time"]) for bar in cut]


def test_history_is_long_enough_and_then_empty() -> None:
    """At least 1,500 bars before the start; before the made-up past an empty list."""
    one = desk()
    old = NOW_MINUTE_MS - 1_600 * 60_000

    assert rows(one, f"market/kline?symbol=BTCUSDT&interval=1m&limit=1&endTime={old}")
    assert [] == rows(one, "market/kline?symbol=BTCUSDT&interval=1m&endTime=1600000000000")


def test_longer_bars_are_made_of_minutes() -> None:
    """An hour's bar has its minutes' open, close, extremes and volume."""
    one = desk()
    hour = rows(one, "market/kline?symbol=BTCUSDT&interval=1h&limit=2")[1]
    end = int(hour["time"]) + 3_599_999
    minutes = rows(one, f"market/kline?symbol=BTCUSDT&interval=1m&limit=60&endTime={end}")

    assert hour["time"] == minutes[-1]["time"]
    assert (hour["open"], hour["close"]) == (minutes[-1]["open"], minutes[0]["close"])
    assert float(hour["high"]) == max(float(bar["high"]) for bar in minutes)
    assert Decimal(hour["baseVol"]) == sum(Decimal(bar["baseVol"]) for bar in minutes)


def test_mark_bars_have_no_volume() -> None:
    """``MARK_PRICE`` is a series of its own, of the same shape."""
    bars = rows(desk(), "market/kline?symbol=BTCUSDT&interval=1m&limit=5&type=MARK_PRICE")

    assert {"0.0000"} == {bar["baseVol"] for bar in bars}
    assert str(NOW_MINUTE_MS) == bars[0]["time"]


def test_pairs_tell_precisions_and_no_tick_size() -> None:
    """Tick and step follow from the precisions; there is no ``tickSize``."""
    pairs = ask(desk(), "market/trading_pairs")["data"]
    assert isinstance(pairs, list)
    btc, eth = pairs

    assert ("BTCUSDT", "BTC", "USDT") == (btc["symbol"], btc["base"], btc["quote"])
    assert (4, 1, "0.0001") == (btc["basePrecision"], btc["quotePrecision"], btc["minTradeVolume"])
    assert ("0.3", "-0.3") == (btc["maxFundingRate"], btc["minFundingRate"])
    assert "ETHUSDT" == eth["symbol"]
    assert "tickSize" not in btc


def test_tickers_have_no_quotes_and_keep_the_delisted() -> None:
    """More rows than pairs; 24 h volumes are named naturally in every month."""
    one = desk(volume_names="legacy")
    tickers = rows(one, "market/tickers")
    btc = tickers[0]

    assert ["BTCUSDT", "ETHUSDT", "OLDUSDT"] == [row["symbol"] for row in tickers]
    assert float(btc["quoteVol"]) > 1_000 * float(btc["baseVol"])
    assert float(btc["low"]) <= float(btc["last"]) <= float(btc["high"])
    assert not {"bid", "ask", "time"} & set(btc)
    assert ["ETHUSDT"] == [row["symbol"] for row in rows(one, "market/tickers?symbols=ethusdt")]


@pytest.mark.parametrize(("limit", "count"), [("1", 1), ("15", 15), ("50", 50), ("max", 60)])
def test_depth_is_best_first_on_both_sides(limit: str, count: int) -> None:
    """Asks ascend, bids descend; strings; no id and no time."""
    data = ask(desk(), f"market/depth?symbol=BTCUSDT&limit={limit}")["data"]
    assert isinstance(data, dict)
    asks = [float(price) for price, _ in data["asks"]]
    bids = [float(price) for price, _ in data["bids"]]

    assert {"asks", "bids"} == set(data)
    assert (count, count) == (len(asks), len(bids))
    assert sorted(asks) == asks
    assert sorted(bids, reverse=True) == bids
    assert bids[0] < asks[0]


def test_current_funding_is_percent_and_history_is_a_fraction() -> None:
    """The hundredfold trap is there: caps and current rate in percent, settled rates not."""
    one = desk()
    now = rows(one, "market/funding_rate?symbol=BTCUSDT")
    past = rows(one, "market/get_funding_rate_history?symbol=BTCUSDT")

    assert 1 == len(now)
    assert ("0.01", "0.3") == (now[0]["fundingRate"], now[0]["maxFundingRate"])
    assert "1790006400000" == now[0]["nextFundingTime"]
    assert all(abs(float(row["fundingRate"])) < 0.001 for row in past)
    assert ["1789977600000", "1789948800000"] == [row["fundingTime"] for row in past[:2]]
    assert {"fundingRate", "fundingTime", "markPrice"} == set(past[0])


def test_funding_history_is_paged_by_end_time() -> None:
    """Newest first, at most ``limit``, nothing after ``endTime``."""
    page = rows(
        desk(), "market/get_funding_rate_history?symbol=BTCUSDT&limit=2&endTime=1789977599999"
    )

    assert ["1789948800000", "1789920000000"] == [row["fundingTime"] for row in page]


def test_the_batch_holds_the_delisted_with_traps() -> None:
    """Rate 0, no index, a next time off the hour."""
    batch = rows(desk(), "market/funding_rate/batch")
    old: dict[str, str | None] = {**batch[-1]}

    assert ["BTCUSDT", "ETHUSDT", "OLDUSDT"] == [row["symbol"] for row in batch]
    assert ("0", None) == (old["fundingRate"], old["indexPrice"])
    assert 0 != int(batch[-1]["nextFundingTime"]) % 3_600_000


def test_tiers_join_and_tighten() -> None:
    """Each tier starts where the one before ends, with less leverage and a higher rate."""
    tiers = ask(desk(), "position/get_position_tiers?symbol=BTCUSDT")["data"]
    assert isinstance(tiers, list)

    assert ("0", "50000", 125, "0.004") == (
        tiers[0]["startValue"],
        tiers[0]["endValue"],
        tiers[0]["leverage"],
        tiers[0]["maintenanceMarginRate"],
    )
    for lower, upper in pairwise(tiers):
        assert lower["endValue"] == upper["startValue"]
        assert lower["level"] + 1 == upper["level"]
        assert lower["leverage"] > upper["leverage"]
        assert float(lower["maintenanceMarginRate"]) < float(upper["maintenanceMarginRate"])


def test_the_eleventh_request_of_a_second_is_refused_per_path() -> None:
    """Code 10006; other paths have budgets of their own; a second later it is over."""
    one = desk()
    codes = [ask(one, "market/tickers")["code"] for _ in range(11)]

    assert [0] * 10 + [10006] == codes
    assert 0 == ask(one, "market/trading_pairs")["code"]
    assert 10006 == ask(one, "market/tickers", NOW_NS + S - 1)["code"]
    assert 0 == ask(one, "market/tickers", NOW_NS + S)["code"]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "DOGEUSDT", "QUITENEWUSDT"])
def test_every_contract_has_a_lattice_of_its_own(symbol: str) -> None:
    """Known or not: a pure function of the name, with a price of several ticks."""
    contract = contract_for(symbol)

    assert contract == contract_for(symbol)
    assert contract.start_price_ticks > 1_000
    assert contract.pair()["minTradeVolume"] == contract.quantity(1)
    assert contract.price(contract.start_price_ticks) == fixed(
        contract.start_price_ticks, contract.price_decimals
    )
    assert contract.start_price_ticks == contract.ticks(contract.start_price_ticks * contract.tick)
