"""How long and how large, in words."""

MEGA = 1024 * 1024


def span(seconds: float) -> str:
    """Return a length of time as people say it: ``0.4 s``, ``40 s``, ``12 min``, ``3 h 20 min``, ``4 days``."""
    if seconds < 0.1:
        return "less than 0.1 s"
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days = round(hours / 24)
    return "1 day" if days == 1 else f"{days:,} days"


def size(bytes_: int) -> str:
    """Return such as ``212 MB``."""
    return f"{bytes_ / MEGA:,.0f} MB" if bytes_ < 1024 * MEGA else f"{bytes_ / 1024 / MEGA:,.1f} GB"
