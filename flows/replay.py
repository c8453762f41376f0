"""``replay``: any strategy over recorded sessions, tapes, files of bars, or a made market.

The same engine, the same broker, the same journal, the same report; only the waiting is left out.
``python -m flows.replay --help`` teaches the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final

from prefect import State, flow

from flows import cli
from flows.form import SETTINGS, config_of, settings_of
from flows.local_server import server_for_one_command
from flows.naming import VAR_ENVIRONMENT, replay_name, replay_paths, var_dir
from tasks.refusals import refusal_of, result_of, told
from tasks.replay import replayed
from tasks.report import report
from tasks.states import state_of
from trading.config import SessionConfig, SessionSettings
from trading.errors import PaperSessionError
from trading.replay.opening import Recorded, fitted, minutes_of, source_of
from trading.session.supervise import SessionResult

ACCOUNT: Final = "replay"

_EXAMPLES: Final = """\
examples:
  python -m flows.replay --strategy donchian
      an hour of the synthetic market
  python -m flows.replay var/demo/latest --strategy sma_cross --set risk.risk_pct=0.25
      what another strategy would have made of your last session
  python -m flows.replay var/demo/latest --strategy pulse --set execution.preset=pessimistic
      the same session under harder assumptions about fills and times (or: optimistic)
  python -m flows.replay bars.parquet --funding settlements.parquet --strategy pullback_ribbon
      months of bars, funding included
"""


@flow(name="replay", flow_run_name=replay_name, retries=0, persist_result=False)
async def replay(
    path: str = "",
    funding: str = "",
    symbol: str = "BTCUSDT",
    minutes: float | None = None,
    strategy: str = "sma_cross",
    seed: int = 1,
    settings: SessionSettings = SETTINGS,
) -> State[SessionResult]:
    """Run a strategy over what was recorded, as fast as it goes. Nobody has the money it earns.

    Args:
        path: A session's folder, a .parquet or .csv of bars, or a tape; empty: a synthetic market.
        funding: Settlements of the bars' time, where the path is a file of bars.
        symbol: The contract of the recording.
        minutes: The most that is played; empty: all of it, or an hour of a synthetic market.
        strategy: A built-in or installed name, or a dotted path ``package.module:Class``.
        seed: Seed of everything random in the session: latency and random strategies.
        settings: Everything that is not asked every day; what is left alone has its default.
    """
    try:
        config, recorded = asked(path, funding, symbol, minutes, strategy, seed, settings)
        paths = replay_paths(config)
        ended = await replayed(config, recorded, paths)
    except PaperSessionError as error:
        refusal = refusal_of(
            error, source=path or "synthetic", symbol=symbol, strategy=strategy, account=ACCOUNT
        )
        return state_of(result_of(refusal))
    return state_of(await report(ended, paths, None))


def asked(
    path: str,
    funding: str,
    symbol: str,
    minutes: float | None,
    strategy: str,
    seed: int,
    settings: SessionSettings,
) -> tuple[SessionConfig, Recorded]:
    """Return the config and the recording that were asked for.

    Raises:
        ConfigError: when a value is refused, or two do not agree.
        JournalError: when a past session's journal cannot be read.
    """
    recorded = Recorded(path=path, funding=funding)
    source = source_of(recorded)
    config = config_of(
        settings,
        source=source,
        symbol=symbol,
        minutes=minutes_of(recorded, source) if minutes is None else minutes,
        strategy=strategy,
        account=ACCOUNT,
        seed=seed,
        speed=1.0,
    )
    return fitted(config, recorded), recorded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the flow as the arguments say; return the exit code of its outcome."""
    chosen = parser().parse_args(arguments)
    if chosen.var_dir:
        os.environ[VAR_ENVIRONMENT] = chosen.var_dir
    try:
        config = cli.parse(chosen)
        recorded = Recorded(path=chosen.path, funding=chosen.funding)
        source_of(recorded)
    except PaperSessionError as error:
        refusal = refusal_of(
            error, source=chosen.path, symbol="", strategy=chosen.strategy, account=ACCOUNT
        )
        cli.say(told(refusal))
        return result_of(refusal).exit_code
    cli.quieten()
    with server_for_one_command(var_dir()):
        return asyncio.run(_run(chosen, config))


def parser() -> argparse.ArgumentParser:
    """Return the parser: the session's own settings, but for what a recording decides."""
    made = argparse.ArgumentParser(
        prog="python -m flows.replay",
        description="Run a strategy over what was recorded: same engine, same broker, same report.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("path", nargs="?", default="", help="session, file of bars, or tape")
    made.add_argument("--funding", default="", help="settlements that go with a file of bars")
    cli.add_settings(made, without=("source", "account", "speed", "minutes"))
    made.add_argument("--minutes", type=float, default=None, help="the most that is played")
    return made


async def _run(chosen: argparse.Namespace, config: SessionConfig) -> int:
    state = await replay(
        path=chosen.path,
        funding=chosen.funding,
        symbol=config.symbol,
        minutes=chosen.minutes,
        strategy=config.strategy,
        seed=config.seed,
        settings=settings_of(config),
        return_state=True,
    )
    return await cli.told_end(state, var_dir() / "replays", ACCOUNT)


if __name__ == "__main__":
    sys.exit(main())
