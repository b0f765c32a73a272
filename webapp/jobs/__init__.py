"""The ledger: every piece of background work is a row, and Redis only wakes somebody up."""
