"""An e-mail: its Markdown is read once for a version, values are put in for each recipient."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote

from flask import render_template
from markupsafe import Markup

from webapp.extensions import settings
from webapp.message_templates import markdown
from webapp.message_templates.language import BadTemplate, Fills, Place, Text, compile_text
from webapp.message_templates.rendered import BadLink, NothingLeft, Rendered, TooLong

LONGEST_SUBJECT = 200
LONGEST_BODY = 100_000
LINK = re.compile(r"(?i)https?://[^\s/?#]|mailto:[^\s@]+@")


@dataclass(frozen=True, slots=True)
class Escaped:
    """A place in HTML: a value is never more than words."""

    place: Place

    def fill(self, values: Mapping[str, str]) -> str:
        """Return what stands here. Raises MissingValue."""
        return html.escape(self.place.fill(values))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link leads. A value that begins it is a whole address; any other is a part of one."""

    parts: tuple[str | Place, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the address. Raises MissingValue, BadLink."""
        first, *rest = self.parts
        address = first if isinstance(first, str) else first.fill(values).strip()
        for part in rest:
            address += part if isinstance(part, str) else quote(part.fill(values), safe="@")
        if not LINK.match(address) or any(sign.isspace() for sign in address):
            raise BadLink(address)
        return address


@dataclass(frozen=True, slots=True)
class EscapedAddress:
    """The same within an attribute of HTML."""

    address: Address

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the address. Raises MissingValue, BadLink."""
        return html.escape(self.address.fill(values))


class MailRenderer:
    """Makes e-mails of one subject and one body."""

    def __init__(self, subject: str, body: str) -> None:
        """Read both. Raises BadTemplate."""
        self.subject = compile_text(subject)
        if not subject.strip():
            raise BadTemplate("A subject is needed.")
        marked = Marked(compile_text(body), subject + body)
        if not any(isinstance(part, Place) or part.strip() for part in marked.source):
            raise BadTemplate("A text is needed.")
        tokens = markdown.read(marked.text)
        marked.check(markdown.links(tokens))
        self.names = self.subject.names | frozenset(place.name for place in marked.places)
        self.text = marked.cut(markdown.as_text(tokens, marked.address), escape=False)
        page = marked.cut(markdown.as_html(tokens), escape=True)
        title = [part if isinstance(part, str) else Escaped(part) for part in self._subject_parts()]
        begin = [address.parts[0] for address in marked.addresses]
        self.links = frozenset(first.name for first in begin if isinstance(first, Place))
        self.html = _laid_out(marked.key, title, page, unsubscribe=False)
        self.html_with_end = _laid_out(marked.key, title, page, unsubscribe=True)
        self.business = settings().business_name

    def _subject_parts(self) -> list[str | Place]:
        return [part for part in self.subject.parts if isinstance(part, str | Place)]

    def render(self, values: Mapping[str, str], *, unsubscribe_url: str | None = None) -> Rendered:
        """Make the e-mail for one recipient. Raises NotRenderable."""
        subject = " ".join(self.subject.render(values).split())
        text = self.text.render(values)
        if not subject or not text.strip():
            raise NothingLeft
        if len(text) > LONGEST_BODY:
            raise TooLong(
                f"The text has {len(text):,} characters, at most {LONGEST_BODY:,} can leave."
            )
        if len(subject) > LONGEST_SUBJECT:
            subject = subject[: LONGEST_SUBJECT - 1].rstrip() + "…"
        text = f"{text}\n\n{self.business}"
        if unsubscribe_url is None:
            return Rendered(subject, text, self.html.render(values))
        page = self.html_with_end.render({**values, _UNSUBSCRIBE: unsubscribe_url})
        return Rendered(subject, f"{text}\nUnsubscribe: {unsubscribe_url}", page)


#: No column has this name: a space stands in it.
_UNSUBSCRIBE = "unsubscribe url"


class Marked:
    """A text whose places have become words of their own, which Markdown leaves as they are."""

    def __init__(self, source: Text, near: str) -> None:
        self.key = next(key for key in map("zq{}zq".format, count()) if key not in near.lower())
        self.source: list[str | Place] = [
            part for part in source.parts if isinstance(part, str | Place)
        ]
        self.places: list[Place] = []
        self.text = "".join(self._mark(part) for part in self.source)
        self.addresses: list[Address] = []
        self._marks = re.compile(rf"{self.key}([pa])(\d+)x")

    def _mark(self, part: str | Place) -> str:
        if isinstance(part, str):
            return part
        self.places.append(part)
        return f"{self.key}p{len(self.places) - 1}x"

    def check(self, links: Sequence[str]) -> None:
        """Raise BadTemplate for a link that leads nowhere whatever the values are."""
        for link in links:
            if not LINK.match(link) and not link.startswith(self.key):
                raise BadTemplate(
                    f"The link to “{link[:100]}” leads nowhere: it begins with https://."
                )

    def address(self, link: str) -> str:
        """Return the mark that stands for the address of a link."""
        parts = self._parts(link)
        self.addresses.append(Address(tuple(parts)))
        return f"{self.key}a{len(self.addresses) - 1}x"

    def _parts(self, text: str) -> list[str | Place]:
        pieces = self._marks.split(text)
        found: list[str | Place] = [pieces[0]] if pieces[0] else []
        for number, literal in zip(pieces[2::3], pieces[3::3], strict=True):
            found += [self.places[int(number)], *([literal] if literal else [])]
        return found

    def cut(self, text: str, *, escape: bool) -> Text:
        """Return a text with its marks turned into places again."""
        if escape:
            text = _HREF.sub(lambda link: f'href="{self.address(html.unescape(link[1]))}"', text)
        pieces = self._marks.split(text)
        parts: list[str | Fills] = [pieces[0]]
        for kind, number, literal in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            parts += [self._fills(kind, int(number), escape=escape), literal]
        return Text(tuple(part for part in parts if part), frozenset())

    def _fills(self, kind: str, number: int, *, escape: bool) -> Fills:
        if kind == "p":
            return Escaped(self.places[number]) if escape else self.places[number]
        address = self.addresses[number]
        return EscapedAddress(address) if escape else address


_HREF = re.compile(r'href="([^"]*)"')


def _laid_out(key: str, title: Sequence[str | Fills], page: Text, *, unsubscribe: bool) -> Text:
    """Put title and body into the layout of our mails."""
    marks = {
        f"{key}title": title,
        f"{key}body": page.parts,
        f"{key}end": [Escaped(Place(_UNSUBSCRIBE))],
    }
    whole = render_template(
        "message_templates/mail.html",
        title=f"{key}title",
        body=Markup(f"{key}body"),  # noqa: S704 - our own word
        unsubscribe_url=f"{key}end" if unsubscribe else None,
        business=settings().business_name,
    )
    parts: list[str | Fills] = []
    for piece in re.split(f"({'|'.join(marks)})", whole):
        parts += marks.get(piece, [piece])
    return Text(tuple(parts), frozenset())
