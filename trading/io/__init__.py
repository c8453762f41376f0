"""Everything that touches the outside world: clocks, sockets, requests, locks, process facts.

Holds no rule of trading; what it learns enters the core as values.
"""
