"""What a journal's inputs say of the market, read again from their bytes, apart from the engine."""
