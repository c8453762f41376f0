"""The ways a session can go, lived: the engine on the embedded exchange's market, in virtual time.

Each writes the journal of a whole session, every byte of it heard and every output given out by
the code that runs live, so it verifies. ``told_scenarios`` has the same ways with numbers by hand.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.faulty_session import FaultySession
from trading.config import RiskConfig
from trading.model.events import ControlReceived, ControlWord

HOLD_OVER = "tests.support.strategies_live:HoldOver"
PATIENT = {
    "strategy_parameters": {"period_s": 45.0, "hold_s": 40.0, "stop_bps": 12.0},
    "risk": RiskConfig(entry_interval_s=0.0, risk_pct=0.2, losses_in_a_row_max=0),
}
MINUTES = 4.0


def _whole(session: FaultySession, path: Path) -> Path:
    session.run()
    assert session.engine.has_ended
    return path


def good(path: Path, minutes: float = 6.0) -> Path:
    """Trade all the time, to the end, on a feed that broke off once."""
    script = "connection:2+250s drop"
    session = FaultySession(script, minutes=minutes, journal=path, settings=PATIENT)
    return _whole(session, path)


def idle(path: Path) -> Path:
    """Look on."""
    return _whole(FaultySession("", minutes=MINUTES, journal=path, strategy="hold"), path)


def halted(path: Path) -> Path:
    """Lose what a day may lose, and be stopped by the breaker."""
    risk = RiskConfig(entry_interval_s=0.0, daily_loss_usdt=40.0)
    session = FaultySession("", minutes=MINUTES, journal=path, settings={"risk": risk})
    return _whole(session, path)


def crashed(path: Path) -> Path:
    """Lose the process in the middle, and never start another."""
    session = FaultySession("", minutes=MINUTES, journal=path)
    session.run(110.0)
    session.die()
    return path


def resumed(path: Path) -> Path:
    """Lose the process in the middle, and go on in another after 75 seconds."""
    session = FaultySession("", minutes=MINUTES, journal=path)
    session.run(110.0)
    session.die()
    session.rise(75.0)
    return _whole(session, path)


def killed(path: Path) -> Path:
    """End by a person's word."""
    session = FaultySession("", minutes=MINUTES, journal=path)
    session.run(100.0)
    session.tell(ControlReceived(session.now_ns, ControlWord.KILL, "operator", "seen enough"))
    return _whole(session, path)


def liquidated(path: Path) -> Path:
    """Hold far too much while the price falls by three percent within a moment."""
    settings = {
        "risk": RiskConfig(
            entry_interval_s=0.0, risk_pct=2.0, leverage_max=125.0, notional_max_usdt=1e6
        ),
        "leverage": 125,
        "strategy_parameters": {"stop_bps": 20.0},
    }
    session = FaultySession(
        "connection:2+63s spike -300 for 20s",
        minutes=MINUTES,
        journal=path,
        strategy=HOLD_OVER,
        settings=settings,
    )
    return _whole(session, path)


def carried(path: Path) -> Path:
    """Enter once and leave the position to the account's next session."""
    session = FaultySession(
        "", minutes=MINUTES, journal=path, strategy=HOLD_OVER, settings={"end_policy": "carry"}
    )
    return _whole(session, path)


def hedged(path: Path) -> Path:
    """Hold a long and a short of one symbol beside each other."""
    settings = {"position_mode": "hedge", "strategy_parameters": {}}
    both = "tests.support.strategies_orders:BothSidesOnTrades"
    session = FaultySession("", minutes=1.5, journal=path, strategy=both, settings=settings)
    return _whole(session, path)
