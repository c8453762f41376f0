"""The synthetic market: a plausible perpetual made of seeded chance alone."""
