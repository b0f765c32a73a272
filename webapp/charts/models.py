"""The tables of charts."""
