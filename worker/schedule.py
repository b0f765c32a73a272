"""What a worker does when it hears beat tick."""

from webapp.schedules import ticking


def tick() -> None:
    """Ask for whatever is due by the clock. It does no harm however often it is heard, and by how many."""
    ticking.tick()
