"""Words by which jobs are found: made alike of what is kept and of what is typed.

Each name is kept as the words that begin at one of its parts ("price-list.pdf": that, "list.pdf" and
"pdf"), so whatever part of it somebody begins to type is the beginning of a kept word. Letters are
small and without accents; each sign of a script without spaces begins a part.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import phonenumbers
from phonenumbers import NumberParseException

LENGTH = 32
MOST_KEPT = 400  # words of one name, such as of a page's long address
MOST_TYPED = 10
LAST_SIGN = "\U0010ffff"
#: Chinese, Japanese and Korean signs, Thai, Lao, Khmer and Myanmar: written without spaces.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_COMPOUND = re.compile(r"[^\W_]+(?:[@._/+:&=?%#~-]+[^\W_]+)*")
_PART = re.compile(rf"[{_SPACELESS}]|[^\W_{_SPACELESS}]+")
_SCHEME = re.compile(r"\b(?:https?|ftp)://", re.IGNORECASE)
_APOSTROPHES = re.compile(r"['’ʼ`´]")
_INTERNATIONAL = re.compile(r"\+\d{8,15}(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(?<![\w.@-])\+?\(?\d[\d\s().-]{5,}\d(?![\w@])", re.ASCII)
_DIGITS_OF_A_NUMBER = 7


def fold(text: str) -> str:
    """Return a text in small letters, without accents and apostrophes."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in parted if unicodedata.category(sign) != "Mn")
    return _APOSTROPHES.sub("", _SCHEME.sub(" ", unicodedata.normalize("NFC", plain)))


def kept(texts: Iterable[str | None]) -> list[str]:
    """Return the words under which something is kept that is called so."""
    found: dict[str, None] = {}
    for text in texts:
        for word in _words_of(text or ""):
            if len(found) == MOST_KEPT:
                return sorted(found)
            found[word] = None
    return sorted(found)


def _words_of(text: str) -> Iterator[str]:
    plain = fold(text)
    for compound in _COMPOUND.findall(plain):
        for part in _PART.finditer(compound):
            yield compound[part.start() :][:LENGTH]
    for number in _NUMBER.findall(plain):
        if len(digits := _digits(number)) >= _DIGITS_OF_A_NUMBER:
            yield digits[:LENGTH]
    for number in _INTERNATIONAL.findall(text):
        yield from _at_home(number)


def _at_home(number: str) -> Iterator[str]:
    """Yield a telephone number as it is dialled in its own country, without the leading zero."""
    try:
        yield str(phonenumbers.parse(number).national_number)
    except NumberParseException:
        return


def typed(text: str) -> list[tuple[str, ...]]:
    """Return what somebody may have meant: of each reading all words must be found, as beginnings.

    "98123 45678" may be one telephone number or two numbers.
    """
    plain = fold(text)
    readings = [_COMPOUND.findall(plain)]
    if joined := [one for one in _NUMBER.findall(plain) if _is_number(one)]:
        rest = plain
        for number in joined:
            rest = rest.replace(number, " ")
        readings.append([*map(_dialled, joined), *_COMPOUND.findall(rest)])
    return [
        tuple(dict.fromkeys(word[:LENGTH] for word in words))
        for number, words in enumerate(readings)
        if words and words not in readings[:number]
    ]


def _is_number(number: str) -> bool:
    return len(_digits(number)) >= _DIGITS_OF_A_NUMBER


def _dialled(number: str) -> str:
    """Return a number's digits without what is dialled before it: 00 abroad, 0 at home."""
    return _digits(number).lstrip("0") or "0"


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)
