"""Which language a text is in: by its script, and by the small words that each language has.

No model. What cannot be told, or hardly matters (a table of numbers), has none: "".
"""

import re
from collections.abc import Iterable
from functools import cache

from webapp.knowledge.stop_words import STOP_WORDS
from webapp.knowledge.words import bare, fold

LOOKED_AT = 2_000  # characters
#: Scripts that tell the language; of the others the words do.
SCRIPTS = (
    ("ja", "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"),
    ("ko", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"),
    ("zh", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"),
    ("th", "\u0e00-\u0e7f"),
    ("el", "\u0370-\u03ff\u1f00-\u1fff"),
    ("he", "\u0590-\u05ff"),
    ("cyrillic", "\u0400-\u052f"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff"),
    ("devanagari", "\u0900-\u097f"),
    ("latin", "A-Za-z\u00aa-\u024f\u1e00-\u1eff"),
)
_OF_SCRIPT = [(name, re.compile(f"[{inside}]")) for name, inside in SCRIPTS]
WRITTEN_IN = {
    "cyrillic": {"bg", "ru", "uk"},
    "arabic": {"ar", "fa"},
    "devanagari": {"hi"},
    "latin": set(STOP_WORDS) - {"ar", "bg", "el", "fa", "hi", "ru", "uk"},
}
_WORDS = re.compile(r"[^\W\d_]+")
#: A sign of these says about as much as three letters of an alphabet.
DENSE = {"ja": 3, "ko": 3, "zh": 3}
#: Small words, a word of several languages counting in parts, that must be there to tell; and
#: how many to each one of the language that was expected.
ENOUGH, CLEARLY_MORE = 1.5, 2.0
#: At least this share of a text is small words, if it is text.
SHARE = 0.05


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that say nothing by themselves, folded, also as typed without accents."""
    words = {fold(word) for word in STOP_WORDS.get(language, "").split()}
    return frozenset(words | {bare(word) for word in words})


def language_of(text: str, prior: str = "") -> str:
    """Return the language (ISO 639-1), or "" when it cannot be told.

    ``prior`` is what the whole is in: kept by a short passage that does not clearly speak against it.
    """
    text = text[:LOOKED_AT]
    script = _script(text)
    if script not in WRITTEN_IN:
        return script or prior
    among = WRITTEN_IN[script]
    votes, count = _votes(text, among)
    best, most = max(votes.items(), key=_by_votes, default=("", 0.0))
    if prior in among:
        clear = most >= 2 * ENOUGH and most >= CLEARLY_MORE * votes.get(prior, 0.0)
        return best if clear else prior
    if most >= ENOUGH and most >= SHARE * count:
        return best
    return next(iter(among)) if len(among) == 1 else ""


def _by_votes(vote: tuple[str, float]) -> tuple[float, str]:
    return vote[1], vote[0]


def _script(text: str) -> str:
    if text.isascii():
        return "latin"
    counts = {name: DENSE.get(name, 1) * len(inside.findall(text)) for name, inside in _OF_SCRIPT}
    if counts["ja"] and 20 * counts["ja"] >= counts["zh"]:  # few kana among kanji are Japanese too
        counts["ja"] += counts.pop("zh")
    name, most = max(counts.items(), key=_by_votes)
    return name if most else ""


def _votes(text: str, among: Iterable[str]) -> tuple[dict[str, float], int]:
    votes: dict[str, float] = {}
    speakers = _speakers()
    words = _WORDS.findall(text.casefold())
    for word in words:
        if word not in speakers:
            continue
        languages = [one for one in speakers[word] if one in among]
        for language in languages:
            votes[language] = votes.get(language, 0.0) + 1 / len(languages)
    return votes, len(words)


@cache
def _speakers() -> dict[str, list[str]]:
    """Return each small word with the languages that have it."""
    speakers: dict[str, list[str]] = {}
    for language in STOP_WORDS:
        for word in stop_words(language):
            speakers.setdefault(word, []).append(language)
    return speakers
