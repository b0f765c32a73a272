"""How long data is kept, and how a customer is erased."""
