"""Websites: pages of a host, fetched with care, and read into knowledge."""
