"""The recorded market: a tape of another venue's book and trades, played with its own timing."""
