"""Lengths of time and lists, as a person would say them."""

from collections.abc import Sequence


def span_words(seconds: float) -> str:
    """Say a length of time roughly."""
    for unit, size, least in (("day", 86_400, 172_800), ("hour", 3_600, 5_400), ("minute", 60, 90)):
        if seconds >= least:
            return _many(round(seconds / size), unit)
    return _many(round(seconds), "second")


def _many(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Return names with commas, and “and” before the last."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def size_words(size: float) -> str:
    """Say a number of bytes."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GB"
