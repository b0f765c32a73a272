"""Notices: what the house tells its own people."""
