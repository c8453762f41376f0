"""Any strategy over what was recorded: the same engine, broker, journal and report, no sockets.

A feed says what was heard and when; ``run.replay`` is the shell that a live session's process
otherwise is, in virtual time: it fires the timers the engine asks for, carries out its requests
where the feed can answer them, and keeps the journal.
"""
