"""Write the bytes of an e-mail.

By hand, since the standard library needs ten times as long for what is always of the same form. It
still writes the sender's line, and reads all of it in the tests.
"""

import binascii
import re
import secrets
import time
from dataclasses import dataclass
from email.headerregistry import Address
from email.policy import EmailPolicy
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache

import idna
from yarl import URL

from webapp.messages.channels import MailServer, Parcel

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
UNWANTED = re.compile(r"[\s<>\"(),:;\\\x00-\x20\x7f]")
"""In an address: what would need quotes, or could end it in a command."""
NOT_AS_IT_IS = re.compile(r"[^\n]{79}|[ \t]\n|[\x00-\x08\x0b-\x1f\x7f]")
"""In a text: what a server on the way might change, and so break its signature."""
SHORT = 74
FIRST_WORD, NEXT_WORD = 36, 45
"""Bytes in an encoded word, so that its line has at most 76 characters (RFC 2047, 2)."""
ASCII = bytes(range(128))
SEVEN_BIT = EmailPolicy(linesep="\r\n", cte_type="7bit")
INTERNATIONAL = SEVEN_BIT.clone(utf8=True)


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail in its envelope; `content` ends with CRLF and is not dot-stuffed."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool
    """A name before the @ is not ASCII: the server must know SMTPUTF8."""


def write_letter(parcel: Parcel, server: MailServer) -> Letter:
    """Write an e-mail. Raises ValueError when an address or a header cannot be right."""
    sender, sender_line = _sender(server.sender)
    recipient = mailbox(parcel.address)
    head = (
        f"{sender_line}To: {recipient}\r\n"
        f"Subject: {_encoded(_checked('Subject', parcel.subject or ''))}\r\n"
        f"Date: {_date(int(time.time()))}\r\n"
        f"Message-ID: {message_id(parcel.ref, server)}\r\n"
        f"{_what_it_is(parcel)}MIME-Version: 1.0\r\n"
    )
    content = head.encode() + _body(parcel.text, parcel.html)
    return Letter(sender, recipient, content, utf8=not (sender + recipient).isascii())


def message_id(ref: str, server: MailServer) -> str:
    """Return the id of a mail: the same for every try, so that a second copy can be recognised."""
    return _checked("Message-ID", f"<{ref}@{_in_ascii(server.message_id_domain)}>")


def mailbox(address: str) -> str:
    """Return an address with its domain in ASCII. Raises ValueError when it cannot be one."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or "@" in local or UNWANTED.search(address):
        raise ValueError(f"{address!r} is not an e-mail address")
    return f"{local}@{domain if domain.isascii() else _in_ascii(domain)}"


@lru_cache(maxsize=256)
def _in_ascii(domain: str) -> str:
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


@lru_cache(maxsize=8)
def _sender(written: str) -> tuple[str, str]:
    """Return the address that mails come from, and the header that says so."""
    name, address = parseaddr(written)
    address = mailbox(address)
    local, _, domain = address.rpartition("@")
    field = formataddr((name, address)) if address.isascii() else Address(name, local, domain)
    if CONTROL.search(str(field)):
        raise ValueError("From contains a control character")
    if isinstance(field, str) and len(field) <= SHORT:
        return address, f"From: {field}\r\n"
    policy = SEVEN_BIT if address.isascii() else INTERNATIONAL
    return address, policy.fold("From", policy.header_store_parse("From", field)[1])


def _checked(name: str, value: str) -> str:
    """Return a value unless it could end its header. Raises ValueError then."""
    if CONTROL.search(value):
        raise ValueError(f"{name} contains a control character")
    return value


def _encoded(text: str) -> str:
    """Return a text as it may stand in a header: as it is, or in encoded words (RFC 2047)."""
    if text.isascii() and len(text) <= SHORT - len("Subject") and "=?" not in text:
        return text
    words, begin, size = [], 0, FIRST_WORD
    raw = text.encode()
    while begin < len(raw):
        end = min(begin + size, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # not in the middle of a character
            end -= 1
        words.append(f"=?utf-8?b?{binascii.b2a_base64(raw[begin:end], newline=False).decode()}?=")
        begin, size = end, NEXT_WORD
    return "\r\n ".join(words)


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return formatdate(second)


def _what_it_is(parcel: Parcel) -> str:
    # RFC 3834: nobody's holiday notice answers what a program has written.
    lines = "Auto-Submitted: auto-generated\r\n" if parcel.category == "transactional" else ""
    if parcel.unsubscribe_url:
        url = _checked("List-Unsubscribe", parcel.unsubscribe_url)
        lines += f"List-Unsubscribe: <{url if url.isascii() else URL(url)}>\r\n"
        lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return lines


def _body(text: str, html: str | None) -> bytes:
    if html is None:
        return _part(text, b"plain")
    # Random: as long as nobody can guess it, nobody can put it into the text.
    boundary = b"=_" + secrets.token_hex(12).encode()
    return b"".join(
        (
            b'Content-Type: multipart/alternative; boundary="', boundary, b'"\r\n\r\n--', boundary,
            b"\r\n", _part(text, b"plain"), b"\r\n--", boundary,
            b"\r\n", _part(html, b"html"), b"\r\n--", boundary, b"--\r\n",
        )
    )  # fmt: skip


def _part(text: str, subtype: bytes) -> bytes:
    """Write a text with its headers in seven bits, so that every server can take it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.endswith("\n"):
        text += "\n"
    raw = text.replace("\n", "\r\n").encode()
    if text.isascii() and not NOT_AS_IT_IS.search(text):
        encoding, written = b"7bit", raw
    elif 6 * len(raw.translate(None, ASCII)) > len(raw):
        encoding, written = b"base64", _base64(raw)
    else:
        # It keeps the line ends as they are.
        encoding, written = b"quoted-printable", binascii.b2a_qp(raw, istext=True)
    head = b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n'
    return head % (subtype, encoding) + written


def _base64(raw: bytes) -> bytes:
    whole = binascii.b2a_base64(raw, newline=False)
    lines = [whole[at : at + 76] for at in range(0, len(whole), 76)]
    return b"\r\n".join(lines) + b"\r\n"
