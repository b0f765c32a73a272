"""Marking in a passage what was looked for.

Our own, because a database sees terms and not the text: the text is analysed again, and what has a
term of the question is marked. The text is escaped before anything is marked in it.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

from markupsafe import Markup, escape

from webapp.knowledge import analysing
from webapp.knowledge.analysing import Question

Spans = Sequence[tuple[int, int]]
GAP = " … "


def spans(
    text: str, language: str, asked: Question, also: Collection[str] = ()
) -> list[tuple[int, int]]:
    """Return where words of the question stand in a text of this language; phrases as a whole.

    In order; none overlaps another. ``also``: further terms that the search took for its words.
    """
    whole = {term for word in asked.words for term in word.terms} | set(also)
    beginnings = tuple(word.terms[-1] for word in asked.words if word.beginning)

    def wanted(term: str) -> bool:
        return term in whole or (bool(beginnings) and term.startswith(beginnings))

    found = [
        (token.start, token.end)
        for token in analysing.matches(text, language, wanted if beginnings else whole.__contains__)
    ]
    found += [span for phrase in asked.phrases for span in phrase_spans(text, phrase)]
    found += [span for word in asked.stop_words for span in phrase_spans(text, (word,))]
    return merged(found)


def has_phrases(text: str, asked: Question) -> bool:
    """Tell whether every phrase of the question stands in the text."""
    return all(next(phrase_spans(text, phrase), None) for phrase in asked.phrases)


def phrase_spans(text: str, phrase: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield where these forms (see ``analysing.atoms``) stand side by side."""
    atoms = list(analysing.atoms(text))
    forms = [atom.form for atom in atoms]
    for place in range(len(forms) - len(phrase) + 1):
        if forms[place] == phrase[0] and tuple(forms[place : place + len(phrase)]) == phrase:
            yield atoms[place].start, atoms[place + len(phrase) - 1].end


def merged(found: Spans) -> list[tuple[int, int]]:
    """Return spans in order, those that overlap or touch as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def marked(text: str, spans: Spans) -> Markup:
    """Return the text as safe HTML, with ``<mark>`` around the spans."""
    parts: list[Markup] = []
    done = 0
    for start, end in spans:
        parts += [escape(text[done:start]), Markup("<mark>{}</mark>").format(text[start:end])]
        done = end
    parts.append(escape(text[done:]))
    return Markup("").join(parts)


def snippet(text: str, spans: Spans, width: int = 240) -> Markup:
    """Return the stretch of a text that has most of the spans, marked; about ``width`` characters.

    It begins and ends between words; "…" stands for what is left out.
    """
    start, end = _window(text, spans, width)
    inside = [
        (max(first, start) - start, min(last, end) - start)
        for first, last in spans
        if first < end and last > start
    ]
    before = "… " if start else ""
    after = " …" if end < len(text) else ""
    return Markup("{}{}{}").format(before, marked(text[start:end], inside), after)


def _window(text: str, spans: Spans, width: int) -> tuple[int, int]:
    if len(text) <= width:
        return 0, len(text)
    ends = [end for _start, end in spans]
    best, most = 0, 0
    for place, (start, _end) in enumerate(spans):
        inside = bisect_left(ends, start + width + 1) - place
        if inside > most:
            best, most = start, inside
    last = max(
        (end for start, end in spans if best <= start and end <= best + width), default=width
    )
    start = max(0, min(best - (width - (last - best)) // 2, len(text) - width))
    return _between_words(text, start, start + width)


def _between_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Move the borders to the next spaces inside, if there are any near."""
    if start:
        space = text.find(" ", start, start + 30)
        start = space + 1 if space >= 0 else start
    if end < len(text):
        space = text.rfind(" ", max(start, end - 30), end)
        end = space if space >= 0 else end
    return start, end
