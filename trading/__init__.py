"""Paper trading on live perpetual-futures data; knows no Prefect and can place no real order."""
