"""Write the bytes of an e-mail."""

import re
import secrets
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formataddr, formatdate, parseaddr
from functools import lru_cache
from typing import Any

import idna

from webapp.messages.channels import MailServer, Parcel

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
UNWANTED = re.compile(r"[\s<>\"(),:;\\\x00-\x20\x7f]")
"""In an address: what would need quotes, or could end it in a command."""
SHORT = 74


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail in its envelope; `content` ends with CRLF and is not dot-stuffed."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool
    """A name before the @ is not ASCII: the server must know SMTPUTF8."""


class PlainPolicy(EmailPolicy):
    """The standard policy without parsing what needs none.

    A short ASCII value is its own folded form. Parsing and refolding each of them took 80 % of the
    time of writing a mail. Control characters are refused in every value.
    """

    def header_max_count(self, name: str) -> int | None:
        """Return how often a header may occur; the standard policy makes a class to find out."""
        return _max_count(name)

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep a value. Raises ValueError for one that could end the header."""
        if not isinstance(value, str):
            return super().header_store_parse(name, value)
        if CONTROL.search(value):
            raise ValueError(f"{name} contains a control character")
        if value.isascii() and len(name) + len(value) <= SHORT:
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:  # noqa: ARG002 (the base's)
        """Return a value as it was stored: ours never come from a parser."""
        return value

    def fold(self, name: str, value: Any) -> str:
        """Write a header."""
        if type(value) is str:
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write a header as bytes."""
        if type(value) is str:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        folded: bytes = super().fold_binary(name, value)
        return folded


@lru_cache(maxsize=64)
def _max_count(name: str) -> int | None:
    return EmailPolicy().header_max_count(name)


# Seven bits: quoted-printable or base64 where needed, so that every server can take the mail.
SEVEN_BIT = PlainPolicy(linesep="\r\n", cte_type="7bit")
INTERNATIONAL = SEVEN_BIT.clone(utf8=True)


def write_letter(parcel: Parcel, server: MailServer) -> Letter:
    """Write an e-mail. Raises ValueError when an address or a header cannot be right."""
    sender, sender_field = _sender(server.sender)
    recipient = mailbox(parcel.address)
    utf8 = not (sender + recipient).isascii()
    message = EmailMessage(policy=INTERNATIONAL if utf8 else SEVEN_BIT)
    message["From"] = sender_field
    message["To"] = _named("", recipient)
    message["Subject"] = parcel.subject or ""
    message["Date"] = formatdate()
    # The same for every try, so that a second copy can be recognised as one.
    message["Message-ID"] = f"<{parcel.ref}@{server.message_id_domain}>"
    _say_what_it_is(message, parcel)
    message.set_content(parcel.text)
    if parcel.html is not None:
        # Random: as long as nobody can guess it, nobody can put it into the text.
        message.make_alternative(boundary=f"=_{secrets.token_hex(12)}")
        message.add_alternative(parcel.html, subtype="html")
    return Letter(sender, recipient, message.as_bytes(), utf8)


@lru_cache(maxsize=8)
def _sender(written: str) -> tuple[str, str | Address]:
    name, address = parseaddr(written)
    address = mailbox(address)
    return address, _named(name, address)


def _named(name: str, address: str) -> str | Address:
    if address.isascii():
        return formataddr((name, address))
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def mailbox(address: str) -> str:
    """Return an address with its domain in ASCII. Raises ValueError when it cannot be one."""
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or "@" in local or UNWANTED.search(address):
        raise ValueError(f"{address!r} is not an e-mail address")
    return f"{local}@{domain if domain.isascii() else idna.encode(domain, uts46=True).decode()}"


def _say_what_it_is(message: EmailMessage, parcel: Parcel) -> None:
    if parcel.category == "transactional":
        # RFC 3834: nobody's holiday notice answers it.
        message["Auto-Submitted"] = "auto-generated"
    if parcel.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{parcel.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
