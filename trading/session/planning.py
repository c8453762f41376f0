"""Make the plan of a session: fix its beginning, its absolute end and its account.

Apart from the plan itself, so that the process that runs one loads nothing of what it takes to make
one: a resume is counted in milliseconds.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import msgspec

from trading.config import SessionConfig
from trading.engine import EngineSetup
from trading.engine.setup import terms_of
from trading.errors import ConfigError
from trading.io.files import write_atomic
from trading.journal.record import SCHEMA_VERSION, Opening
from trading.journal.source import source_digest
from trading.model.events import ControlReceived, ControlWord
from trading.model.numbers import seconds_to_ns
from trading.session.account_state import account_state
from trading.session.clearances import cleared
from trading.session.paths import SessionPaths
from trading.session.plan import SessionPlan
from trading.session.preflight import Preflight
from trading.session.register import AccountState
from trading.session.warmup import WarmUp
from trading.session.world import World


def make_plan(
    config: SessionConfig,
    world: World,
    checked: Preflight,
    warm: WarmUp,
    paths: SessionPaths,
    *,
    is_rescuable: bool = False,
) -> SessionPlan:
    """Fix the session's beginning, its absolute deadline and its account; write the plan.

    ``is_rescuable``: whether somebody will resume it should its supervisor be killed.

    Raises:
        ConfigError: when the account belongs to another source, to a later time, or carries
            positions of another margin mode.
        JournalError: when the account's last session never closed, or its file of words is torn.
    """
    opened_ns = world.clock().now_ns()
    state = account_state(config, paths.var_dir)
    _check_account(config, state, opened_ns)
    setup = EngineSetup(
        session_id=paths.session_id,
        config=config,
        instruments=(checked.instrument,),
        head=state.head,
        opened_ns=opened_ns,
        deadline_ns=opened_ns + seconds_to_ns(config.duration_s),
    )
    opening = Opening(
        schema_version=SCHEMA_VERSION,
        setup=setup,
        config_digest=config.digest(),
        source_digest=source_digest(),
        versions=_versions(),
        venue=config.source,
        endpoint={"rest_url": world.rest_url, "ws_url": world.ws_url},
        predecessor=state.predecessor,
    )
    plan = SessionPlan(
        opening=opening,
        world=world,
        var_dir=str(paths.var_dir.resolve()),
        replies=(checked.funding, *warm.replies),
        words=tuple(
            ControlReceived(opened_ns, ControlWord.CLEAR, each.who, each.why, each.code)
            for each in cleared(paths.var_dir, paths.account, state.head.allowances.latches)
        ),
        is_rescuable=is_rescuable,
    )
    paths.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(paths.plan, msgspec.json.encode(plan))
    return plan


def _check_account(config: SessionConfig, state: AccountState, opened_ns: int) -> None:
    """Refuse a config that does not fit what the account is and carries."""
    if state.source not in {None, config.source}:
        raise ConfigError(
            "account",
            config.account,
            f"an account of source {config.source}",
            f"it has traded on {state.source}; name another account",
        )
    if state.last_ns > opened_ns:
        raise ConfigError(
            "account",
            config.account,
            "an account whose last session lies before this market's time",
            "time does not go back in an account; name another one for this market",
        )
    terms_of(config).check(state.head)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("paper-session", "msgspec", "websockets", "httpx"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
