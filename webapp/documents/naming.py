"""What a file is called: as its owner called it, and so that no page or program is misled by it."""

import re
import unicodedata
from pathlib import PurePosixPath

NAMELESS = "Document"
LENGTH = 300
ENDING = 20  # longer ones are no endings
#: Joiners that words of some languages need, though they belong to a class that is else left out.
JOINERS = "\u200c\u200d"
#: Control and format characters, among them those that turn the direction of writing, half of a
#: pair of surrogates, and line ends of Unicode's own.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def shown(filename: str | None) -> str:
    """Return the name under which a file is kept: never a path, never empty, at most 300 characters.

    What turns the direction of writing is taken out: with it a program can look like a PDF.
    """
    last = re.split(r"[/\\]", filename or "")[-1]
    normal = unicodedata.normalize("NFC", last)
    plain = "".join(sign if _visible(sign) else " " for sign in normal)
    name = " ".join(plain.split())
    return _cut(name) if name.strip(". ") and name.strip(JOINERS + " ") else NAMELESS


def _visible(sign: str) -> bool:
    return sign in JOINERS or unicodedata.category(sign) not in UNSEEN


def _cut(name: str) -> str:
    """Shorten the stem and keep the ending, by which people and readers know the kind."""
    ending = PurePosixPath(name).suffix
    if len(ending) > ENDING:
        ending = ""
    return name if len(name) <= LENGTH else name[: LENGTH - len(ending)].rstrip() + ending
