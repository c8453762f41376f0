"""The embedded exchange without its sockets: its frames and replies, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final
from urllib.parse import urlencode

from trading.config import SessionConfig
from trading.engine.closing import CLOSING_NS_MAX
from trading.engine.setup import VENUE_CHANNELS
from trading.exchange.opening import open_markets
from trading.exchange.options import ExchangeOptions
from trading.exchange.rest import RestDesk
from trading.exchange.subscriber import Subscriber
from trading.model.events import Channel, FeedConnected
from trading.model.numbers import NS_PER_MS, NS_PER_S, seconds_to_ns
from trading.replay.feed import Heard
from trading.replay.listing import listed
from trading.session.warmup import bars_needed
from trading.strategy import registry
from trading.venues.base import RestRequest
from trading.venues.bitunix import Bitunix

DELAY_MS: Final = (15, 60)
"""A frame is received a uniform draw of milliseconds after it was pushed."""
START_NS: Final = 1_700_000_040 * NS_PER_S
"""Where a made market begins: a whole minute of 2023-11-14; a fixed one, so a seed is a market."""
_POLL_NS: Final = 50 * NS_PER_MS


class OfflineMarket:
    """A synthetic market, or a tape, as a session at the exchange's own sockets would hear it."""

    venue = "embedded"
    channels: tuple[Channel, ...] = VENUE_CHANNELS

    def __init__(self, config: SessionConfig) -> None:
        """Open the market the config names under ``exchange``.

        Raises:
            ConfigError: when the tape is none, or does not hold the symbol.
            FeedError: when it cannot be read.
        """
        self._config = config
        is_tape = config.exchange.market == "recorded"
        options = ExchangeOptions(
            market=config.exchange.market,
            symbols=(config.symbol,),
            seed=config.exchange.market_seed,
            tape=config.exchange.tape,
            start_ns=None if is_tape else START_NS,
        )
        opening = open_markets(options, START_NS)
        self._floor = opening.floor
        self._desk = RestDesk(self._floor, volume_names=options.volume_names)
        self._bitunix = Bitunix()
        self.start_ns = opening.start_ns
        wanted_ns = self.start_ns + seconds_to_ns(config.duration_s)
        over_ns = self._floor.end_ns
        self.end_ns = wanted_ns if over_ns is None else min(wanted_ns, over_ns - CLOSING_NS_MAX)
        self.origin = {
            "market": options.market,
            "tape": options.tape,
            "seed": str(options.seed),
        }
        self.instrument = listed(self._desk, config, self.start_ns)

    def heard(self) -> Iterator[Heard]:
        """Yield history, the connection, and every frame that is pushed."""
        config, venue, start_ns = self._config, self._bitunix, self.start_ns
        funding = venue.funding_rate_request(config.symbol)
        yield start_ns, (funding, self._asked(funding, start_ns))
        yield from self._history()
        yield start_ns, FeedConnected(start_ns, 1)
        chance = Random(f"{config.exchange.market_seed} delay")
        subscriber = Subscriber(self._floor, now_ns=start_ns, trade_times="seconds")
        for message in venue.subscriptions(config.symbol, config.interval_s):
            subscriber.hear(message, start_ns)
        now_ns, received_ns = start_ns, start_ns
        last_ns = self.end_ns + CLOSING_NS_MAX  # what is open is closed on a market that goes on
        while now_ns < last_ns:
            now_ns = min(max(subscriber.next_due_ns(now_ns, poll_ns=_POLL_NS), now_ns + 1), last_ns)
            while not self._floor.advance(now_ns):
                pass
            for frame in subscriber.due(now_ns, self._floor.take_prints()):
                delay_ns = round(chance.uniform(*DELAY_MS) * NS_PER_MS)
                received_ns = max(received_ns, now_ns + delay_ns)
                yield received_ns, frame.body

    def _history(self) -> Iterator[Heard]:
        config, start_ns = self._config, self.start_ns
        strategy = registry.build(config.strategy, config.parameters_of(config.symbol))
        interval_ns = config.interval_s * NS_PER_S
        end_ns = start_ns // interval_ns * interval_ns
        first_ns = end_ns - bars_needed(config, strategy.min_history_bars) * interval_ns
        page: RestRequest | None = self._bitunix.candles_request(
            config.symbol, config.interval_s, first_ns, end_ns
        )
        pages = []
        while page is not None:
            body = self._asked(page, start_ns)
            pages.append((page, body))
            page = self._bitunix.candles_rest(page, body)
        for found in reversed(pages):
            yield start_ns, found

    def answer(self, request: RestRequest, now_ns: int) -> bytes | None:
        """Return what the exchange's REST desk says at that time."""
        return self._asked(request, now_ns)

    def _asked(self, request: RestRequest, now_ns: int) -> bytes:
        reply = self._desk.answer(f"{request.path}?{urlencode(request.query)}", now_ns)
        self._bitunix.check_reply(request, reply.status, reply.body)
        return reply.body
