"""What can be done to a value, and what to say of a filter that does not exist."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

Filter = Callable[[str], str]

#: Written with a text in quotation marks, which stands where a value is missing.
DEFAULT = "default"
_WORD = re.compile(r"[^\s-]+")


def capitalised(value: str) -> str:
    """Return each word with a capital letter and small ones after it."""
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), value)


def first_word(value: str) -> str:
    """Return what stands before the first gap."""
    return value.split(None, 1)[0]


def trimmed(value: str) -> str:
    """Return the words with one space between them."""
    return " ".join(value.split())


FILTERS: dict[str, Filter] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": capitalised,
    "first": first_word,
    "trim": trimmed,
}
#: What people write who know another language.
MEANT = {
    **dict.fromkeys(("or", "else", "fallback", "otherwise", "if_empty"), DEFAULT),
    **dict.fromkeys(("capitalize", "capitalise", "capfirst", "proper", "titlecase"), "title"),
    **dict.fromkeys(("uppercase", "capitals", "caps"), "upper"),
    **dict.fromkeys(("lowercase", "small"), "lower"),
    **dict.fromkeys(("strip", "clean"), "trim"),
    **dict.fromkeys(("first_word", "firstname", "first_name", "word"), "first"),
}


def no_such_filter(name: str) -> str:
    """Return the sentence for a filter that does not exist."""
    if not name:
        return "After the | the name of a filter is missing."
    known = [*FILTERS, DEFAULT]
    advice = f"Did you mean “{MEANT[name]}”?" if name in MEANT else nearest(name, known)
    return f"There is no filter called “{name[:40]}”. {advice}"


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the question whether the nearest was meant, else all that there are."""
    near = get_close_matches(name, known, 1, 0.6)
    if near:
        return f"Did you mean “{near[0]}”?"
    return f"There are: {', '.join(known)}." if known else "There are none yet."
