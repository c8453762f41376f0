"""Prefect tasks: one a file, options and one call below; no rule of trading lives here."""
