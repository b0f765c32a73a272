"""What a column of the recipients is called in a text."""

import unicodedata
from collections.abc import Iterable

from webapp.message_templates.filters import nearest

LONGEST_NAME = 64


def name_of(header: str) -> str:
    """Return the name of a column as a placeholder: “First name” is ``first_name``.

    Empty when the header holds neither a letter nor a digit. A name is its own name.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", header).lower())
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in text)
    return "_".join(kept.split())[:LONGEST_NAME].strip("_")


def unknown(names: Iterable[str], available: Iterable[str]) -> list[str]:
    """Return a sentence for each name that is not available, with the nearest that is."""
    known = sorted(set(available))
    return [
        f"There is no column called “{name}”. {nearest(name, known)}"
        for name in sorted(set(names) - set(known))
    ]
