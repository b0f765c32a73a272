"""Lengths of time and places in line, in words."""

from datetime import timedelta

_ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
#: Before so much is done, in so many seconds, nobody can say how long the rest will take.
LEAST_PART, LEAST_SECONDS = 0.1, 3.0
_SIZES = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def span(length: timedelta | float) -> str:
    """Say how long something took, in its two largest units: “0.4 seconds”, “3 minutes 20 seconds”."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 0.1:
        return "a moment"
    if seconds < 10:
        return _count(round(seconds, 1), "second")
    whole = round(seconds)
    first = next(place for place, (_, size) in enumerate(_SIZES) if whole >= size)
    parts = []
    for name, size in _SIZES[first : first + 2]:
        number, whole = divmod(whole, size)
        if number:
            parts.append(_count(number, name))
    return " ".join(parts)


def about(low: float, high: float) -> str:
    """Say a length that is only known roughly, in seconds: “about 2 minutes”, “2 to 4 minutes”."""
    if high < 10:
        return "a few seconds"
    name, size = next((one for one in _SIZES if high >= 2 * one[1]), _SIZES[-1])
    step = 10 if name == "second" else 1
    least, most = (max(1, round(number / size / step)) * step for number in (low, high))
    return f"about {_count(most, name)}" if least == most else f"{least} to {most} {name}s"


def left(done: int, total: int | None, spent: timedelta) -> tuple[float, float] | None:
    """Return between how many seconds the rest will take, by the speed so far; None: it would be a guess.

    Speed changes, so the bounds are far apart at first, and nearer the further it is.
    """
    part, seconds = done / total if total else 0.0, spent.total_seconds()
    if not LEAST_PART <= part <= 1 or seconds < LEAST_SECONDS:
        return None
    rest, doubt = seconds * (1 - part) / part, 2 - part
    return rest / doubt, rest * doubt


def ordinal(ahead: int) -> str:
    """Say a place in line by how many are ahead: “next in line”, “third in line”, “number 42 in line”."""
    if ahead < len(_ORDINALS):
        return f"{_ORDINALS[ahead]} in line"
    return f"number {ahead + 1:,} in line"


def _count(number: float, name: str) -> str:
    return f"{number:,g} {name}{'' if number == 1 else 's'}"
