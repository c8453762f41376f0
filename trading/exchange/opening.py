"""Builds the markets an exchange was asked for, and anchors their time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trading.errors import ConfigError
from trading.exchange.contract import contract_for
from trading.exchange.endpoint import Origin
from trading.exchange.floor import Floor
from trading.exchange.options import ExchangeOptions
from trading.exchange.recorded.market import RecordedMarket
from trading.exchange.recorded.tape import open_tape
from trading.exchange.synthetic.market import SyntheticMarket


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The markets, their first instant, and where their prices come from."""

    floor: Floor
    start_ns: int
    mark: Origin
    funding: Origin


def open_markets(options: ExchangeOptions, wall_ns: int) -> Opening:
    """Build the markets; a synthetic one without a start begins at ``wall_ns``.

    Raises:
        ConfigError: when the tape is none, or does not fit the other options.
        FeedError: when its first events cannot be read.
    """
    if options.market == "recorded":
        return _open_tape(options)
    start_ns = wall_ns if options.start_ns is None else options.start_ns
    markets = {
        symbol: SyntheticMarket(contract_for(symbol), seed=options.seed, start_ns=start_ns)
        for symbol in options.symbols or ("BTCUSDT",)
    }
    floor = Floor(markets, start_ns)
    return Opening(floor=floor, start_ns=start_ns, mark="formula", funding="formula")


def _open_tape(options: ExchangeOptions) -> Opening:
    """Build the market of a tape."""
    tape = open_tape(Path(options.tape), options.symbols[0] if options.symbols else None)
    facts = tape.facts
    if facts.has_mark and options.funding_rate is not None:
        raise ConfigError(
            "funding_rate",
            options.funding_rate,
            "nothing with this tape",
            "it records the rate; leave --funding-rate out",
        )
    market = RecordedMarket(tape, seed=options.seed, funding_rate=options.funding_rate)
    by_rule: Origin = "formula" if options.funding_rate is None else "parameter"
    return Opening(
        floor=Floor({facts.contract.symbol: market}, facts.start_ns),
        start_ns=facts.start_ns,
        mark="recorded" if facts.has_mark else "formula",
        funding="recorded" if facts.has_mark else by_rule,
    )
