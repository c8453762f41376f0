"""The rules of a contract where nobody can be asked: those of the embedded exchange's list."""

from __future__ import annotations

from trading.config import SessionConfig
from trading.exchange.contract import Contract
from trading.exchange.floor import Floor
from trading.exchange.rest import RestDesk
from trading.exchange.synthetic.market import SyntheticMarket
from trading.model.instrument import Instrument
from trading.venues.bitunix import Bitunix


def instrument_of(contract: Contract, config: SessionConfig) -> Instrument:
    """Return a contract as Bitunix would list it, with the config's fees.

    Ticks, steps, minimums and tiers are the embedded exchange's; see its ``contract`` module for
    their sources.
    """
    market = SyntheticMarket(contract, seed=0, start_ns=0)
    desk = RestDesk(Floor({contract.symbol: market}, 0), volume_names="current")
    return listed(desk, config, 0)


def listed(desk: RestDesk, config: SessionConfig, now_ns: int) -> Instrument:
    """Return the instrument by the replies of a REST desk."""
    venue = Bitunix()
    replies = []
    for request in venue.instrument_requests(config.symbol):
        query = "&".join(f"{name}={value}" for name, value in request.query)
        reply = desk.answer(f"{request.path}?{query}", now_ns)
        venue.check_reply(request, reply.status, reply.body)
        replies.append(reply.body)
    return venue.decode_instrument(
        config.symbol,
        tuple(replies),
        taker_fee_bps=config.execution.taker_fee_bps,
        maker_fee_bps=config.execution.maker_fee_bps,
    )
