"""What somebody wants to know, as the ask page is addressed: the words, and where they are sought."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.knowledge.models import Source, SourceKind, SourceState
from webapp.knowledge.words import UNSPACED
from webapp.paging import LARGEST

#: Characters of a question.
LONGEST = 500
TOO_LONG = f"This is longer than {LONGEST} characters. Ask it in fewer words."
#: Passages go by the offset, so far and no further.
DEEPEST = 1_000
SOURCES = 100
_UNSPACED = re.compile(f"[{UNSPACED}]")
ASKS = ("?", "？", "؟")
#: So many words, or signs of a script without spaces, are a question even without its mark.
WORDS, SIGNS = 3, 5


class Wanted(NamedTuple):
    """The words, and where they are sought."""

    words: str
    source_ids: tuple[int, ...] = ()
    kind: SourceKind | None = None
    #: Passages that have been seen already.
    after: int = 0

    @property
    def too_long(self) -> bool:
        """Say whether it is more than is looked for."""
        return len(self.words) > LONGEST

    @property
    def asks(self) -> bool:
        """Say whether it is a question, and not only a word or a name to look for."""
        signs = len(_UNSPACED.findall(self.words))
        many = len(self.words.split()) >= WORDS or signs >= SIGNS
        return self.words.endswith(ASKS) or many

    def address(self, **more: Any) -> dict[str, Any]:
        """Return the arguments of the page's address that say the same."""
        said = {
            "q": self.words,
            "source": list(self.source_ids),
            "kind": self.kind and self.kind.value,
        }
        return {name: value for name, value in {**said, **more}.items() if value}


def wanted(said: MultiDict[str, str]) -> Wanted:
    """Read what was typed; what makes no sense is left out."""
    numbers = (one for one in said.getlist("source") if one.isascii() and one.isdigit())
    ids = (int(one) for one in list(numbers)[:SOURCES] if len(one) <= len(str(LARGEST)))
    kind, after = said.get("kind", ""), said.get("after", "")
    return Wanted(
        one_line(said.get("q")),
        tuple(dict.fromkeys(one for one in ids if 0 < one <= LARGEST)),
        SourceKind(kind) if kind in set(SourceKind) else None,
        min(int(after[:9]), DEEPEST) if after.isascii() and after.isdigit() else 0,
    )


def sources(chosen: Sequence[int]) -> Sequence[Source]:
    """Return what can be asked: those chosen, and the newest others of which something is found."""
    query = select(Source).where(Source.read_at.is_not(None), Source.state != SourceState.REMOVING)
    newest = query.order_by(Source.id.in_(chosen).desc(), Source.id.desc()).limit(SOURCES)
    return sorted(db.session.scalars(newest), key=lambda source: source.name.casefold())
