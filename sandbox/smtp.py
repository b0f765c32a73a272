"""The mail server: takes every mail, unless a fault says otherwise."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.box import Box
from sandbox.faults import Fault
from sandbox.profiles import known
from sandbox.store import Message

LARGEST = 33_554_432
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<?([^<>\s]*)", re.IGNORECASE | re.MULTILINE)


class Lost(Exception):
    """The connection is closed without an answer."""


class MailServer(SMTP):
    """One SMTP session, with faults at each of its phases."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.profile = ""
        super().__init__(
            Mailbox(box, self),
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=self.check,
            hostname="sandbox.invalid",
            ident="ESMTP sandbox",
            loop=asyncio.get_running_loop(),
        )

    async def _handle_client(self) -> None:
        reply = await self.play("connect")
        if reply == "":
            return
        if reply is not None:
            await self.push(reply)
            self.hang_up()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:
        reply = await self.play("data", ",".join(self.envelope.rcpt_tos if self.envelope else []))
        if reply is None:
            await super().smtp_DATA(arg)
        elif reply:
            await self.push(reply)

    async def play(self, phase: str, to: str = "") -> str | None:
        """Play a fault that comes before accepting: the reply, "" when hung up, or None."""
        fault = self.box.trouble("smtp", self.profile, to=to, phase=phase)
        if fault is None:
            return None
        if fault.fault == "slow":
            await asyncio.sleep(5 if fault.seconds is None else fault.seconds)
            return None
        if fault.fault in ("drop", "refuse_connection"):
            self.hang_up()
            return ""
        return reply_of(fault)

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        """Let in whoever names a rehearsal and knows the secret."""
        if not isinstance(login, LoginPassword):
            return AuthResult(success=False, handled=False)
        name = login.login.decode(errors="replace")
        right = hmac.compare_digest(login.password, self.box.settings.secret.encode())
        if right and known(name):
            self.profile = name
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)

    async def push(self, status: AnyStr) -> None:
        """Say a line; after 421 the server closes the connection, as RFC 5321 has it."""
        await super().push(status)
        if status[:3] in ("421", b"421"):
            self.hang_up()

    def hang_up(self) -> None:
        """Close the connection; nothing that is still said reaches the client."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.close()


class Mailbox:
    """The answers to MAIL, RCPT and the final dot."""

    def __init__(self, box: Box, server: MailServer) -> None:
        self.box = box
        self.server = server

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Take several commands at once (RFC 2920), as most mail servers do."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self.server.play("mail")
        if reply is not None:
            return reply or "421 gone"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = await self.server.play("rcpt", address)
        if reply is not None:
            return reply or "421 gone"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail; it counts as accepted once it is stored, whatever the answer."""
        to = ",".join(envelope.rcpt_tos)
        fault = self.box.trouble("smtp", self.server.profile, to=to, phase="dot")
        if fault:
            if fault.fault in ("drop", "refuse_connection"):
                self.server.hang_up()
                return "421 gone"
            if fault.fault in ("reply", "throttle"):
                return reply_of(fault)
            if fault.fault == "slow" and fault.when == "before":
                await asyncio.sleep(5 if fault.seconds is None else fault.seconds)
        mail = self.box.store.add(read_mail(envelope))
        if fault and fault.fault == "lost_answer":
            self.server.hang_up()
            return "421 gone"
        if fault and fault.fault == "slow" and fault.when == "after":
            await asyncio.sleep(5 if fault.seconds is None else fault.seconds)
        return f"250 2.0.0 OK queued as {mail.provider_id}"


def reply_of(fault: Fault) -> str:
    """The SMTP reply a fault asks for, with an enhanced code that fits."""
    if fault.fault == "throttle":
        return f"{fault.code or 421} 4.7.0 {fault.message or 'Too many messages, try again later'}"
    code = fault.code or 451
    usual = {
        421: "4.3.2 Service shutting down",
        450: "4.2.0 Mailbox busy",
        451: "4.3.0 Try again later",
        452: "4.2.2 Out of space",
        535: "5.7.8 Authentication failed",
        550: "5.1.1 No such user here",
        552: "5.2.2 Mailbox full",
        554: "5.7.1 Message refused by policy",
    }
    return f"{code} {fault.message or usual.get(code, f'{code // 100}.0.0 As asked for')}"


def read_mail(envelope: Envelope) -> Message:
    """Make a message of what arrived; the local part of its Message-ID is its reference."""
    raw = envelope.original_content or b""
    head = raw.partition(b"\r\n\r\n")[0]
    named = MESSAGE_ID.search(head)
    # A thousand mails a minute are counted and never looked at, so they are not parsed yet.
    message_id = named[1].decode("ascii", "replace") if named else ""
    return Message(
        channel="email",
        direction="out",
        to=envelope.rcpt_tos[0],
        sender=envelope.mail_from or "",
        text="",
        ref=message_id.rpartition("@")[0],
        provider_id=secrets.token_hex(8),
        status="delivered",
        kind="mail",
        details={
            "recipients": list(envelope.rcpt_tos),
            "message_id": message_id,
            "_raw": raw,
            "_unread": open_mail,
        },
    )


def open_mail(message: Message) -> None:
    """Read the subject and the text of a mail."""
    mail = parse(message.details["_raw"])
    message.text = plain_text(mail)
    message.details["subject"] = header_of(mail, "Subject")


def parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def header_of(mail: MIMEPart, name: str) -> str:
    """Decode a header; one that Python's own parser breaks on is given as it came."""
    try:
        return str(mail.get(name, ""))
    except Exception:
        raw = (value for key, value in mail.raw_items() if key.lower() == name.lower())
        return "".join(str(next(raw, "")).split("\r\n"))


def plain_text(mail: EmailMessage) -> str:
    """The readable text of a mail; its HTML source when it has nothing else."""
    part = mail.get_body(("plain", "html"))
    return "" if part is None else content_of(part)


def content_of(part: MIMEPart) -> str:
    """Decode a text part; a wrong or unknown character set never loses the rest."""
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
