"""Is the world ready? Every question that must be yes before a session starts, asked once.

A check that cannot be answered is a no.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from trading.account.allowances import Latch
from trading.account.head import AccountHead
from trading.config import SessionConfig
from trading.engine.setup import terms_of
from trading.errors import (
    AccountLocked,
    CallerVenueError,
    FatalVenueError,
    JournalError,
    PreflightRefused,
    RegisterError,
    VenueError,
)
from trading.io.clock import SessionClock, monotonic_ns
from trading.io.process import disk_free_mb
from trading.io.rest import RestClient, date_offset_ns
from trading.model.events import (
    FundingRate,
)
from trading.model.instrument import Instrument, InstrumentStatus
from trading.model.numbers import NS_PER_MS, exact
from trading.risk.viability import Outlook, check_viable
from trading.session.account_state import account_state
from trading.session.clearances import cleared, ending
from trading.session.first_messages import first_messages
from trading.session.kill_everywhere import killed
from trading.session.settle import settle_account
from trading.session.world import World
from trading.strategy import registry
from trading.venues.base import RestRequest, Venue
from trading.venues.registry import venue_named

DISK_FREE_MB_LEAST: Final = 200.0
CLOCK_OFFSET_MS_MOST: Final = 10_000.0
DEPTH_LEVELS: Final = 5
SPREAD_BPS_MOST: Final = 100.0
TORN_BPS_MOST: Final = 300.0
"""Between last and mark price; they were 133 bps apart in the crash of 2025-10-10."""
REST_WITHIN_S: Final = 10.0
"""Real seconds for one REST question, retries included."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer."""

    name: str
    found: str
    took_ms: float


class Preflight(msgspec.Struct, frozen=True, kw_only=True):
    """Everything preflight learned; what the session is planned from."""

    instrument: Instrument
    strategy_history_bars: int
    funding: tuple[RestRequest, bytes]
    checks: tuple[Check, ...]
    carried_since_ns: int = 0
    """Exchange time since which a carried position was not watched; 0: none is carried."""


@dataclass(slots=True)
class _Answers:
    """Collects the answers, each with the time it took."""

    checks: list[Check] = field(default_factory=list)
    since_ns: int = field(default_factory=monotonic_ns)

    def note(self, name: str, found: str) -> None:
        now_ns = monotonic_ns()
        took_ms = (now_ns - self.since_ns) / NS_PER_MS
        self.checks.append(Check(name=name, found=found, took_ms=took_ms))
        self.since_ns = now_ns


async def preflight(config: SessionConfig, world: World, var_dir: Path) -> Preflight:
    """Ask every question, cheapest first; the feed is listened to while the venue is asked.

    Raises:
        ConfigError: when the strategy is refused, or no trade could come of the settings.
        PreflightRefused: at the first no, with what was found and what to do.
    """
    answers = _Answers()
    strategy = registry.build(config.strategy, config.parameters_of(config.symbol))
    answers.note("strategy", f"{config.strategy}, {strategy.min_history_bars} bars of look-back")
    clock = world.clock()
    now_ns = clock.now_ns()
    head = await asyncio.to_thread(_check_local, config, var_dir, now_ns, answers)
    venue = venue_named(config.source)
    rng = Random(f"{config.seed} preflight")
    async with (
        _heard_meanwhile(config, world, venue, clock) as hearing,
        RestClient(world.rest_url, venue, clock, rng) as rest,
    ):
        instrument = await _instrument(config, world, venue, rest, answers)
        price, spread_bps = await _market(config, world, venue, rest, answers)
        outlook = Outlook(
            instrument=instrument,
            leverage=terms_of(config).leverage_of(config.symbol),
            wallet=head.wallet,
            price=exact(price),
            spread_bps=spread_bps,
            stop_bps=strategy.planned_stop_bps,
            target_bps=strategy.planned_target_bps,
        )
        answers.note("risk", check_viable(config.risk, outlook))
        funding = await _funding(config, world, venue, rest, answers)
        heard = await hearing
    answers.note("feed", ", ".join(f"{name} {ms:.0f} ms" for name, ms in heard.items()))
    return Preflight(
        instrument=instrument,
        strategy_history_bars=strategy.min_history_bars,
        funding=funding,
        checks=tuple(answers.checks),
        carried_since_ns=head.as_of_ns if head.positions else 0,
    )


@asynccontextmanager
async def _heard_meanwhile(
    config: SessionConfig, world: World, venue: Venue, clock: SessionClock
) -> AsyncIterator[asyncio.Task[dict[str, float]]]:
    """Listen for the first messages while the block runs; whoever leaves it early hears no more.

    A feed takes a connection and up to a trade's time, and waits for no answer of the venue's.
    """
    rng = Random(f"{config.seed} preflight feed")
    hearing = asyncio.create_task(first_messages(config, world, venue, clock, rng))
    try:
        yield hearing
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


def _check_local(
    config: SessionConfig, var_dir: Path, now_ns: int, answers: _Answers
) -> AccountHead:
    """Ask what needs no network: kill switch, disk, account; return how the account stands."""
    try:
        switch = killed(var_dir)
    except RegisterError as error:
        raise _no_store(error) from error
    if switch is not None:
        raise PreflightRefused(
            "kill switch",
            str(switch),
            "find out why it was set, then: python -m trading.session kill clear --by NAME "
            "--reason TEXT",
            is_retryable=False,
        )
    answers.note("kill switch", "not set")
    var_dir.mkdir(parents=True, exist_ok=True)
    free_mb = disk_free_mb(var_dir)
    if free_mb < DISK_FREE_MB_LEAST:
        raise PreflightRefused(
            "disk",
            f"{free_mb:.0f} MB free in {var_dir}",
            f"free at least {DISK_FREE_MB_LEAST:.0f} MB, or set another var folder",
            is_retryable=False,
        )
    answers.note("disk", f"{free_mb:.0f} MB free")
    try:
        settled = settle_account(var_dir, config.account)
        head = account_state(config, var_dir).head
        latches = head.allowances.latches
        held = ending(latches, cleared(var_dir, config.account, latches), now_ns)
    except AccountLocked as error:
        raise PreflightRefused(
            "account",
            str(error),
            "wait for it, or use another account",
            is_retryable=False,
        ) from error
    except RegisterError as error:
        raise _no_store(error) from error
    except JournalError as error:
        raise PreflightRefused(
            "account",
            f"how it stands cannot be known: {error}",
            "look at that file (python -m trading.journal verify), or use another account",
            is_retryable=False,
        ) from error
    answers.note("account", f"{config.account} is free")
    if settled is not None:
        answers.note("last session", f"{settled} had never ended: its books are closed")
    if held and not head.positions:  # what is open must be looked after, whatever has tripped
        raise _held_back(config.account, held[0])
    return head


def _no_store(error: RegisterError) -> PreflightRefused:
    """Return the refusal of a session whose account, or kill switch, cannot be asked for."""
    return PreflightRefused(
        "account store", str(error), "python -m deployments.doctor", is_retryable=True
    )


def _held_back(account: str, latch: Latch) -> PreflightRefused:
    """Return the refusal of a session that could open nothing before it ended again."""
    lifts = f"python -m trading.session latches clear --account {account} --code {latch.code}"
    waits = "" if latch.needs_person else "wait for 00:00 UTC, or "
    return PreflightRefused(
        "breaker",
        f"{latch.code} tripped: {latch.value}, limit {latch.limit}",
        f"read that session's report, then {waits}lift it: {lifts} --by NAME --reason TEXT",
        is_retryable=False,
    )


async def _instrument(
    config: SessionConfig, world: World, venue: Venue, rest: RestClient, answers: _Answers
) -> Instrument:
    """Ask the venue whether it is there, and whether the symbol may be traded."""
    try:
        replies = [
            (await rest.get(request, within_s=REST_WITHIN_S)).body
            for request in venue.instrument_requests(config.symbol)
        ]
        instrument = venue.decode_instrument(
            config.symbol,
            tuple(replies),
            taker_fee_bps=config.execution.taker_fee_bps,
            maker_fee_bps=config.execution.maker_fee_bps,
        )
    except CallerVenueError as error:
        raise PreflightRefused(
            "symbol",
            f"{config.symbol}: {error}",
            "name a contract of the venue's trading-pairs list, such as BTCUSDT",
            is_retryable=False,
        ) from error
    except VenueError as error:
        raise _unreachable(world.rest_url, error) from error
    if instrument.status is not InstrumentStatus.OPEN:
        raise PreflightRefused(
            "symbol",
            f"{config.symbol} is {instrument.status}",
            "wait until the venue opens it again, or trade another symbol",
            is_retryable=False,
        )
    answers.note("symbol", f"{instrument.symbol} open, tick {instrument.tick_size}")
    return instrument


async def _market(
    config: SessionConfig, world: World, venue: Venue, rest: RestClient, answers: _Answers
) -> tuple[float, float]:
    """Return the last price and the spread in bps.

    A market too thin or torn to be traded on paper is refused.
    """
    symbol = config.symbol
    try:
        reply = await rest.get(venue.ticker_request(symbol), within_s=REST_WITHIN_S)
        ticker = venue.decode_ticker(symbol, reply.body)
        reply = await rest.get(venue.depth_request(symbol, DEPTH_LEVELS), within_s=REST_WITHIN_S)
        depth = venue.decode_depth(symbol, reply.body)
    except VenueError as error:
        raise _unreachable(world.rest_url, error) from error
    torn_bps = abs(ticker.last - ticker.mark) / ticker.mark * 1e4
    for what, found_bps, most_bps in (
        ("the spread", depth.spread_bps, SPREAD_BPS_MOST),
        ("last and mark price", torn_bps, TORN_BPS_MOST),
    ):
        if found_bps > most_bps:
            raise PreflightRefused(
                "market",
                f"{symbol}: {what} {found_bps:.1f} bps apart, more than {most_bps:g}",
                "no paper result would mean anything here now; wait, or trade another symbol",
                is_retryable=True,
            )
    answers.note(
        "market", f"last {ticker.last:g}, mark {ticker.mark:g}, spread {depth.spread_bps:.2f} bps"
    )
    return ticker.last, depth.spread_bps


def _unreachable(url: str, error: VenueError) -> PreflightRefused:
    return PreflightRefused(
        "venue",
        f"{url}: {error}",
        "check the network and that the venue may be used from here; "
        "--source embedded needs no network",
        is_retryable=not isinstance(error, FatalVenueError),
    )


async def _funding(
    config: SessionConfig, world: World, venue: Venue, rest: RestClient, answers: _Answers
) -> tuple[RestRequest, bytes]:
    """Ask for the funding rate, and measure the clock by the reply's date."""
    request = venue.funding_rate_request(config.symbol)
    try:
        reply = await rest.get(request, within_s=REST_WITHIN_S)
    except VenueError as error:
        raise _unreachable(world.rest_url, error) from error
    events = venue.decode_reply(request, reply.body, reply.received_ns)
    if not any(isinstance(event, FundingRate) for event in events):
        raise PreflightRefused(
            "funding",
            f"no funding rate for {config.symbol}",
            "the venue's funding endpoint is incomplete; try again later",
            is_retryable=True,
        )
    offset_ns = date_offset_ns(reply) if config.speed == 1.0 else None
    offset_ms = (offset_ns or 0) / NS_PER_MS
    if abs(offset_ms) > CLOCK_OFFSET_MS_MOST:
        raise PreflightRefused(
            "clock",
            f"this clock is {-offset_ms / 1000:.1f} s off the venue's",
            "synchronise the machine's clock (NTP)",
            is_retryable=False,
        )
    answers.note("funding", "rate known")
    answers.note("clock", f"within {abs(offset_ms):.0f} ms of the venue's, which has 1 s steps")
    return request, reply.body
