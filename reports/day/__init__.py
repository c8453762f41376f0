"""What a person reads of a whole day, over all accounts, and the page that leads to everything."""
