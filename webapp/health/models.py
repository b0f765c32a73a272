"""The tables of health."""
