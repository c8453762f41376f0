"""The ways a session can go, each as a small journal with numbers that fit on a hand.

An entry of 0.1 at 86,500.0 costs a fee of 5.19 (6 bps of 8,650); its exit at 86,600.0 earns 10
before a fee of 5.196.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from msgspec import structs

from tests.support.told_opening import SYMBOL, told_opening, with_instrument
from tests.support.told_session import Teller
from trading.account.position import Position
from trading.config import SessionConfig
from trading.model.events import (
    AttemptStarted,
    BreakerTripped,
    CandleGap,
    Channel,
    ConnectionNoted,
    ControlApplied,
    ControlWord,
    EntriesResumed,
    EntriesSuspended,
    EquityMarked,
    FeedStage,
    FundingUnknown,
    IntentRefused,
    LedgerReason,
    LiquidationEnded,
    LiquidationStarted,
    MessageIgnored,
    OrderCanceled,
    OrderRejected,
    OrderSubmitted,
    Outcome,
    StrategyFailed,
)
from trading.model.orders import OrderRequest, OrderRole, OrderType, Side

HOSTILE = '</td></svg><script>alert("x")</script><img src=x onerror=alert(1)>{{ 7*7 }}&amp;'


def one_trade(path: Path) -> Path:
    """Write one winning long that ran into its target, and nothing else."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0", target="86600.0")
    teller.mark(61, "86450.0")
    teller.mark(90, "86550.0")
    teller.leave(120, "86600.0", OrderRole.TARGET, "target")
    teller.end(600)
    return teller.close()


def no_trades(path: Path) -> Path:
    """Write nine bars on which two entries were wanted and refused."""
    teller = Teller(path)
    teller.bar(-120, (86_400.0, 86_410.0, 86_390.0, 86_405.0), is_backfilled=True)
    teller.start()
    teller.say(EntriesSuspended(at_ns=teller.ns(1), reason=f"{SYMBOL} warm_up: 1 of 51 bars"))
    for minute in range(9):
        close = 86_400.0 + minute
        teller.bar(minute * 60, (86_400.0, close + 5, 86_390.0, close))
    for number, at_s in enumerate((200, 260), start=1):
        teller.wish(at_s, Side.BUY, "86300", None, "cross")
        refused = IntentRefused(
            at_ns=teller.ns(at_s),
            intent_id=number,
            symbol=SYMBOL,
            rule="warm_up",
            detail="3 of 51 contiguous bars",
            remedy="entries open again when the reason is gone",
        )
        teller.say(refused)
    teller.say(EntriesResumed(at_ns=teller.ns(301), reason=f"{SYMBOL} warm_up: 1 of 51 bars"))
    teller.mark(500, "86500")
    teller.end(600, Outcome.NO_TRADES)
    return teller.close()


def crash(path: Path) -> Path:
    """Write an open position and then nothing more: no last word, no closing record."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.SELL, "86500.0", "0.1", stop="86600.0")
    teller.mark(90, "86480.0")
    teller.writer.commit(is_durable=False)
    return teller.close()


def crash_unmarked(path: Path) -> Path:
    """Write an open position that no sample ever valued."""
    teller = Teller(path)
    teller.start()
    teller.mark(59, "86500.0")
    teller.enter(60, Side.SELL, "86500.0", "0.1", stop="86600.0")
    return teller.close()


def resumed(path: Path) -> Path:
    """Write a session whose process was gone from 200 s to 260 s, with a losing short."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.SELL, "86500.0", "0.1", stop="86600.0")
    teller.mark(100, "86520.0")
    teller.say(AttemptStarted(at_ns=teller.ns(260), attempt=2, blind_ms=60_000))
    teller.say(
        CandleGap(at_ns=teller.ns(261), symbol=SYMBOL, from_ns=teller.ns(180), to_ns=teller.ns(240))
    )
    teller.leave(262, "86600.0", OrderRole.STOP, "stop")
    teller.end(600, Outcome.DEGRADED, detail="a gap in the bars")
    return teller.close()


def killed(path: Path) -> Path:
    """Write a session that a person killed with a position open; the feed had been stale."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0")
    teller.mark(70, "86490.0")
    teller.stage(100, Channel.BOOK, FeedStage.STALE, 8_100)
    teller.stage(110, Channel.BOOK, FeedStage.DEAD, 18_100)
    teller.say(ConnectionNoted(at_ns=teller.ns(111), is_up=False, reason="book silent"))
    teller.say(ConnectionNoted(at_ns=teller.ns(112), is_up=True, reason="connection 2"))
    teller.stage(120, Channel.BOOK, FeedStage.FRESH, 90)
    control = ControlApplied(
        at_ns=teller.ns(150), word=ControlWord.KILL, who="operator", why="seen enough"
    )
    teller.say(control)
    teller.leave(150, "86480.0", OrderRole.FLATTEN, "session killed")
    teller.end(151, Outcome.KILLED, "killed", "by operator: seen enough")
    return teller.close()


def funded(path: Path) -> Path:
    """Write a long held over one settlement that was booked and one that is still owed."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0")
    teller.fund(120, "86500.0", "0.0001")
    teller.leave(180, "86600.0", OrderRole.EXIT, "enough")
    owed = FundingUnknown(
        at_ns=teller.ns(600),
        symbol=SYMBOL,
        settlement_ns=teller.ns(170),
        quantity=Decimal("0.1"),
    )
    teller.say(owed)
    teller.end(600, Outcome.DEGRADED, detail="1 funding settlements still owed")
    return teller.close()


def carried(path: Path) -> Path:
    """Write a long that was meant to be carried and is open at the end, 5 above its entry."""
    teller = Teller(path, told_opening(SessionConfig(end_policy="carry", minutes=10)))
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0")
    teller.mark(61, "86500.0")
    teller.end(600, mark="86550.0")
    return teller.close()


def rejected(path: Path) -> Path:
    """Write one entry the venue rejected and one that came back unfilled."""
    teller = Teller(path)
    teller.start()
    teller.bar(0, (86_500.0, 86_510.0, 86_490.0, 86_505.0))
    request = OrderRequest(
        symbol=SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.1"),
        role=OrderRole.ENTRY,
        price=Decimal("80000.0"),
    )
    teller.wish(61, Side.BUY, "79000", None, "dip")
    teller.orders += 1
    at_ns = teller.ns(61)
    teller.say(OrderSubmitted(at_ns=at_ns, order_id=1, request=request, arrival_ns=at_ns + 1))
    teller.say(OrderRejected(at_ns=at_ns + 1, order_id=1, code="30015", detail="under the band"))
    teller.wish(62, Side.BUY, "79000", None, "dip")
    order_id = teller.send(62, structs.replace(request, price=Decimal("86000.0")))
    gone = OrderCanceled(
        at_ns=teller.ns(599), order_id=order_id, reason="session over", unfilled=Decimal("0.1")
    )
    teller.say(gone)
    teller.end(600, Outcome.NO_TRADES)
    return teller.close()


def liquidated(path: Path) -> Path:
    """Write a long of 2 that the venue took away at 82,500, its fee, and what insurance paid."""
    teller = Teller(path)
    teller.start()
    for minute, close in enumerate((86_500.0, 85_200.0, 83_900.0, 82_700.0)):
        teller.bar(minute * 60, (close + 900, close + 1_000, close - 100, close))
    teller.enter(60, Side.BUY, "86500.0", "2", stop="60000.0")
    for second in range(62, 240, 2):
        teller.mark(second, 86_500.0 - 22.0 * (second - 60))
    begun = LiquidationStarted(
        at_ns=teller.ns(240),
        symbol=SYMBOL,
        quantity=Decimal(2),
        mark=Decimal("82500.0"),
        balance=Decimal("812.5"),
        maintenance=Decimal(825),
    )
    teller.say(begun)
    teller.leave(240, "82500.0", OrderRole.LIQUIDATION, "liquidation")
    fee = teller.post(240.3, LedgerReason.LIQUIDATION_FEE, Decimal(-495), "liquidation")
    paid = teller.post(240.3, LedgerReason.INSURANCE, Decimal(120), "liquidation")
    done = LiquidationEnded(
        at_ns=teller.ns(240.3),
        symbol=SYMBOL,
        closed=Decimal(2),
        left=Decimal(0),
        fee=Decimal(495),
        insured=Decimal(120),
    )
    teller.say(fee, paid, done)
    teller.end(600, mark="82500")
    return teller.close()


def halted(path: Path) -> Path:
    """Write a session that its limit of the day's loss ended, two losing longs into it."""
    teller = Teller(path)
    teller.start()
    for number in range(2):
        begun_s = 60 + 120 * number
        teller.enter(begun_s, Side.BUY, "86500.0", "0.5", stop="86000.0")
        for second in range(0, 60, 5):
            teller.mark(begun_s + 1 + second, 86_500.0 - 8 * second)
        teller.leave(begun_s + 61, "86000.0", OrderRole.STOP, "stop")
    tripped = BreakerTripped(
        at_ns=teller.ns(242),
        code="daily_loss",
        effect="halt",
        value="603.6 USDT",
        limit="500 USDT",
        until_ns=teller.ns(72_000),
        needs_person=False,
    )
    teller.say(
        tripped, EntriesSuspended(at_ns=teller.ns(242), reason=f"{SYMBOL} daily_loss: 603.6")
    )
    teller.end(243, Outcome.HALTED, "daily_loss", "603.6 USDT lost, limit 500 USDT", mark="86000")
    return teller.close()


def twin(path: Path, *, is_killed: bool) -> Path:
    """Write a winning long; killed, its process was gone for 4 s in which nothing happened."""
    teller = Teller(path)
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0", target="86600.0")
    teller.mark(90, "86550.0")
    if is_killed:
        teller.say(AttemptStarted(at_ns=teller.ns(104), attempt=2, blind_ms=4_000))
    teller.leave(120, "86600.0", OrderRole.TARGET, "target")
    teller.end(600)
    return teller.close()


def opening_only(path: Path) -> Path:
    """Write a journal with nothing but its opening."""
    return Teller(path).close()


def broken(path: Path) -> Path:
    """Write a ledger whose second balance is a cent more than its lines say."""
    teller = Teller(path)
    teller.start()
    first = teller.post(10, LedgerReason.INSURANCE, Decimal("5.00"), "gift")
    teller.wallet += Decimal("0.01")
    second = teller.post(11, LedgerReason.INSURANCE, Decimal("-1.00"), "taken back")
    teller.say(first, second)
    teller.end(600)
    return teller.close()


def hostile(path: Path) -> Path:
    """Write hostile text wherever a journal can hold text."""
    config = SessionConfig(strategy=HOSTILE, minutes=10)
    opening = told_opening(config)
    told = replace(opening.setup.instruments[0], base=HOSTILE, quote=HOSTILE)
    teller = Teller(path, with_instrument(opening, told))
    teller.start()
    teller.enter(60, Side.BUY, "86500.0", "0.1", stop="86400.0", reason="=cmd|' /C calc'!A0")
    teller.say(
        StrategyFailed(at_ns=teller.ns(70), symbol=SYMBOL, error=HOSTILE, failures_in_a_row=1),
        MessageIgnored(at_ns=teller.ns(70), symbol=HOSTILE, channel=HOSTILE, reason=HOSTILE),
        EntriesSuspended(at_ns=teller.ns(70), reason=HOSTILE),
    )
    teller.leave(80, "86480.0", OrderRole.EXIT, HOSTILE)
    teller.end(600, Outcome.HALTED, HOSTILE, HOSTILE)
    return teller.close()


def _taking_over(path: Path, mark: str | None) -> Teller:
    """Return a teller of a short of 0.2 at 86,600, last marked by the session before at this."""
    opening = told_opening(SessionConfig(end_policy="carry", minutes=10))
    quantity, value = Decimal("-0.2"), Decimal("17320.0")
    held = Position(symbol=SYMBOL, quantity=quantity, entry_value=value)
    head = structs.replace(opening.setup.head, positions=(held,))
    if mark is not None:
        worth = quantity * Decimal(mark)
        marked = EquityMarked(
            at_ns=opening.setup.opened_ns - 1,
            wallet=head.wallet,
            unrealised=worth + value,
            equity=head.wallet + worth + value,
            exposure=abs(worth),
        )
        head = structs.replace(head, marked=marked)
    teller = Teller(path, structs.replace(opening, setup=structs.replace(opening.setup, head=head)))
    teller.position, teller.entry_value = quantity, value
    teller.start()
    return teller


def carried_in(path: Path) -> Path:
    """Write a short taken over unmarked and held, marked at 86,580 and then at 86,560."""
    teller = _taking_over(path, None)
    teller.mark(1, "86580")
    teller.end(600, mark="86560")
    return teller.close()


def carried_in_marked(path: Path) -> Path:
    """Write the same short, which the session before had last marked at 86,570."""
    teller = _taking_over(path, "86570")
    teller.mark(1, "86580")
    teller.end(600, mark="86560")
    return teller.close()
