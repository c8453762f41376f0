"""The words of the house: numbers, instruments, orders, intents and events.

Knows nothing of clocks, files, sockets or venues; everything above may import it.
"""
