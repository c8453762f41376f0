"""What each word of the shell does: controls, connections, failures, and plain time."""

from __future__ import annotations

from trading.engine.desk import Desk
from trading.model.events import (
    AttemptStarted,
    ConnectionNoted,
    ControlApplied,
    ControlReceived,
    ControlWord,
    FeedConnected,
    FeedLost,
    FrameRejected,
    FramesConflated,
    MessageIgnored,
    Output,
    PolicyReceived,
    PolicyTaken,
    RequestFailed,
    SessionResumed,
    TimerFired,
)
from trading.model.numbers import NS_PER_MS
from trading.model.orders import OrderRole, OrderStatus


def on_timer(desk: Desk, timer: TimerFired, out: list[Output]) -> None:
    """Time has moved already; nothing else was said."""


def on_policy(desk: Desk, policy: PolicyReceived, out: list[Output]) -> None:
    """Take an outside supervisor's word on what may be opened."""
    desk.policy.take(policy)
    out.append(
        PolicyTaken(
            at_ns=desk.now_ns,
            allow=policy.allow,
            size_multiplier=policy.size_multiplier,
            reduce_only=policy.reduce_only,
            reason=policy.reason,
            who=policy.who,
            expires_ns=policy.expires_ns,
        )
    )
    desk.announce(out)


def on_control(desk: Desk, control: ControlReceived, out: list[Output]) -> None:
    """Do what a person, the supervisor or the kill switch said."""
    now_ns = desk.now_ns
    out.append(ControlApplied(at_ns=now_ns, word=control.word, who=control.who, why=control.why))
    said = f"by {control.who}: {control.why}"
    match control.word:
        case ControlWord.STOP:
            desk.end("stopped", said, out)
        case ControlWord.LIMIT:
            desk.end("limit", said, out)
        case ControlWord.KILL:
            desk.end("killed", said, out)
        case ControlWord.ABANDON:
            desk.end("abandoned", said, out)
        case ControlWord.DISOWN:
            desk.end("lost_ownership", said, out)
        case ControlWord.PAUSE:
            desk.gate.close("paused", said)
        case ControlWord.RESUME:
            desk.gate.lift("paused")
            desk.gate.lift("strategy_failed")
        case ControlWord.CLEAR:
            desk.watch.clear(control.code, control.who, control.why, now_ns, out)
            desk.announce(out)
        case ControlWord.FLATTEN:
            desk.gate.close("paused", said)
            desk.flattening = said
        case ControlWord.LEAVE:
            desk.gate.close("left", said)
            desk.flattening = said
    desk.announce(out)


def on_connected(desk: Desk, connected: FeedConnected, out: list[Output]) -> None:
    """Wait for every channel's first message on the new connection."""
    for market in desk.markets.values():
        market.health.connected(desk.now_ns)
    reason = f"connection {connected.attempt}"
    out.append(ConnectionNoted(at_ns=desk.now_ns, is_up=True, reason=reason))


def on_lost(desk: Desk, lost: FeedLost, out: list[Output]) -> None:
    """Trust no channel until it speaks again."""
    desk.go_blind()
    for market in desk.markets.values():
        market.health.disconnected()
    out.append(ConnectionNoted(at_ns=desk.now_ns, is_up=False, reason=lost.reason))
    desk.check_feed(out)


def on_rejected(desk: Desk, rejected: FrameRejected, out: list[Output]) -> None:
    """Keep the reason why a frame was not understood."""
    out.append(
        MessageIgnored(
            at_ns=desk.now_ns, symbol="", channel=rejected.channel, reason=rejected.reason
        )
    )


def on_conflated(desk: Desk, conflated: FramesConflated, out: list[Output]) -> None:
    """Keep the count of overtaken frames."""
    out.append(
        MessageIgnored(
            at_ns=desk.now_ns,
            symbol="",
            channel="queue",
            reason="overtaken by newer frames",
            count=conflated.count,
        )
    )


def on_failed(desk: Desk, failed: RequestFailed, out: list[Output]) -> None:
    """Keep the reason; a fatal one ends the session."""
    reason = f"{failed.purpose}: {failed.reason}"
    out.append(
        MessageIgnored(at_ns=desk.now_ns, symbol=failed.symbol, channel="rest", reason=reason)
    )
    if failed.is_fatal:
        desk.end("feed_failed", reason, out)


def note_attempt(desk: Desk, resumed: SessionResumed, out: list[Output]) -> None:
    """Say who took over, and for how long nobody was listening: that was no silence of the feed."""
    desk.listen_again(has_new_clock=resumed.has_new_clock)
    desk.gate.lift("left")
    blind_ms = max(0, resumed.received_ns - resumed.last_ns) // NS_PER_MS
    out.append(
        AttemptStarted(
            at_ns=desk.now_ns,
            attempt=resumed.attempt,
            blind_ms=blind_ms,
            snapshot=resumed.snapshot,
            doubts=resumed.doubts,
        )
    )


def on_resumed(desk: Desk, _resumed: SessionResumed, out: list[Output]) -> None:
    """Go blind, and take back the entries that hung in the air.

    What a market entry would have been filled at meanwhile nobody can know, so it never was.
    One that waits in the book or for its trigger is at the venue, and stays.
    """
    desk.go_blind()
    for order in list(desk.broker.orders.values()):
        is_at_venue = order.status is not OrderStatus.IN_FLIGHT
        is_waiting = order.is_resting or (is_at_venue and order.awaits_trigger)
        if order.request.role is OrderRole.ENTRY and not is_waiting:
            desk.broker.drop(order, "nobody was there to see its fill", desk.now_ns, out)
