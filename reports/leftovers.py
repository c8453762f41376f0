"""What was open at the end, and where the venue would take it away.

The account is built again as the journal left it, and answers by the rules it traded under.
"""

from __future__ import annotations

from reports import formats
from reports.story import SessionStory
from trading.account.account import Account
from trading.account.head import AccountHead
from trading.account.health import MarginHealth
from trading.account.position import Position
from trading.engine.setup import terms_of
from trading.model.margin import MarginMode
from trading.model.sides import PositionKey, name_of


def leftovers(story: SessionStory) -> str:
    """Return quantity, name and liquidation price of every position left open; empty: none.

    A cross account's other positions are taken at the closes of their last bars. Where a price of
    one is not known, or a journal is older than margin, no liquidation price is told.
    """
    held = {each.key: each for each in story.opening.setup.head.positions} | _changed(story)
    terms = terms_of(story.config)
    head = AccountHead(
        wallet=story.ending.wallet, margin_mode=terms.mode, positions=tuple(held.values())
    )
    health = MarginHealth(Account(head, terms), story.instruments)
    marks: dict[str, float | None] = {bar.symbol: bar.close for bar in story.bars}
    words = []
    for (symbol, side), position in sorted(held.items()):
        if position.is_flat:
            continue
        line = f"{formats.digits(position.quantity)} {name_of(position)}"
        is_backed = terms.mode is MarginMode.CROSS or bool(position.margin)
        price = health.liquidation_price(symbol, marks, side) if is_backed else None
        if price is not None:
            tick = story.instruments[symbol].tick_size
            line += f", liquidated at {formats.on_tick(price, tick)}"
        words.append(line)
    return "; ".join(words)


def _changed(story: SessionStory) -> dict[PositionKey, Position]:
    """Return how every position that changed was left: looked for from the end, for it is there."""
    sides = 1 if story.config.position_mode == "one_way" else 2
    found: dict[PositionKey, Position] = {}
    for told in reversed(story.positions):
        key = (told.symbol, told.position_side)
        if key not in found:
            found[key] = Position(
                symbol=told.symbol,
                position_side=told.position_side,
                quantity=told.quantity,
                entry_value=told.entry_value,
                margin=told.margin,
            )
        if len(found) == sides * len(story.instruments):
            break
    return found
