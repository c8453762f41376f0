"""``paper-session``: one session of a strategy on paper, from the first question to the report.

``python -m flows.paper_session --help`` teaches the rest.
"""

from __future__ import annotations

import asyncio
import sys

import anyio
from prefect import State, flow, runtime

from flows import cli
from flows.form import SETTINGS, coerced, config_of
from flows.naming import due, run_name, session_paths, utc_now, var_dir
from tasks.cancellation import heard, is_asked
from tasks.exchange import market
from tasks.funding_check import checked_funding
from tasks.live_session import books_closed, to_its_end
from tasks.origin import Origin, is_watched_over, write_origin
from tasks.plan import plan
from tasks.preflight import preflight
from tasks.refusals import refusal_of
from tasks.report import report, report_refusal
from tasks.ship import ship
from tasks.slot import late, overlap
from tasks.standing import tell_end
from tasks.states import cancelled, skipped, state_of
from tasks.tags import tag_run
from tasks.warm_up import warm_up
from trading.config import SessionSettings, Source
from trading.errors import PaperSessionError
from trading.model.events import Outcome
from trading.session.paths import SessionPaths
from trading.session.supervise import SessionResult


@flow(
    name="paper-session",
    flow_run_name=run_name,
    retries=0,
    persist_result=False,
    on_completion=[tell_end],
    on_failure=[tell_end],
    validate_parameters=False,  # by ``coerced``, in the flow: a refusal has its name and its page
)
async def paper_session(
    source: Source = "bitunix",
    symbol: str = "BTCUSDT",
    minutes: float = 10.0,
    strategy: str = "sma_cross",
    account: str = "default",
    seed: int = 1,
    speed: float = 1.0,
    settings: SessionSettings = SETTINGS,
) -> State[SessionResult]:
    """Run a strategy on paper, on live market data. Nothing here can place a real order.

    Args:
        source: Whose market: bitunix is the real venue, embedded one of our own (no network).
        symbol: The perpetual contract, as the venue names it, such as BTCUSDT.
        minutes: How long the session lasts; at another speed than 1, minutes of its market.
        strategy: A built-in or installed name (see --list-strategies), or ``package.module:Class``.
        account: The paper account; its wallet, positions and latches go from session to session.
        seed: Seed of everything random, latency and random strategies: the same one draws the same.
        speed: Session seconds per real second; other than 1 only with the embedded exchange.
        settings: Everything that is not asked every day; what is left alone has its default.
    """
    await tag_run(f"{symbol}", f"{strategy}", f"{account}")
    paths: SessionPaths | None = None
    try:
        config = config_of(
            **coerced(
                paper_session,
                source=source,
                symbol=symbol,
                minutes=minutes,
                strategy=strategy,
                account=account,
                seed=seed,
                speed=speed,
                settings=settings,
            )
        )
        if (skip := late(due(), utc_now()) or overlap(var_dir(), config.account)) is not None:
            return skipped(skip)
        paths = session_paths(config)
        async with heard(), market(config, paths, is_rescuable=is_watched_over()) as world:
            checked = await preflight(config, world, paths.var_dir)
            warm = await warm_up(config, world, checked)
            write_origin(paths, Origin(flow_run_id=str(runtime.flow_run.id)))
            await plan(config, world, checked, warm, paths)
            ended = await to_its_end(config, paths)
            funding = await checked_funding(paths, world)
    except PaperSessionError as error:
        return await _refused(error, paths, source, symbol, strategy, account)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            cut = await _cut_short(paths)
            if await is_asked():
                return cancelled(cut)
        raise
    final = await report(ended, paths, funding)
    await asyncio.gather(ship(paths), tag_run(final.outcome))
    return state_of(final)


async def _cut_short(paths: SessionPaths | None) -> SessionResult | None:
    """Close and report a session that was cancelled; None where there was none yet."""
    if paths is None or not paths.journal.exists():
        return None
    return await report(await books_closed(paths, "the run was cancelled"), paths, None)


async def _refused(
    error: PaperSessionError, paths: SessionPaths | None, *asked: object
) -> State[SessionResult]:
    """Report why nothing was started, in the words in which it was ``asked``, read or not."""
    source, symbol, strategy, account = map(str, asked)
    refusal = refusal_of(
        error, source=source, symbol=symbol, strategy=strategy, account=account, paths=paths
    )
    await tag_run(Outcome.REFUSED)
    return state_of(await report_refusal(refusal, paths.folder if paths else None))


if __name__ == "__main__":
    sys.exit(cli.main(paper_session))
