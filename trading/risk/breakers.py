"""The breakers: limits on what an account may lose, which trip, hold, and say why.

=================  =============================================  ==========  ====================
code               measured                                       effect      holds until
=================  =============================================  ==========  ====================
daily_loss         equity now below equity at 00:00 UTC           stop        the next UTC day
drawdown           equity now below the highest ever              halt        a person clears it
losses_in_a_row    round trips lost, whatever closed them         no_entries  the next UTC day
errors             errors of one class in the last hour           stop        a person clears it
failures_in_a_row  sessions broken off by process, feed, machine  stop        a person clears it
=================  =============================================  ==========  ====================

Beside them, without a latch, what keeps entries apart: orders per minute, the time after a stop,
the end of the session, settlements, and times of day (``waits``).

Equity is wallet plus unrealised profit at the mark, from the ledger; where it is unknown nothing
is measured, and no position is opened either. What trips stays tripped over restarts and
sessions. Breakers never touch an order that reduces.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from trading.account.allowances import FOR_EVER, Allowances, Effect, Latch
from trading.config.risk import RiskConfig, blackout
from trading.model.numbers import NS_PER_DAY, NS_PER_S, ZERO, exact, seconds_to_ns

DAILY_LOSS: Final = "daily_loss"
DRAWDOWN: Final = "drawdown"
LOSSES: Final = "losses_in_a_row"
ERRORS: Final = "errors"
FAILURES: Final = "failures_in_a_row"
_NO_FLOOR: Final = Decimal("-Infinity")
_CLOSING: Final = frozenset({Effect.FLATTEN, Effect.STOP, Effect.HALT})


class Breakers:
    """The limits of one account, applied to its allowances; holds nothing but both."""

    __slots__ = (
        "_apart_ns",
        "_blackouts",
        "_config",
        "_cooldown_ns",
        "_daily_pct",
        "_daily_usdt",
        "_drawdown_pct",
        "_floor",
        "_floor_of",
        "_last_ns",
        "allowances",
    )

    def __init__(self, config: RiskConfig, allowances: Allowances) -> None:
        """Turn the configured limits into exact numbers once."""
        self._config = config
        self._daily_pct = exact(config.daily_loss_pct)
        self._daily_usdt = exact(config.daily_loss_usdt)
        self._drawdown_pct = exact(config.drawdown_pct)
        self._blackouts = [(*_of_day_ns(each), each) for each in config.blackouts_utc]
        self._cooldown_ns = seconds_to_ns(config.cooldown_after_stop_s)
        self._last_ns = seconds_to_ns(config.no_entry_last_s)
        self._apart_ns = seconds_to_ns(config.settlement_blackout_s)
        self._floor = _NO_FLOOR
        """Equity at which the nearer limit of loss is reached, of the day and peak beside it."""
        self._floor_of = (ZERO, ZERO)
        self.allowances = allowances

    def passes(self, now_ns: int, equity: Decimal | None) -> bool:
        """Take an equity into the record; True: nothing trips at it and nothing holds, surely.

        So it nearly always is; whatever is not told so wants a ``check``.
        """
        allowances, config = self.allowances, self._config
        if equity is None or allowances.latches or allowances.errors_ns:
            return False
        allowances.roll(now_ns, equity)
        if self._floor_of != (allowances.day_equity, allowances.peak_equity):
            self._floor_of = (allowances.day_equity, allowances.peak_equity)
            self._floor = self._lowest_allowed()
        return (
            equity > self._floor
            and not 0 < config.losses_in_a_row_max <= allowances.losses_in_a_row
            and not 0 < config.failures_in_a_row_max <= allowances.failures_in_a_row
        )

    def check(self, now_ns: int, equity: Decimal | None) -> list[Latch]:
        """Measure everything; return what tripped just now, and let what is over go."""
        allowances = self.allowances
        for code in [c for c, latch in allowances.latches.items() if now_ns >= latch.until_ns]:
            allowances.clear(code)
        if equity is not None:
            allowances.roll(now_ns, equity)
        tripped = []
        for latch in self._measured(now_ns, equity):
            if latch.code not in allowances.latches:
                allowances.latches[latch.code] = latch
                tripped.append(latch)
        return tripped

    def _lowest_allowed(self) -> Decimal:
        """Return the equity at which the nearer limit of loss is reached."""
        allowances, allowed = self.allowances, self._allowed_loss()
        most = allowances.peak_equity * self._drawdown_pct / 100
        floors = [allowances.day_equity - allowed] if allowed is not None else []
        if most > ZERO:
            floors.append(allowances.peak_equity - most)
        return max(floors, default=_NO_FLOOR)

    def _measured(self, now_ns: int, equity: Decimal | None) -> list[Latch]:
        """Return a latch for every limit that is passed at this instant."""
        allowances, config = self.allowances, self._config
        found = []

        def trip(code: str, effect: Effect, value: str, limit: str, until_ns: int) -> None:
            found.append(
                Latch(
                    code=code,
                    effect=effect,
                    value=value,
                    limit=limit,
                    at_ns=now_ns,
                    until_ns=until_ns,
                )
            )

        if equity is not None:
            lost = allowances.day_equity - equity
            allowed = self._allowed_loss()
            if allowed is not None and lost >= allowed:
                told = f"{allowed:.2f} of {allowances.day_equity:.2f} USDT at 00:00 UTC"
                until_ns = allowances.next_day_ns
                trip(DAILY_LOSS, Effect.STOP, f"{lost:.2f} USDT lost", told, until_ns)
            fallen = allowances.peak_equity - equity
            most = allowances.peak_equity * self._drawdown_pct / 100
            if self._drawdown_pct > ZERO and fallen >= most > ZERO:
                told = f"{most:.2f}, {self._drawdown_pct} % of {allowances.peak_equity:.2f} USDT"
                trip(DRAWDOWN, Effect.HALT, f"{fallen:.2f} USDT below its peak", told, FOR_EVER)
        losses = allowances.losses_in_a_row
        if 0 < config.losses_in_a_row_max <= losses:
            most_losses = f"{config.losses_in_a_row_max} in a row"
            until_ns = max(allowances.next_day_ns, now_ns + 1)
            trip(LOSSES, Effect.NO_ENTRIES, f"{losses} losses", most_losses, until_ns)
        for kind, count in allowances.errors_in_hour(now_ns).items():
            if 0 < config.errors_per_hour_max <= count:
                most_errors = f"{config.errors_per_hour_max} of a class an hour"
                trip(ERRORS, Effect.STOP, f"{count} of {kind}", most_errors, FOR_EVER)
        failures = allowances.failures_in_a_row
        if 0 < config.failures_in_a_row_max <= failures:
            most_failures = f"{config.failures_in_a_row_max} in a row"
            trip(FAILURES, Effect.STOP, f"{failures} sessions failed", most_failures, FOR_EVER)
        return found

    def _allowed_loss(self) -> Decimal | None:
        """Return what the day may lose, in USDT: the smaller of the two limits; None: neither."""
        limits = []
        if self._daily_pct > ZERO:
            limits.append(self.allowances.day_equity * self._daily_pct / 100)
        if self._daily_usdt > ZERO:
            limits.append(self._daily_usdt)
        return min(limits) if limits and self.allowances.day_equity > ZERO else None

    def waits(
        self, now_ns: int, deadline_ns: int, settlements_ns: Iterable[int | None]
    ) -> list[str]:
        """Return what an entry has to wait for at this instant.

        ``settlements_ns``: the settlements nearest to now, past and to come; None: not known.
        """
        config, allowances = self._config, self.allowances
        found: list[str] = []
        if 0 < config.orders_per_min_max <= len(allowances.orders_ns):  # of which some may be older
            orders = allowances.orders_in_minute(now_ns)
            if orders >= config.orders_per_min_max:
                found.append(f"orders_per_min: {orders} in the last minute")
        stopped_ns = allowances.stopped_out_ns
        if stopped_ns is not None and now_ns - stopped_ns < self._cooldown_ns:
            left_s = (self._cooldown_ns - (now_ns - stopped_ns)) / NS_PER_S
            found.append(f"cooldown: {left_s:.0f} s more after a stop")
        if deadline_ns - now_ns < self._last_ns:
            found.append(f"session_end: within the last {config.no_entry_last_s:g} s")
        for at_ns in settlements_ns:
            if at_ns is not None and abs(now_ns - at_ns) < self._apart_ns:
                found.append(f"settlement: within {config.settlement_blackout_s:g} s of one")
                break
        for begin_ns, length_ns, window in self._blackouts:
            if (now_ns - begin_ns) % NS_PER_DAY < length_ns:
                found.append(f"blackout: {window} UTC")
        return found

    def closes(self) -> Latch | None:
        """Return a latch under which nothing stays open; None: there is none."""
        if not self.allowances.latches:
            return None
        held = (latch for latch in self.allowances.latches.values() if latch.effect in _CLOSING)
        return next(held, None)

    def blocks(self) -> tuple[str, ...]:
        """Return a standing reason against entries for every latch."""
        latches = self.allowances.latches
        if not latches:
            return ()
        return tuple(f"{each.code}: {each.value}, limit {each.limit}" for each in latches.values())


def _of_day_ns(window: str) -> tuple[int, int]:
    """Return when a window of the day begins, after midnight, and how long it is."""
    begin_s, end_s = blackout(window)
    begin_ns, end_ns = begin_s * NS_PER_S, end_s * NS_PER_S
    return begin_ns, (end_ns - begin_ns) % NS_PER_DAY
