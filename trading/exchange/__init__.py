"""The embedded exchange: Bitunix's public futures protocol on one loopback port.

A process of its own (``python -m trading.exchange``) with a synthetic or a recorded market behind
it. It has no accounts, no orders and no private endpoint; it knows nothing of the sessions,
brokers and strategies that listen to it.
"""
