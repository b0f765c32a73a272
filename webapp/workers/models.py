"""The tables of workers."""
