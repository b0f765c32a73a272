"""Templates: texts with places for what differs from one recipient to the next."""
