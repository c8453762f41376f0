"""What is known of the market, one symbol at a time: book, candles, prices, and their ages.

Knows nothing of orders, accounts or strategies.
"""
