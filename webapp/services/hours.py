"""Opening hours as people write them: ``09:00-12:30, 14:00-18:00``."""

import re
from collections.abc import Sequence
from itertools import pairwise

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY = 24 * 60
OPENING = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE
)
CLOSED = {"", "-", "–", "closed"}


class NotHours(ValueError):
    """What was typed are not opening hours; the text says it to the person."""


def parse(typed: str) -> list[list[int]]:
    """Return the openings in minutes of the day; none means closed. Raises NotHours."""
    if typed.strip().lower() in CLOSED:
        return []
    openings = sorted(_opening(part.strip()) for part in re.split(r"[,;]", typed) if part.strip())
    for earlier, later in pairwise(openings):
        if later[0] < earlier[1]:
            raise NotHours(f"{written([earlier])} and {written([later])} overlap.")
    return openings


def _opening(part: str) -> list[int]:
    found = OPENING.fullmatch(part)
    if found is None:
        raise NotHours(
            f"“{part[:40]}” is not a time span. Write such as 09:00-12:30, 14:00-18:00, "
            "or leave it empty when closed."
        )
    opens, closes = (int(found[n]) * 60 + int(found[n + 1] or 0) for n in (1, 3))
    if int(found[2] or 0) > 59 or int(found[4] or 0) > 59 or closes > DAY:
        raise NotHours(f"“{part}” goes past the end of a day, which is 24:00.")
    if opens >= closes:
        raise NotHours(f"“{part}” ends before it begins. For a night, end at 24:00.")
    return [opens, closes]


def written(openings: Sequence[Sequence[int]]) -> str:
    """Return the openings as they stand in the form."""
    return ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in openings)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
