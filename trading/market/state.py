"""Everything known of one symbol's market at the engine's present instant."""

from __future__ import annotations

from decimal import Decimal
from math import inf

from trading.market.bar_builder import BarBuilder
from trading.market.candles import CandleSeries
from trading.market.feed_health import FeedHealth
from trading.model.events import (
    BookUpdate,
    CandleUpdate,
    Channel,
    MarkPrice,
    MessageIgnored,
    Output,
    PublicTrade,
)
from trading.model.instrument import Instrument
from trading.model.numbers import NS_PER_S

FUTURE_LIMIT_NS = 300 * NS_PER_S
"""A stamp this far ahead of the local clock is a broken stamp, not a fast clock."""


class SymbolMarket:
    """Book, last trade, mark and bars of one symbol. The engine is its only writer.

    Invariant: the stamps of each channel never go back; a book that is kept is never crossed.
    """

    __slots__ = (
        "book",
        "builder",
        "candles",
        "first_print",
        "funding_rate",
        "health",
        "heard_bar",
        "index",
        "instrument",
        "last_price",
        "last_trade_ns",
        "mark",
        "quiet_high",
        "quiet_low",
        "safe_high",
        "safe_low",
        "symbol",
        "told_ns",
        "trades_seen",
        "twice_ns",
    )

    def __init__(
        self,
        instrument: Instrument,
        candles: CandleSeries,
        health: FeedHealth,
        builder: BarBuilder | None = None,
    ) -> None:
        """Start knowing nothing but the instrument.

        With a ``builder`` bars come from trades, because the feed has no candle channel.
        """
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.candles = candles
        self.health = health
        self.builder = builder
        self.book: BookUpdate | None = None
        self.last_price: float | None = None
        self.last_trade_ns = 0
        self.first_print: PublicTrade | None = None
        """The first print of the newest frame that had any."""
        self.twice_ns = 0
        """Arrival of the newest frame of prints that came a second time."""
        self.trades_seen = 0
        self.mark: float | None = None
        self.funding_rate: Decimal | None = None
        """What the venue expects a long to pay at the next settlement; None: not told yet."""
        self.index: float | None = None
        """The spot index behind the contract; None: this feed gives none."""
        self.heard_bar: CandleUpdate | None = None
        """The forming bar as it was when the feed last fell silent; None: not during a bar."""
        self.told_ns = 0
        """Up to where bars, being all there is, have told what the market did."""
        self.quiet_low = inf
        self.quiet_high = -inf
        """A trade strictly between the two can change nothing but the last price."""
        self.safe_low = -inf
        self.safe_high = inf
        """A mark strictly between the two can liquidate nothing."""

    @property
    def has_book(self) -> bool:
        """Whether this session's feed shows books: who takes waits for one, the first, too."""
        return self.book is not None or Channel.BOOK in self.health.last_ns

    @property
    def mid(self) -> float | None:
        """Middle of the best bid and ask; without a book, the last price; None: unknown."""
        book = self.book
        if book is None:
            return self.last_price
        return (book.bids[0][0] + book.asks[0][0]) / 2

    def take_book(self, book: BookUpdate, now_ns: int, out: list[Output]) -> bool:
        """Replace the book; False, with the reason in ``out``, when it may not be used."""
        if not (book.bids and book.asks):
            return self._ignore(Channel.BOOK, "one side is empty", now_ns, out)
        if book.bids[0][0] >= book.asks[0][0]:
            return self._ignore(Channel.BOOK, "crossed", now_ns, out)
        if not self._admit(Channel.BOOK, book.exchange_ns, book.received_ns, now_ns, out):
            return False
        self.book = book
        return True

    def take_trade(self, trade: PublicTrade, now_ns: int, out: list[Output]) -> bool:
        """Take a print; False, with the reason in ``out``, when it may not be used."""
        if self.is_duplicate(trade):
            return self._ignore(Channel.TRADE, "duplicate", now_ns, out)
        if not self._admit(Channel.TRADE, trade.exchange_ns, trade.received_ns, now_ns, out):
            return False
        self.last_price = trade.price
        self.last_trade_ns = trade.exchange_ns
        self.trades_seen += 1
        return True

    def is_duplicate(self, trade: PublicTrade) -> bool:
        """Tell whether a print belongs to a frame that came twice; it would fill twice.

        Prints have no number. But two frames of one stamp that begin with the same print are one:
        the venue gathers the prints of an instant. A tape without a venue has no frames.
        """
        if trade.received_ns == self.twice_ns:
            return True
        first = self.first_print
        if first is not None and trade.received_ns == first.received_ns:
            return False
        if (
            first is not None
            and trade.exchange_ns == first.exchange_ns
            and trade.price == first.price
            and trade.quantity == first.quantity
            and trade.taker_side is first.taker_side
            and Channel.TRADE in self.health.last_ns
        ):
            self.twice_ns = trade.received_ns
            return True
        self.first_print = trade
        return False

    def take_mark(self, mark: MarkPrice, now_ns: int, out: list[Output]) -> bool:
        """Take the mark price; False, with the reason in ``out``, when it may not be used."""
        if not self._admit(Channel.PRICE, mark.exchange_ns, mark.received_ns, now_ns, out):
            return False
        self.mark = mark.mark
        self.index = mark.index
        return True

    def take_candle(self, update: CandleUpdate, now_ns: int, out: list[Output]) -> bool:
        """Take note of a bar; False, with the reason in ``out``, when it may not be used.

        One that begins in the future would make every later push look old. Which bar follows
        which is for the series to judge.
        """
        received_ns = update.received_ns
        is_closed = update.is_closed
        if self.is_future(update.open_ns, received_ns) or not (is_closed or self._is_now(update)):
            return self._ignore(Channel.CANDLE, "stamped in the future", now_ns, out)
        if not is_closed:
            self.health.heard(Channel.CANDLE, update.exchange_ns, received_ns)
        return True

    def _is_now(self, update: CandleUpdate) -> bool:
        """Tell whether a bar's push lies no more than a bar's length after the venue's now."""
        stamp_ns = max(update.open_ns, update.exchange_ns)
        if self.is_future(stamp_ns, update.received_ns):
            return False
        offset_ns = self.health.offset_ns
        if offset_ns is None:
            return True
        return stamp_ns <= update.received_ns - offset_ns + self.candles.interval_ns

    @staticmethod
    def is_future(exchange_ns: int, received_ns: int) -> bool:
        """Tell whether a stamp lies so far ahead that it must be broken."""
        return exchange_ns > received_ns + FUTURE_LIMIT_NS

    def _admit(
        self, channel: Channel, exchange_ns: int, received_ns: int, now_ns: int, out: list[Output]
    ) -> bool:
        if self.is_future(exchange_ns, received_ns):
            return self._ignore(channel, "stamped in the future", now_ns, out)
        if not self.health.heard(channel, exchange_ns, received_ns):
            return self._ignore(channel, "out of order", now_ns, out)
        return True

    def _ignore(self, channel: Channel, reason: str, now_ns: int, out: list[Output]) -> bool:
        out.append(MessageIgnored(at_ns=now_ns, symbol=self.symbol, channel=channel, reason=reason))
        return False
