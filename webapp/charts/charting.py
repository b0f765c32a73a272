"""The geometry of the charts of work, in whole units of their own drawing space; macros draw it."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 240
#: What exists is seen, however small it is.
LEAST = 3
#: Scales on which a length of time is read easily, in seconds.
LENGTHS = (
    *(0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400),
    *(21600, 43200, 86400),
)


class Block(NamedTuple):
    """A rectangle of a bar."""

    x: int
    y: int
    width: int
    height: int


class Bars(NamedTuple):
    """Bars of one or more parts, stacked: for each part its blocks, None where there is nothing."""

    top: int
    parts: list[list[Block | None]]


class Lines(NamedTuple):
    """Lines over the same slots: for each the stretches without a gap, as points."""

    top: float
    lines: list[list[str]]


def bars(series: Sequence[Sequence[int]]) -> Bars:
    """Stack series of numbers, the first at the bottom."""
    totals = [sum(numbers) for numbers in zip(*series, strict=True)]
    top, step = nice(max(totals, default=0)), WIDTH / max(len(totals), 1)
    gap, filled = min(step * 0.2, 8), [0] * len(totals)
    parts = []
    for numbers in series:
        blocks: list[Block | None] = []
        for slot, number in enumerate(numbers):
            height = max(LEAST, round(HEIGHT * number / top)) if number else 0
            left, right = round(slot * step + gap / 2), round((slot + 1) * step - gap / 2)
            y = max(0, HEIGHT - filled[slot] - height)
            blocks.append(Block(left, y, max(1, right - left), height) if number else None)
            filled[slot] += height
        parts.append(blocks)
    return Bars(top, parts)


def lines(series: Sequence[Sequence[float | None]]) -> Lines:
    """Draw series of lengths of time; where nothing is known a line has a gap."""
    largest = max((value for values in series for value in values if value is not None), default=0)
    top = next((length for length in LENGTHS if length >= largest), None)
    scale = float(top) if top is not None else nice(largest / 86_400) * 86_400.0
    return Lines(scale, [_stretches(values, scale) for values in series])


def _stretches(values: Sequence[float | None], top: float) -> list[str]:
    step = WIDTH / max(len(values), 1)
    found: list[list[str]] = [[]]
    for slot, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append(f"{round((slot + 0.5) * step)},{round(HEIGHT - HEIGHT * value / top)}")
    # A single point is a line of no length, which round caps make a dot.
    return [" ".join(points if len(points) > 1 else points * 2) for points in found if points]


def nice(number: float) -> int:
    """Return a round number that is not smaller and not 0, such as 1, 2, 5, 10, 20, 50."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= number:
                return factor * step
        step *= 10
