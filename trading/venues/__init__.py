"""Venue codecs: bytes to market events, REST requests as values. Sans-I/O, one package a venue.

Knows the words of ``trading.model`` and nothing of sockets, clocks or files. ``base`` holds the
face every venue shows, ``registry`` finds one by the name of a session's source.
"""
