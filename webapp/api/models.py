"""The tables of api."""
