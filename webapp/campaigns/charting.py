"""The geometry of the charts, in whole units of their own drawing space; macros/charts.html draws."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 240
#: A part that exists is seen, however small it is.
LEAST = 6
ROWS = 12


class Segment(NamedTuple):
    """A part of a bar: where it begins, and how wide it is."""

    start: int
    width: int


def segments(numbers: Sequence[int]) -> list[Segment]:
    """Divide a bar among numbers, in their order; what is 0 gets nothing."""
    whole = sum(numbers)
    if not whole:
        return [Segment(0, 0) for _ in numbers]
    widths = [max(LEAST, WIDTH * number / whole) if number else 0 for number in numbers]
    scale, at, found = WIDTH / sum(widths), 0.0, []
    for width in widths:
        found.append(Segment(round(at), round(at + width * scale) - round(at)))
        at += width * scale
    return found


class Row(NamedTuple):
    """A moment of a course, for the table beneath its chart."""

    at: datetime
    sent: int
    delivered: int
    failed: int


class Course(NamedTuple):
    """Three lines over time: the points of each, and what stands at the edges."""

    sent: str
    delivered: str
    failed: str
    top: int
    rows: list[Row]


def course(history: Sequence[Sequence[float]]) -> Course | None:
    """Return the course of a batch, from its history; None while there are no two moments."""
    if len(history) < 2:
        return None
    top = nice(max(max(point[1:4]) for point in history))
    begin, end = history[0][0], history[-1][0]
    across = [WIDTH * (point[0] - begin) / max(end - begin, 1) for point in history]
    sent, delivered, failed = (
        " ".join(
            f"{x:.0f},{HEIGHT - HEIGHT * point[column] / top:.0f}"
            for x, point in zip(across, history, strict=True)
        )
        for column in (1, 2, 3)
    )
    step = max(1, -(-(len(history) - 1) // (ROWS - 1)))
    shown = [*history[:-1:step], history[-1]]
    rows = [
        Row(datetime.fromtimestamp(at, UTC), *(int(number) for number in numbers))
        for at, *numbers in shown
    ]
    return Course(sent, delivered, failed, top, rows)


def nice(number: float) -> int:
    """Return a round number that is not smaller, such as 1, 2, 5, 10, 20, 50."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= number:
                return factor * step
        step *= 10
