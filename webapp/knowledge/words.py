"""Where the words of a text stand, and how each is written once case, width and accents are put aside.

Knows scripts, but no language: what is a stem or a stop word is the business of ``analysing``.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

#: Scripts that put no spaces between words; searched by pairs of neighbours. Han, kana, Hangul, and
#: Thai, Lao, Burmese, Khmer. (Korean has spaces, but its words carry endings that pairs get past.)
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff"
    "\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U000323af"
)
#: Written inside of a word, and not seen: soft hyphen, joiners.
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060"
#: What holds the parts of one thing together: A-12, 1,200, info@hotel.example, 10:30, rock'n'roll.
JOINING = "-\u2010\u2011.,:/@_'\u2019&+"
LONGEST = 64  # letters of a term that are kept: the rest of a longer one tells nothing more


def _ranges(categories: tuple[str, ...]) -> str:
    """Return the characters of these Unicode categories as the inside of a class."""
    found: list[list[int]] = []
    for code in range(0x300, 0x1F000):
        if unicodedata.category(chr(code)) not in categories:
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


#: Vowel signs and accents that stand as characters of their own, behind the letter that bears them.
MARKS = _ranges(("Mn", "Mc"))
_LETTER = rf"[^\W_{UNSPACED}]"
_PART = rf"{_LETTER}+(?:[{MARKS}{UNSEEN}]+{_LETTER}*)*"
#: What is written together: a run of a script without spaces, or parts with joining characters.
_ANY = re.compile(rf"{_PART}(?:[{JOINING}]{_PART})*|[{UNSPACED}]+")
#: The same for plain ASCII, in half the time.
_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[-.,:/@_'&+][A-Za-z0-9]+)*")
_PARTS = re.compile(_PART)
_IS_RUN = re.compile(rf"[{UNSPACED}]")
#: One sign of such a run with the marks that it bears.
_SIGNS = re.compile(rf"(?s:.)[{MARKS}\uff9e\uff9f]*")
FRACTIONS = frozenset("¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟↉")
_DIGITS_OR_NOT = re.compile(r"\d+|\D+")
#: 1,200 and 1.200,50 and 12.5: what stands between thousands, and what before the fraction.
_NUMBER = re.compile(r"(\d{1,3}(?:([.,'\u2019])\d{3})(?:\2\d{3})*|\d+)(?:[.,](\d+))?")
_UNSEEN = re.compile(f"[{UNSEEN}]")
_NO_WORD = re.compile(rf"[^\w{MARKS}]|_")
# Of Latin, Greek, Cyrillic, Hebrew and Arabic; the vowel signs of Indic scripts are letters.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640]")
_UNLIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


class Atom(NamedTuple):
    """The smallest part of a text that can be looked for, and where it stands."""

    start: int
    end: int
    #: In small letters and of normal width, with its accents.
    form: str


class Piece(NamedTuple):
    """What is written together: its parts, and what the whole is looked up as ("" if as nothing)."""

    atoms: tuple[Atom, ...]
    whole: str
    #: Of a script without spaces: neighbouring atoms make a term.
    run: bool


def fold(text: str) -> str:
    """Put aside what does not make another word of it: case, width, ligatures, unseen hyphens."""
    if text.isascii():
        return text.lower()
    text = _UNSEEN.sub("", text)
    if not (set(text) & FRACTIONS):  # which would become other numbers: 6½ is not 612
        text = unicodedata.normalize("NFKC", text)
    # Case folding may take apart what was composed.
    return _NO_WORD.sub("", unicodedata.normalize("NFC", text.casefold()))


def bare(form: str) -> str:
    """Return a folded form without accents, and no longer than a term may be."""
    if form.isascii():
        return form[:LONGEST]
    apart = unicodedata.normalize("NFD", form.translate(_UNLIKE))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", apart))[:LONGEST]


def together(text: str) -> list[str]:
    """Return what is written together, in order."""
    return (_PLAIN if text.isascii() else _ANY).findall(text)


def places(text: str) -> Iterator[re.Match[str]]:
    """Return the same with where it stands."""
    return (_PLAIN if text.isascii() else _ANY).finditer(text)


def piece(text: str) -> Piece:
    """Take apart what is written together; places are counted from its beginning."""
    if _IS_RUN.match(text):
        return Piece(_signs(text), "", run=True)
    return _piece(text) if len(text) <= LONGEST else _taken_apart(text)


@lru_cache(maxsize=100_000)
def _piece(text: str) -> Piece:
    return _taken_apart(text)


def _signs(text: str) -> tuple[Atom, ...]:
    atoms = (Atom(sign.start(), sign.end(), fold(sign[0])) for sign in _SIGNS.finditer(text))
    return tuple(atom for atom in atoms if atom.form)


def _taken_apart(text: str) -> Piece:
    parts = [
        Atom(part.start(), part.end(), form)
        for part in _PARTS.finditer(text)
        if (form := fold(part[0]))
    ]
    atoms = [atom for part in parts for atom in _letters_and_digits(part)]
    if len(parts) > 1:
        return Piece(tuple(atoms), _joined(text, parts), run=False)
    whole = parts[0].form if len(atoms) > 1 else ""
    return Piece(tuple(atoms), whole, run=False)


def _letters_and_digits(part: Atom) -> list[Atom]:
    """Take 12kg and A12 apart, as if there were a space; but not what is a long key."""
    form = part.form
    if form.isalpha() or form.isdigit() or len(form) != part.end - part.start:
        return [part]
    found = list(_DIGITS_OR_NOT.finditer(form))
    if len(found) > len("H2O"):
        return [part]
    return [Atom(part.start + at.start(), part.start + at.end(), at[0]) for at in found]


def _joined(text: str, parts: list[Atom]) -> str:
    """Return what several parts are together: "A-12" is A12, "1,200" is 1200, e-mail is email."""
    if "@" in text:
        return text.casefold()
    digits = any(char.isdigit() for char in text)
    if number := _NUMBER.fullmatch(text):
        before = "".join(char for char in number[1] if char.isdigit())
        return f"{before}.{number[3]}" if number[3] else before
    if not (set(text) & set(".,:@+")):
        plain = set(text) & set("-\u2010\u2011")
        return "".join(part.form for part in parts) if digits or plain else ""
    return ".".join(part.form for part in parts) if digits and len(parts) <= len("1.2.3.4") else ""
