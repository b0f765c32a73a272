"""The one analyser: what of a text is looked up in the index, and what of a question.

The same on both databases, because neither database takes a text apart: they are given terms. A term
is a stem of its language, without accents; of a script without spaces two neighbouring signs; of a
number or a code what is typed, and its parts.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from threading import Lock
from typing import Any, NamedTuple

import Stemmer

from webapp.knowledge.languages import language_of, stop_words
from webapp.knowledge.words import Atom, Piece, bare, piece, places, together

__all__ = ["Question", "Token", "Word", "atoms", "language_of", "question", "terms", "tokens"]

#: Grows with each change that makes other terms of the same text, here, in ``words``, ``languages`` and
#: ``stop_words`` or in what ``index`` takes for a passage's words: texts are then outdated.
VERSION = 1
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "fi": "finnish", "fr": "french", "hi": "hindi",
    "hu": "hungarian", "id": "indonesian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish",
}  # fmt: skip
#: Languages that write several words as one, and how long a word is that may be such a one.
COMPOUNDING = ("de", "nl", "sv", "da", "no", "fi", "hu")
LONG = 6
#: Words of a question that count; of more, the first ones.
MOST_WORDS = 100
_QUOTED = re.compile("[\"\u201c\u201e\u201f\u00ab\u300c]([^\"\u201c-\u201f\u00ab\u00bb\u300c\u300d]+)"
                     "[\"\u201c\u201d\u00bb\u300d]")  # fmt: skip
_lock = Lock()


class Token(NamedTuple):
    """A term, and where in the original text it comes from."""

    start: int
    end: int
    term: str


class Word(NamedTuple):
    """A word of a question: one of its terms must be in a passage for the word to be there.

    A word has several terms when the index holds several languages, each with its own stem.
    """

    terms: tuple[str, ...]
    #: The term is only the beginning of one: the word is still being typed, or is a single sign.
    beginning: bool = False
    #: It stood in quotation marks: a passage without it is not wanted.
    needed: bool = False
    #: Its stem, if words of its language are put together into longer ones: those are kin of it.
    compound: str = ""


class Question(NamedTuple):
    """What is looked for."""

    words: tuple[Word, ...]
    #: What stood in quotation marks: forms that must stand side by side (see ``atoms``).
    phrases: tuple[tuple[str, ...], ...] = ()
    #: It has nothing but stop words: the passages must be read, because the index lacks them.
    stop_words: tuple[str, ...] = ()


def terms(text: str, language: str) -> list[str]:
    """Return what the index holds of a text, in order."""
    return list(chain.from_iterable(map(_kept(language).__getitem__, together(text))))


def tokens(text: str, language: str) -> Iterator[Token]:
    """Yield the terms of a text with their places in it; those of a whole before those of its parts."""
    return _placed(text, language, None)


def matches(text: str, language: str, wanted: Callable[[str], object]) -> Iterator[Token]:
    """Yield those tokens whose term is wanted; much faster than to look at every token."""
    return _placed(text, language, wanted)


def _placed(text: str, language: str, wanted: Callable[[str], object] | None) -> Iterator[Token]:
    kept = _kept(language)
    for found in places(text):
        if wanted is not None and not any(map(wanted, kept[found[0]])):
            continue
        start = found.start()
        for token in _tokens(piece(found[0]), language):
            if wanted is None or wanted(token.term):
                yield Token(start + token.start, start + token.end, token.term)


def atoms(text: str) -> Iterator[Atom]:
    """Yield every smallest part of a text, stop words too, without accents: for phrases."""
    for found in places(text):
        start = found.start()
        for atom in piece(found[0]).atoms:
            yield Atom(start + atom.start, start + atom.end, bare(atom.form))


def question(query: str, languages: Sequence[str], *, prefix: bool = False) -> Question:
    """Take a question apart for an index that holds these languages. Never fails.

    Characters that mean something elsewhere (``*``, ``NEAR``, ``:``) mean nothing here; only pairs
    of quotation marks do. ``prefix``: the last word may go on.
    """
    asked = language_of(query)
    held = list(dict.fromkeys(languages)) or [asked]
    quoted = list(_QUOTED.finditer(query))
    phrases = [tuple(atom.form for atom in atoms(one[1])) for one in quoted]
    open_end = prefix and bool(query) and query[-1].isalnum()
    words: dict[tuple[str, ...], Word] = {}
    said: list[str] = []
    found = list(places(query))[:MOST_WORDS]
    for each in found:
        apart = piece(each[0])
        said += [bare(atom.form) for atom in apart.atoms]
        needed = any(one.start() < each.start() < one.end() for one in quoted)
        for word in _words(apart, held, asked, last=open_end and each is found[-1]):
            before = words.get(word.terms, word)
            words[word.terms] = word._replace(needed=needed or before.needed)
    return Question(
        tuple(words.values())[:MOST_WORDS],
        tuple(phrase for phrase in phrases if phrase),
        () if words else tuple(dict.fromkeys(said)),
    )


def _words(apart: Piece, held: list[str], asked: str, *, last: bool) -> Iterator[Word]:
    if apart.whole:
        yield Word((bare(apart.whole),), beginning=last)
    if apart.run:
        forms = [bare(atom.form) for atom in apart.atoms]
        pairs = ["".join(pair) for pair in pairwise(forms)]
        yield from (Word((pair,)) for pair in pairs)
        if len(forms) == 1:
            yield Word((forms[0],), beginning=True)
        return
    for atom in apart.atoms:
        open_end = last and atom is apart.atoms[-1]
        if atom.form in stop_words(asked) and not open_end:
            continue
        found = [term for language in held if (term := _term(atom.form, language))]
        if open_end:
            found.append(bare(atom.form))
        if found:
            yield Word(
                tuple(dict.fromkeys(found)),
                beginning=open_end,
                compound=_compound(atom.form, held, asked),
            )


def _compound(form: str, held: list[str], asked: str) -> str:
    languages = [one for one in held if one in COMPOUNDING and asked in {"", one}]
    if not languages or len(form) < LONG or not form.isalpha():
        return ""
    stem = _term(form, languages[0])
    return stem if len(stem) >= LONG else ""


def _tokens(apart: Piece, language: str) -> Iterator[Token]:
    found = apart.atoms
    if not found:
        return
    if apart.whole:
        yield Token(found[0].start, found[-1].end, bare(apart.whole))
    if not apart.run:
        for atom in found:
            if term := _term(atom.form, language):
                yield Token(atom.start, atom.end, term)
        return
    for one, two in pairwise(found):
        yield Token(one.start, two.end, bare(one.form + two.form))
    # Every sign begins a term or is one, so that a single sign is found as the beginning of a term.
    yield Token(found[-1].start, found[-1].end, bare(found[-1].form))


class Kept(dict[str, tuple[str, ...]]):
    """The terms of what was written together, of one language, as far as it was met already."""

    MOST = 50_000
    LONGEST = 24  # longer ones hardly come again: runs without spaces, above all

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def __missing__(self, found: str) -> tuple[str, ...]:
        known = tuple(token.term for token in _tokens(piece(found), self.language))
        if len(found) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
            self[found] = known
        return known


@lru_cache
def _kept(language: str) -> Kept:
    return Kept(language)


@lru_cache(maxsize=200_000)
def _term(form: str, language: str) -> str:
    """Return the term of a folded form; "" for a stop word."""
    if form in stop_words(language):
        return ""
    if language not in STEMMERS or not form.isalpha():
        return bare(form)
    with _lock:  # a stemmer is of one thread at a time
        return bare(_stemmer(language).stemWord(form))


@lru_cache
def _stemmer(language: str) -> Any:
    return Stemmer.Stemmer(STEMMERS[language], 0)
