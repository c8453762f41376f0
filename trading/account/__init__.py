"""What the account owns and owes, exact to the last digit.

Positions, the ledger, funding and round trips. Knows nothing of books, orders' lives or strategies.
"""
