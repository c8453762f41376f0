"""Everything a strategy may ask of its orders, from the wish to what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.market import bar, ns, trade
from tests.support.run import Run, next_head, setup_of
from tests.support.strategies_orders import ASKED, HERE, script
from trading.account.head import AccountHead
from trading.config import EndPolicy, FeedConfig
from trading.model.events import (
    FeedConnected,
    FeedLost,
    IntentRefused,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRepeated,
    OrderSubmitted,
    OrderTriggered,
    SessionResumed,
    TriggerMoved,
)
from trading.model.intents import (
    AmendEntry,
    CancelEntry,
    Enter,
    Exit,
    Intent,
    MoveProtection,
)
from trading.model.orders import OrderRole, OrderStatus, Side, TimeInForce, Trail, TriggerSource

D = Decimal
BUY, SELL = Side.BUY, Side.SELL


def buy(**fields: Any) -> Enter:  # noqa: ANN401
    """Return a wish to buy with a stop at 49,000."""
    plain: dict[str, Any] = {"side": BUY, "stop_price": D(49_000)}
    return Enter(**plain | fields)


def asked(
    *wishes: Intent | None,
    watched: str = "",
    head: AccountHead | None = None,
    end_policy: EndPolicy = "flatten",
    opened_ms: float = 0,
    feed: FeedConfig | None = None,
) -> Run:
    """Return a session at 50,000 whose strategy wants one thing a print, two prints a second."""
    run = Run(
        setup_of(
            strategy=f"{HERE}:Wishes",
            parameters=script(None, *wishes) | {"watched": watched},
            head=head,
            end_policy=end_policy,
            opened_ms=opened_ms,
            feed=feed,
        )
    )
    run.connect(opened_ms)
    run.step(bar(int(opened_ms // 60_000) - 1, 50_000.0, at_ms=opened_ms + 1))
    run.feed(opened_ms, opened_ms + 1_000, 50_000.0)
    return run


def roles(run: Run) -> list[tuple[str, Decimal]]:
    """Return role and price of every fill."""
    return [(str(fill.role), fill.price) for fill in run.all(OrderFilled)]


def refusals(run: Run) -> list[str]:
    """Return the rules that refused."""
    return [each.rule for each in run.all(IntentRefused)]


# --- types --------------------------------------------------------------------------------


def test_a_stop_entry_waits_for_its_price() -> None:
    """It buys the breakout, a tick above where the market stands then, and is protected."""
    run = asked(buy(trigger_price=D(50_100), target_price=D(50_500)))
    run.feed(1_000, 3_000, 50_050.0)
    assert [] == roles(run)

    run.feed(3_000, 5_000, 50_100.0)
    assert [("entry", D("50100.1"))] == roles(run)
    assert (D(49_000), D(50_500)) == (
        ASKED[-1].stops[-1],
        run.engine.head().orders[1].request.trigger_price,
    )


def test_a_trigger_may_watch_mark_or_index() -> None:
    """The print is at the trigger long before: it is not asked."""
    for source in (TriggerSource.MARK, TriggerSource.INDEX):
        run = asked(buy(trigger_price=D(50_100), trigger_by=source))
        run.feed(
            1_000, 2_000, 50_100.0, only=[c for c in run.engine.setup.channels if c != "price"]
        )
        assert [] == run.all(OrderTriggered)

        run.feed(2_000, 3_000, 50_100.0)
        assert 1 == len(run.all(OrderTriggered))


def test_times_in_force_reach_the_venue() -> None:
    """An FOK for more than is shown is killed; a POST_ONLY that crosses goes away."""
    killed = asked(
        buy(stop_price=D(49_990), limit_price=D("50000.1"), time_in_force=TimeInForce.FOK)
    )
    crossing = asked(buy(limit_price=D(50_050), time_in_force=TimeInForce.POST_ONLY))
    for run, reason in ((killed, None), (crossing, "post-only would have taken")):
        run.feed(1_000, 2_000)
        assert [reason] * bool(reason) == [each.reason for each in run.all(OrderCanceled)]
    assert [("entry", D("50000.1"))] == roles(killed)
    assert [] == roles(crossing)


def test_an_entry_expires_by_the_clock() -> None:
    """Good for two seconds; the feed falls silent, and it is over nevertheless."""
    run = asked(
        buy(limit_price=D(49_900), time_in_force=TimeInForce.GTD, good_for_s=2, client_id="a"),
        watched="a",
    )
    sent_ns = run.all(OrderSubmitted)[0].at_ns
    run.feed(1_000, 2_000)
    run.until(4_500)

    (expired,) = run.all(OrderExpired)
    assert 0 <= expired.at_ns - sent_ns - 2_000_000_000 < 600_000_000
    run.feed(4_500, 5_000)
    assert OrderStatus.EXPIRED is ASKED[-1].statuses[-1]


def test_a_trail_and_a_time_stop_take_a_position_out() -> None:
    """The trail follows to 50,500 and is hit 0.5 % below; or the time is over before."""
    trailed = asked(buy(trail=Trail(callback_bps=D(50))))
    trailed.feed(1_000, 2_000, 50_500.0)
    trailed.feed(2_000, 4_000, 50_240.0)
    timed = asked(buy(hold_s=3))
    timed.feed(1_000, 6_000)

    assert ["entry", "trail"] == trailed.roles()
    assert D("50247.5") == trailed.all(TriggerMoved)[-1].trigger_price
    assert ["entry", "time_stop"] == timed.roles()
    first, last = timed.all(OrderFilled)
    assert 3.0 <= (last.exchange_ns - first.exchange_ns) / 1e9 < 3.6


def test_one_of_a_pair_fills() -> None:
    """A breakout to either side: the entry that was not needed is gone with the first fill."""
    run = asked(
        buy(trigger_price=D(50_100), oco="out", client_id="up"),
        buy(
            side=SELL,
            stop_price=D(51_000),
            trigger_price=D(49_900),
            oco="out",
            client_id="down",
        ),
        buy(trigger_price=D(50_200)),
    )
    run.feed(1_000, 2_000)
    run.feed(2_000, 3_000, 49_900.0)

    assert [("entry", D("49899.9"))] == roles(run)
    assert (["the other of its pair filled"], ["one_position"]) == (
        [each.reason for each in run.all(OrderCanceled)],
        refusals(run),
    )


# --- changes ------------------------------------------------------------------------------


def test_an_entry_is_repriced_and_taken_back_by_its_name() -> None:
    """After the latency of each; a name nobody bears is refused in words."""
    run = asked(
        buy(limit_price=D(49_900), client_id="a"),
        AmendEntry(client_id="a", limit_price=D(49_800)),
        CancelEntry(client_id="a"),
        CancelEntry(client_id="b"),
        AmendEntry(client_id="a", limit_price=D(49_700)),
        watched="a",
    )
    run.feed(1_000, 5_000)

    assert [D(49_800)] == [each.price for each in run.all(OrderAmended)]
    assert ["requested"] == [each.reason for each in run.all(OrderCanceled)]
    assert ["unknown_order", "unknown_order"] == refusals(run)
    assert [OrderStatus.WORKING, OrderStatus.CANCELED] == [
        status for status in dict.fromkeys(ASKED[-1].statuses) if status is not None
    ]


def test_a_stop_is_moved_to_break_even() -> None:
    """Towards the market it goes, as the view shows; away from it is refused."""
    run = asked(
        buy(),
        None,
        MoveProtection(stop_price=D(49_950)),
        None,
        MoveProtection(stop_price=D(49_000)),
    )
    run.feed(1_000, 4_000)

    assert [None, D(49_000), D(49_950)] == list(dict.fromkeys(ASKED[-1].stops))
    assert ["widens_stop"] == refusals(run)
    run.feed(4_000, 5_000, 49_940.0)
    assert ["entry", "stop"] == run.roles()


def test_a_repeated_name_is_no_second_entry() -> None:
    """The first answer again, whatever the repeat asks for, also when the trip is long over."""
    run = asked(buy(client_id="a"), buy(client_id="a"), Exit(), None, None, buy(client_id="a"))
    run.feed(1_000, 6_000)

    assert ["entry", "exit"] == run.roles()
    assert [(1, OrderStatus.WORKING), (1, OrderStatus.FILLED)] == [
        (each.order_id, each.status) for each in run.all(OrderRepeated)
    ]
    assert [] == refusals(run)


# --- over the end of a session ------------------------------------------------------------


def test_a_name_is_spent_for_the_next_session_as_well() -> None:
    """An account's names outlive its sessions."""
    first = asked(buy(client_id="a"), Exit())
    first.feed(1_000, 3_000)
    first.until(700_000)
    again = asked(buy(client_id="a"), head=next_head(first), opened_ms=720_000)
    again.feed(721_000, 723_000)

    assert ([], 1) == (again.roles(), len(again.all(OrderRepeated)))


def test_all_ways_out_are_carried() -> None:
    """Trail and time stop go on where they were: the best price, and the time since the fill."""
    first = asked(buy(trail=Trail(callback_bps=D(100)), hold_s=900), end_policy="carry")
    first.feed(1_000, 3_000, 50_400.0)
    first.feed(3_000, 598_000, 50_300.0, every_ms=2_000)
    first.until(640_000)
    head = next_head(first)
    assert {OrderRole.STOP, OrderRole.TRAIL, OrderRole.TIME_STOP} == {
        order.request.role for order in head.orders
    }

    second = asked(head=head, opened_ms=660_000, end_policy="carry")
    second.feed(661_000, 890_000, 50_300.0, every_ms=2_000)
    assert [] == second.roles()
    second.feed(890_000, 910_000, 50_300.0)
    assert ["time_stop"] == second.roles()

    third = asked(head=head, opened_ms=660_000)
    third.feed(661_000, 662_000, 49_896.0)
    assert ["trail"] == third.roles()
    assert [D("49896.0")] == [each.price for each in third.all(OrderTriggered)]


# --- over a silence -----------------------------------------------------------------------


def silent(*wishes: Intent | None) -> Run:
    """Return a session that hears nothing from 30 s to 240 s, and does not yet know of it."""
    run = asked(*wishes, feed=FeedConfig(stop_s=3_600))
    run.answers_candles = False
    run.feed(1_000, 30_000)
    run.step(FeedLost(ns(30_000), "cut"))
    run.until(240_000)
    run.step(FeedConnected(ns(240_000), 2))
    run.tick(240_500)
    return run


def test_a_time_stop_in_a_silence_is_settled_from_its_bar() -> None:
    """Its time came unheard: at the worst price of that bar, marked; not at today's."""
    run = silent(buy(hold_s=100))
    assert ["entry"] == run.roles()
    for index, low in enumerate((49_995.0, 49_800.0, 49_990.0, 49_990.0)):
        run.step(bar(index, 50_000.0, 50_010.0, low, 50_000.0, at_ms=241_000))

    fill = run.all(OrderFilled)[-1]
    assert (OrderRole.TIME_STOP, D("49795.0"), True) == (fill.role, fill.price, fill.is_pessimistic)


def test_an_entry_reached_in_a_silence_is_dropped() -> None:
    """One that was not goes on waiting."""
    run = silent(
        buy(trigger_price=D(50_005), oco="p"),
        buy(side=SELL, stop_price=D(51_000), trigger_price=D(49_000), oco="p"),
    )
    for index in range(4):
        run.step(bar(index, 50_000.0, 50_010.0, 49_990.0, 50_000.0, at_ms=241_000))

    assert ["its trigger was reached while nobody listened"] == [
        each.reason for each in run.all(OrderCanceled)
    ]
    assert [2] == [order.order_id for order in run.engine.head().orders]


def test_a_waiting_entry_survives_a_restart() -> None:
    """What waits at the venue for its trigger stays there; what hung in the air does not."""
    run = asked(
        buy(trigger_price=D(50_100), oco="p"),
        None,
        buy(trigger_price=D(50_200), oco="p"),
    )
    run.feed(1_000, 1_501)
    run.step(SessionResumed(ns(1_600), 2, ns(1_540)))
    gone = [(each.order_id, each.reason) for each in run.all(OrderCanceled)]

    assert [1] == [order.order_id for order in run.engine.head().orders]
    assert [(2, "nobody was there to see its fill")] == gone


def test_a_replay_that_is_told_of_a_restart_has_missed_nothing() -> None:
    """No venue feeds it: what it is given is the whole market, and a time stop need not wait."""
    run = Run(
        setup_of(
            strategy=f"{HERE}:Wishes",
            parameters=script(None, buy(hold_s=2)),
            channels=(),
            builds_candles=True,
        )
    )
    for at_ms in range(0, 1_500, 100):
        run.at(trade(50_000.0, at_ms=at_ms))
    run.step(SessionResumed(ns(1_500), 2, ns(1_400)))
    for at_ms in range(1_600, 4_000, 100):
        run.at(trade(50_000.0, at_ms=at_ms))

    assert ["entry", "time_stop"] == run.roles()
