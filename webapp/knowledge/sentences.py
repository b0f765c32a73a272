"""Where running text may be cut: between paragraphs, else lines, else sentences, else words."""

import re
from functools import cache
from typing import NamedTuple

from semantic_text_splitter import TextSplitter

from webapp.knowledge.models import PartUnit
from webapp.knowledge.placing import Text

#: What ends a sentence, in the scripts that have a mark of their own for it.
ENDS = ".!?…:;。！？；：؟۔।॥።"
#: A line of fewer letters was not broken for want of room.
WRAPPED = 40
#: The end of a sentence on the next page is looked for within so many characters.
REST = 300
#: What is left over at the end and is shorter than this share of a passage joins the one before.
SMALL = 5

_LINE = re.compile(r"[^\n]+\n(?=[^\n])")
#: A full stop after these ends no sentence.
_SHORT = re.compile(
    r"(?<!\w)(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nr|Nos|vs|e\.g|i\.e|cf|al|ca|approx|Fig|Abb|Tab|p|pp|S|Art|Abs"
    r"|z\.\s?B|d\.\s?h|u\.\s?a|bzw|usw|evtl|inkl|Str|Tel|Sr|Sra|Dra|Ud|Uds|pág|núm|EE|UU|[A-Z])\.\Z"
)
#: The longest of these has so many letters; and where one is looked for, since there are few such places.
_SHORT_AT_MOST = len("approx.")
_STOP = re.compile(r"\.(?= \w)")
_END = re.compile(r"[.!?…؟۔।॥።]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[”’」』）]*|\n\s*\n")


class Size(NamedTuple):
    """How long a passage may be, and how much of the one before it repeats, in characters."""

    characters: int
    overlap: int


def split(text: str, size: Size, *, head: int = 0) -> list[tuple[int, int]]:
    """Return where each passage of a running text begins and ends, without the space around it.

    At most ``size.characters`` long, and a fifth more where a small rest was left over; it begins
    with whole sentences of the one before, as far as they fit into ``size.overlap``. The first
    ``head`` characters are headings, which stay with what follows them.
    """
    whole = text[:head].replace("\n", " ") + soft(text[head:])
    overlap = min(size.overlap, size.characters // 2)
    found = splitter(size.characters, overlap).chunk_indices(whole)
    spans = [(start, start + len(words)) for start, words in found]
    if len(spans) > 1 and spans[-1][1] - spans[-2][1] < size.characters // SMALL:
        spans[-2:] = [(spans[-2][0], spans[-1][1])]
    return spans


@cache
def splitter(characters: int, overlap: int) -> TextSplitter:
    """Return the splitter of a size; it finds sentences as Unicode's UAX #29 does."""
    return TextSplitter(max(characters, 1), overlap=overlap)


def soft(text: str) -> str:
    """Return a text of the same length, in which only what ends something looks like an end.

    A line that was broken only because the page was full goes on, and so does a sentence after
    the full stop of an abbreviation.
    """
    unwrapped = _LINE.sub(_unwrapped, text) if "\n" in text else text
    pieces: list[str] = []
    reached = 0
    for stop in _STOP.finditer(unwrapped):
        end = stop.end()
        if short := _SHORT.search(unwrapped, max(reached, end - _SHORT_AT_MOST), end):
            pieces += (unwrapped[reached : short.start()], short[0].replace(".", "_"))
            reached = end
    return "".join(pieces) + unwrapped[reached:] if pieces else unwrapped


def _unwrapped(match: re.Match[str]) -> str:
    line = match[0].rstrip()
    after = match.string[match.end()]
    if not line or line[-1] in ENDS or not goes_on(line[-1], after):
        return match[0]
    # Chinese and Japanese lines hold half as many letters.
    if len(line) < (WRAPPED // 2 if _caseless(line[-1]) else WRAPPED):
        return match[0]
    return match[0][:-1] + " "


def goes_on(before: str, after: str) -> bool:
    """Say whether a sentence may go on from one line to the next, by the letters at the break."""
    if after.islower() or (_caseless(after) and _caseless(before)):
        return True
    return after.isalpha() and (before.islower() or before in ",-–")


def _caseless(letter: str) -> bool:
    """Say whether it is a letter of a script without capitals, such as Chinese, Arabic or Hindi."""
    return letter.isalpha() and letter.lower() == letter.upper()


def rest(part: Text, following: Text) -> int:
    """Return where, on the next page, the sentence ends with which a page breaks off; 0: it does not.

    A capital begins a sentence, or a page's head: then the sentence is not sought there.
    """
    if part.unit != PartUnit.PAGE or following.unit != PartUnit.PAGE:
        return 0
    before, after = part.text.rstrip()[-1:], following.text.lstrip()[:1]
    if not before or not after or before in ENDS:
        return 0
    if following.marks and following.marks[0][2] in {"heading", "table", "row"}:
        return 0
    if not (after.islower() or (_caseless(after) and _caseless(before))):
        return 0
    end = _END.search(soft(following.text[:REST]).rstrip() + " ", 1)
    return len(following.text[: end.end()].rstrip()) if end else 0


def each(text: str, longest: int = 600) -> list[tuple[int, int]]:
    """Return where each sentence of a text stands, without the space around it.

    A row, a heading and an entry of a list are one too; what is longer is cut between words.
    """
    softened = soft(text)
    ends = {match.end() for match in _END.finditer(softened)}
    ends |= {place + 1 for place, letter in enumerate(softened) if letter == "\n"}
    found: list[tuple[int, int]] = []
    begun = 0
    for end in sorted(ends | {len(text)}):
        while end - begun > longest:
            space = text.rfind(" ", begun + 1, begun + longest)
            found.append((begun, space if space > 0 else begun + longest))
            begun = found[-1][1]
        found.append((begun, end))
        begun = end
    return [trimmed for span in found if (trimmed := _trimmed(text, *span))]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    inside = text[start:end]
    words = inside.strip()
    if not words:
        return None
    start += len(inside) - len(inside.lstrip())
    return start, start + len(words)
