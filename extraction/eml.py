"""E-mails: who wrote what to whom and when, the text, and the names of what was attached."""

import re
from collections.abc import Iterator
from email import message_from_binary_file, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO

from extraction import dom
from extraction.composing import Block, Composer
from extraction.encodings import decoded
from extraction.html import in_utf8, known
from extraction.limits import Hints, Limits
from extraction.pieces import Begin, End, Piece, Refused
from extraction.text import paragraphs

DEPTH = 20
NAMES = {"subject": "title", "from": "author", "to": "to", "cc": "cc", "date": "date"}
SHOWN = ("Subject", "From", "To", "Cc", "Date")
HEADER = 20_000  # characters
#: What Python's own parser stumbles over in broken mails.
STUMBLES = (ValueError, LookupError, AttributeError, TypeError, AssertionError)


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Yield the head as the first section, then the text.

    Of a text given in several ways the plain one is taken. Attachments are named, not read;
    messages within the message are read up to a depth of 20. Raises Refused "too_deep".
    """
    # The newer policy parses headers with a grammar that needs seconds, or ends in a recursion,
    # for what is long or nested; the older one leaves them as they are.
    try:
        message: Any = message_from_binary_file(file, policy=policy.compat32)
    except RecursionError:
        raise Refused("too_deep") from None
    yield Begin("eml", about=about(message))
    composer = Composer("section", limits, hints)
    yield from composer.pieces(Letter(limits, hints.encoding).blocks(message, 0))
    if not composer.number:
        raise Refused("nothing_to_read")
    yield End()


def about(message: Message) -> dict[str, str]:
    """Return subject, sender, recipients and date (ISO 8601)."""
    found = {ours: text[:1000] for name, ours in NAMES.items() if (text := header(message, name))}
    if "date" in found:
        try:
            found["date"] = parsedate_to_datetime(found["date"]).isoformat()
        except STUMBLES:
            return found
    return found


def header(message: Message, name: str) -> str:
    """Return a header on one line; "" without one. What cannot be decoded stays as it stands."""
    raw = next((str(text) for key, text in message.raw_items() if key.lower() == name.lower()), "")
    raw = raw[:HEADER]
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"))[0]
    if "=?" in raw:
        try:
            raw = str(make_header(decode_header(raw)))
        except STUMBLES:
            return " ".join(raw.split())
    return " ".join(raw.split())


class Letter:
    """Reads a message with the messages in it."""

    def __init__(self, limits: Limits, encoding: str | None) -> None:
        self.limits = limits
        self.encoding = encoding
        self.number = 0

    def blocks(self, message: Message, depth: int) -> Iterator[Block]:
        """Yield head, text and names of attachments."""
        attached: list[str] = []
        subject = header(message, "Subject")
        if subject:
            yield self._at(Block(subject, "heading", min(depth + 1, 6)))
        lines = [f"{name}: {text}" for name in SHOWN[1:] if (text := header(message, name))]
        yield self._at(Block("\n".join(lines)))
        yield from self._part(message, depth, attached)
        if attached:
            yield self._at(Block("Attachments: " + ", ".join(attached)))

    def _part(self, part: Message, depth: int, attached: list[str]) -> Iterator[Block]:
        if depth > DEPTH:
            raise Refused("too_deep")
        kind = part.get_content_type()
        inner = parts(part)
        if kind == "message/rfc822" and inner:
            for message in inner:
                yield from self.blocks(message, depth + 1)
        elif inner:
            chosen = self._best(inner) if kind == "multipart/alternative" else inner
            for one in chosen:
                yield from self._part(one, depth + 1, attached)
        elif _is_attached(part) or kind not in ("text/plain", "text/html"):
            name = _filename(part)
            if name or part.get_content_maintype() != "multipart":
                attached.append(name or kind)
        else:
            yield from self._text(kind, part)

    def _best(self, inner: list[Message]) -> list[Message]:
        """Return the plain text if it says anything, else the last, which is the richest."""
        for one in inner:
            if one.get_content_type() == "text/plain" and _content(one).strip():
                return [one]
        readable = [one for one in inner if one.get_content_type() != "text/calendar"]
        return (readable or inner)[-1:]

    def _text(self, kind: str, part: Message) -> Iterator[Block]:
        content = _content(part)
        hint = self.encoding or _charset(part)
        if kind == "text/html":
            try:
                root = dom.parsed(in_utf8(content, hint)[0], self.limits)
            except Refused as refused:
                if refused.code != "nothing_to_read":
                    raise
                return
            found = dom.Walk(root).blocks()
        else:
            found = paragraphs(decoded(content, hint)[0].splitlines(keepends=True))
        for block in found:
            yield self._at(block)

    def _at(self, block: Block) -> Block:
        self.number += 1
        return block._replace(at=f"paragraph {self.number}")


def parts(part: Message) -> list[Message]:
    """Return what a part is made of; nothing for one that only says that it has parts."""
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _content(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except STUMBLES:
        return b""
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str | None:
    """Return the encoding that a part names; None when Python does not know it.

    Also for UTF-8, which the bytes tell better: many programs say it of what is not.
    """
    try:
        name = part.get_content_charset()
    except STUMBLES:
        return None
    if name in ("us-ascii", "ascii", "unknown-8bit", "utf-8", "utf8"):
        return None
    return known(name)


def _is_attached(part: Message) -> bool:
    try:
        return part.get_content_disposition() == "attachment"
    except STUMBLES:
        return False


def _filename(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except STUMBLES:
        return ""
    return re.sub(r"\s+", " ", name)[:200]
