"""What may be risked: sizing, and the review every intent passes before it is an order."""
