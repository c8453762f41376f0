"""The paper venue: accepts orders after their latency, triggers them, fills them from the market.

Knows markets and the account; knows no strategy, no clock and no socket.
"""

from trading.broker.paper import PaperBroker

__all__ = ["PaperBroker"]
