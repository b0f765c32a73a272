"""What every page tells of the work, asked once for each request."""

from flask import g

from webapp.jobs import staff


def house() -> staff.House:
    """Return how many workers live, and what is paused."""
    if "house" not in g:
        g.house = staff.house()
    found: staff.House = g.house
    return found
