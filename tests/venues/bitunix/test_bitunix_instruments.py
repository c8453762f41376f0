"""Trading pairs and margin tiers as an instrument."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from trading.errors import CallerVenueError, TransientVenueError
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.margin import MaintenanceBasis, MarginTier
from trading.venues.bitunix.instruments import decode_instrument

Row = dict[str, object]

PAIR: Row = {
    "symbol": "BTCUSDT",
    "base": "BTC",
    "quote": "USDT",
    "minTradeVolume": "0.0001",
    "minBuyPriceOffset": "-0.95",
    "maxSellPriceOffset": "100",
    "maxLimitOrderVolume": "100000",
    "maxMarketOrderVolume": "50000",
    "basePrecision": 4,
    "quotePrecision": 1,
    "minLeverage": 1,
    "maxLeverage": 125,
    "defaultLeverage": 20,
    "defaultMarginMode": 1,
    "priceProtectScope": "0.05",
    "symbolStatus": "OPEN",
    "isApiSupported": True,
    "maxFundingRate": "0.3",
    "minFundingRate": "-0.3",
}
TIERS: list[Row] = [
    {
        "symbol": "BTCUSDT",
        "level": 1,
        "startValue": "0",
        "endValue": "50000",
        "leverage": 125,
        "maintenanceMarginRate": "0.004",
    },
    {
        "symbol": "BTCUSDT",
        "level": 2,
        "startValue": "50000",
        "endValue": "200000",
        "leverage": 100,
        "maintenanceMarginRate": "0.005",
    },
]


def reply(data: object, code: int = 0) -> bytes:
    """Write a reply."""
    return msgspec.json.encode({"code": code, "data": data, "msg": ""})


def decode(
    pair: object = (PAIR,), tiers: object = tuple(TIERS), symbol: str = "BTCUSDT"
) -> Instrument:
    """Decode replies with these payloads."""
    return decode_instrument(
        symbol,
        (reply(pair), reply(tiers)),
        venue="bitunix",
        taker_fee_bps=6.0,
        maker_fee_bps=2.0,
    )


def test_the_example_replies_give_the_instrument() -> None:
    """Tick and step come from the precisions; fees from us; a minimum notional is not known."""
    assert (
        Instrument(
            venue="bitunix",
            symbol="BTCUSDT",
            base="BTC",
            quote="USDT",
            tick_size=Decimal("0.1"),
            quantity_step=Decimal("0.0001"),
            quantity_min=Decimal("0.0001"),
            limit_quantity_max=Decimal(100000),
            market_quantity_max=Decimal(50000),
            notional_min=Decimal(0),
            leverage_max=125,
            price_band=Decimal("0.05"),
            taker_fee_rate=Decimal("0.0006"),
            maker_fee_rate=Decimal("0.0002"),
            maintenance_basis=MaintenanceBasis.ENTRY,
            status=InstrumentStatus.OPEN,
            tiers=(
                MarginTier(
                    notional_from=Decimal(0),
                    notional_to=Decimal(50000),
                    leverage_max=125,
                    maintenance_rate=Decimal("0.004"),
                ),
                MarginTier(
                    notional_from=Decimal(50000),
                    notional_to=Decimal(200000),
                    leverage_max=100,
                    maintenance_rate=Decimal("0.005"),
                ),
            ),
        )
        == decode()
    )


@pytest.mark.parametrize(
    ("symbol_status", "expected"),
    [
        ("OPEN", InstrumentStatus.OPEN),
        ("CANCEL_ONLY", InstrumentStatus.CANCEL_ONLY),
        ("STOP", InstrumentStatus.STOPPED),
        ("PREVIEW", InstrumentStatus.STOPPED),
    ],
)
def test_only_an_open_contract_is_open(symbol_status: str, expected: InstrumentStatus) -> None:
    """The undocumented PREVIEW is announced, not traded."""
    assert expected is decode([{**PAIR, "symbolStatus": symbol_status}]).status


def test_the_symbol_is_found_in_any_case_among_others() -> None:
    """Input is case-insensitive at the venue, and a filter may be ignored."""
    other = {**PAIR, "symbol": "ETHUSDT"}

    assert "BTCUSDT" == decode([other, PAIR], symbol="btcusdt").symbol


@pytest.mark.parametrize("pairs", [[], [{**PAIR, "symbol": "ETHUSDT"}]])
def test_a_symbol_the_venue_does_not_list_is_the_callers_mistake(pairs: object) -> None:
    """Nobody trades the wrong contract instead."""
    with pytest.raises(CallerVenueError, match="was 'BTCUSDT'"):
        decode(pairs)


def test_an_unknown_symbol_by_code_is_the_callers_mistake() -> None:
    """Code 20015 is how the venue says so."""
    with pytest.raises(CallerVenueError, match="20015"):
        decode_instrument(
            "NOPEUSDT",
            (reply(None, 20015), reply(TIERS)),
            venue="bitunix",
            taker_fee_bps=6.0,
            maker_fee_bps=2.0,
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"minTradeVolume": "0"},
        {"minTradeVolume": "NaN"},
        {"maxMarketOrderVolume": "-1"},
        {"maxLimitOrderVolume": "Infinity"},
        {"basePrecision": -1},
        {"quotePrecision": 99},
        {"quotePrecision": "x"},
        {"maxLeverage": 0},
        {"priceProtectScope": "0"},
        {"priceProtectScope": None},
        {"symbolStatus": "HALT"},
        {"base": None},
    ],
    ids=str,
)
def test_a_pair_that_cannot_be_right_is_not_traded(changes: Row) -> None:
    """A default in place of a limit would be an invented venue."""
    with pytest.raises(TransientVenueError, match="instrument BTCUSDT: "):
        decode([{**PAIR, **changes}])


@pytest.mark.parametrize(
    ("tiers", "words"),
    [
        ([], "no margin tiers"),
        ([TIERS[1]], "leave a hole or overlap at 0"),
        ([TIERS[0], {**TIERS[1], "startValue": "60000"}], "leave a hole or overlap at 50000"),
        ([TIERS[0], {**TIERS[1], "startValue": "40000"}], "leave a hole or overlap at 50000"),
        ([{**TIERS[0], "endValue": "0"}], "leave a hole or overlap at 0"),
        ([{**TIERS[0], "endValue": "Infinity"}], "not finite"),
        ([{**TIERS[0], "startValue": "NaN"}, TIERS[1]], "not finite"),
        ([{**TIERS[0], "maintenanceMarginRate": "0"}], "not between 0 and 1"),
        ([{**TIERS[0], "maintenanceMarginRate": "1"}], "not between 0 and 1"),
        ([{**TIERS[0], "leverage": 0}], "Expected `int` >= 1"),
        ({}, "Expected `array`"),
    ],
)
def test_tiers_that_cannot_be_right_are_refused(tiers: object, words: str) -> None:
    """Liquidation is judged by them: a hole or a rate of nothing would be a gift."""
    with pytest.raises(TransientVenueError, match="instrument BTCUSDT: ") as raised:
        decode(tiers=tiers)

    assert words in str(raised.value)


def test_tiers_come_in_order_however_they_are_listed() -> None:
    """The lowest bracket first."""
    assert decode().tiers == decode(tiers=list(reversed(TIERS))).tiers
