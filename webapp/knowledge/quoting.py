"""The sentences of passages that answer a question, without a model: those with the words that count.

A sentence is worth as much as the words of the question that it has, each by how rare it is in all
that is known. The words of what leads to it (a heading, a question before its answer, the header of
a table) count for it too, but it is not itself an answer.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from webapp.knowledge import analysing, index, sentences
from webapp.knowledge.languages import stop_words
from webapp.knowledge.models import Chunk
from webapp.knowledge.searching import Hit
from webapp.knowledge.words import UNSPACED

#: Of the best passages, so many are read.
PASSAGES = 5
#: How much the rank of the passage counts, and the words of what leads to a sentence.
RANK, LED = 0.25, 0.75
#: Below this share of what the question's words are worth nothing is said to be known.
LEAST = 0.33
#: Further sentences are quoted when they say nearly as much, up to so many in all.
NEARLY, MOST = 0.9, 3
#: Two neighbouring signs of a script without spaces are often no word: that they stand nowhere says
#: so much less.
NO_WORD = 0.25
_PAIR = re.compile(f"[{UNSPACED}]")
LEADING = ("?", "？", "؟", ":", "：")
CELLS = " | "


class Quote(NamedTuple):
    """A sentence of a passage."""

    #: The passage by its rank, from 1 on.
    number: int
    chunk: Chunk
    #: Where it stands in ``chunk.text``.
    span: tuple[int, int]
    score: float
    #: The share of what the question's words are worth that it has (0 to 1).
    coverage: float

    @property
    def text(self) -> str:
        """The words as they stand there, on one line."""
        return one_line(self.chunk.text[slice(*self.span)])


def one_line(text: str) -> str:
    """Return a text without the line ends that only came of the page's width."""
    return " ".join(text.split())


class Asked:
    """A question whose words have been weighed."""

    def __init__(self, question: str) -> None:
        statistics = index.statistics()
        words = analysing.question(question, statistics.languages).words
        having = index.frequencies([term for word in words for term in word.terms])
        # Of a short question the language cannot be told, and its small words stand in no passage.
        small = frozenset[str]().union(*map(stop_words, statistics.languages))
        self.words: list[tuple[frozenset[str], float]] = []
        for terms in (frozenset(word.terms) for word in words):
            found = sum(having.get(term, 0) for term in terms)
            if found or not terms & small:
                share = 1.0 if found or not any(map(_PAIR.match, terms)) else NO_WORD
                self.words.append((terms, share * _worth(statistics.passages, found)))
        self.worth = sum(worth for _terms, worth in self.words)
        self.terms = frozenset(term for terms, _worth in self.words for term in terms)

    def coverage(self, terms: frozenset[str], led: frozenset[str] = frozenset()) -> float:
        """Return the share of the question's worth among these terms, and those that lead to them."""
        if not self.worth:
            return 0.0
        mine = sum(worth for word, worth in self.words if word & terms)
        before = sum(worth for word, worth in self.words if word & led and not word & terms)
        return (mine + LED * before) / self.worth


def quotes(question: str, hits: Sequence[Hit]) -> list[Quote]:
    """Return the one to three sentences that answer best, the best first; none when none does."""
    asked = Asked(question)
    highest = max((hit.score for hit in hits), default=0.0) or 1.0
    found = [
        quote
        for number, hit in enumerate(hits[:PASSAGES], 1)
        for quote in _of_passage(asked, number, hit.chunk, RANK * hit.score / highest)
    ]
    found = sorted(found, key=lambda quote: -quote.score)
    if not found or found[0].coverage < LEAST:
        return []
    best, kept, said = found[0], [], set()
    for quote in found:
        if quote.coverage >= NEARLY * best.coverage and quote.text.casefold() not in said:
            said.add(quote.text.casefold())
            kept.append(quote)
    return kept[:MOST]


def nearest(words: str, chunk: Chunk) -> tuple[int, int]:
    """Return where the sentence of a passage stands that has most of these words."""
    asked = Asked(words)

    def having(span: tuple[int, int]) -> float:
        return asked.coverage(_terms(chunk, chunk.text[slice(*span)]))

    return max(sentences.each(chunk.text), key=having, default=(0, len(chunk.text)))


def _of_passage(asked: Asked, number: int, chunk: Chunk, rank: float) -> Iterator[Quote]:
    headings = [str(heading) for heading in chunk.place.get("headings", [])]
    above = _terms(chunk, " ".join(headings))
    led, leads, others = above, [], 0
    spans = sentences.each(chunk.text)
    texts = [chunk.text[start:end] for start, end in spans]
    for place, (span, text) in enumerate(zip(spans, texts, strict=True)):
        terms = _terms(chunk, text)
        if text in headings or _leads(texts, place) or terms <= asked.terms:
            led = above | terms
            leads.append(Quote(number, chunk, span, 0.0, asked.coverage(terms)))
            continue
        others += 1
        coverage = asked.coverage(terms, led)
        yield Quote(number, chunk, span, coverage + rank, coverage)
    if not others:
        yield from (quote._replace(score=quote.coverage + rank) for quote in leads)


def _worth(passages: int, having: int) -> float:
    """Return how rare a word is; unlike in ranking, one that nearly all have still counts for something."""
    return math.log1p(max(passages - having + 0.5, 0.5) / (having + 0.5))


def _leads(texts: Sequence[str], place: int) -> bool:
    """Say whether a sentence asks or announces, or is the first row of a table."""
    text = texts[place]
    if CELLS not in text:
        return text.endswith(LEADING)
    first = place == 0 or CELLS not in texts[place - 1]
    return first and place + 1 < len(texts) and CELLS in texts[place + 1]


def _terms(chunk: Chunk, text: str) -> frozenset[str]:
    return frozenset(analysing.terms(text, chunk.language))
