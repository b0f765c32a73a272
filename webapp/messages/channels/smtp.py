"""One conversation with a mail server, cut into phases so that a failure says what has left."""

import asyncio
import re
import ssl
import time
from contextlib import suppress

import aiosmtplib
from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from webapp.messages.channels import MailServer, Patience
from webapp.messages.channels.mime import Letter

CHUNK = 64 * 1024
ASK_AFTER = 10.0
"""Seconds of silence after which the server is asked whether it still listens."""
OLDEST = 300.0
MOST_LETTERS = 1000
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
# aiosmtplib reports a malformed reply as code -1; real replies start at 200.
REAL_REPLY = 200


class MailTroubleError(Exception):
    """The mail was not accepted, or nobody knows; `code` is explained by the outcome table."""

    def __init__(self, code: str, detail: str, *, reply: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.reply = reply
        """The server's reply code, when it replied: the conversation can go on."""


class Line:
    """A connection that is greeted, encrypted and logged in as the settings ask."""

    def __init__(self, smtp: SMTP, patience: Patience) -> None:
        self.smtp = smtp
        self.patience = patience
        self.born = self.used = time.monotonic()
        self.letters = 0
        # Kept as long as the line: a writer closes its connection when it is collected.
        self._writer = _writer(smtp)

    @classmethod
    async def open(cls, server: MailServer, patience: Patience) -> "Line":
        """Connect. Raises MailTroubleError; nothing of a mail has left then."""
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=False,
            local_hostname=server.message_id_domain,
            timeout=patience.answer,
        )
        try:
            await smtp.connect(timeout=patience.connect)
            await _introduce(smtp, server)
        except (SMTPException, OSError) as error:
            smtp.close()
            raise _session_trouble(error) from error
        except BaseException:
            smtp.close()
            raise
        return cls(smtp, patience)

    async def carry(self, letter: Letter) -> str:
        """Hand over one mail and return the server's last reply. Raises MailTroubleError."""
        try:
            await self._envelope(letter)
            await self._start_data()
        except (SMTPException, OSError) as error:
            raise _early_trouble(error) from error
        reply = await self._content(letter.content)
        self.letters += 1
        self.used = time.monotonic()
        return reply

    async def is_usable(self) -> bool:
        """Say whether another mail can go this way; ask the server when it was long silent."""
        now = time.monotonic()
        if not self.smtp.is_connected or now - self.born > OLDEST or self.letters >= MOST_LETTERS:
            return False
        if now - self.used < ASK_AFTER:
            return True
        try:
            return (await self.smtp.noop()).code < 400
        except (SMTPException, OSError):
            return False

    async def start_over(self) -> bool:
        """Forget a refused mail, so that the next one can use the line; False when it is broken."""
        try:
            await self.smtp.rset()
        except (SMTPException, OSError):
            return False
        self.used = time.monotonic()
        return True

    async def hang_up(self) -> None:
        """Say good-bye; a server that does not answer is left without."""
        with suppress(SMTPException, OSError):
            await self.smtp.quit(timeout=1)
        self.smtp.close()

    async def _envelope(self, letter: Letter) -> None:
        encoding = "utf-8" if letter.utf8 else "ascii"
        if letter.utf8 and not self.smtp.supports_extension("smtputf8"):
            # No command was sent: 250 keeps the line for the next mail.
            raise MailTroubleError("no_smtputf8", letter.recipient, reply=250)
        options = ["SMTPUTF8"] if letter.utf8 else []
        await self.smtp.mail(letter.sender, options=options, encoding=encoding)
        await self.smtp.rcpt(letter.recipient, encoding=encoding)

    async def _start_data(self) -> None:
        reply = await self.smtp.execute_command(b"DATA")
        if reply.code != aiosmtplib.SMTPStatus.start_input:
            raise SMTPResponseException(reply.code, reply.message)

    async def _content(self, content: bytes) -> str:
        """Send the mail and its final dot, and read the verdict. Raises MailTroubleError.

        What was lost before the dot was handed to the network cannot have been accepted (RFC 5321,
        4.1.1.4); what was lost after it may have been.
        """
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        protocol = self.smtp.protocol
        if protocol is None:
            raise MailTroubleError("cut_short", "disconnected before the mail")
        try:
            while len(stuffed) > CHUNK:
                protocol.write(stuffed[:CHUNK])
                stuffed = stuffed[CHUNK:]
                await self._drained()
            protocol.write(stuffed + b".\r\n")
        except (SMTPException, OSError) as error:
            raise MailTroubleError("cut_short", _words(error)) from error
        try:
            reply = await protocol.read_response(timeout=self.patience.verdict)
        except (SMTPException, OSError) as error:
            raise MailTroubleError("no_answer", _words(error)) from error
        if reply.code // 100 != 2:
            raise _refused(reply.code, reply.message)
        return reply.message

    async def _drained(self) -> None:
        """Wait until what was written has left this process."""
        async with asyncio.timeout(self.patience.answer):
            await self._writer.drain()


def _writer(smtp: SMTP) -> asyncio.StreamWriter:
    transport, protocol = smtp.transport, smtp.protocol
    if not isinstance(transport, asyncio.WriteTransport) or protocol is None:
        raise MailTroubleError("not_connected", "disconnected after the greeting")
    # Not 0: over TLS asyncio then pauses an empty buffer and never resumes it.
    transport.set_write_buffer_limits(high=1, low=0)
    return asyncio.StreamWriter(transport, protocol, None, asyncio.get_running_loop())


async def _introduce(smtp: SMTP, server: MailServer) -> None:
    await _greet(smtp)
    if server.tls == "starttls":
        if not smtp.supports_extension("starttls"):
            raise MailTroubleError("no_starttls", f"{server.host}:{server.port}")
        await smtp.starttls()
        await _greet(smtp)
    if server.user is not None:
        if not smtp.supports_extension("auth") or not smtp.supported_auth_methods:
            raise MailTroubleError("no_login", f"{server.host}:{server.port}")
        await smtp.login(server.user, server.password or "")


async def _greet(smtp: SMTP) -> None:
    try:
        await smtp.ehlo()
    except SMTPHeloError:
        await smtp.helo()


def _session_trouble(error: Exception) -> MailTroubleError:
    if isinstance(error, SMTPResponseException) and error.code >= REAL_REPLY:
        return _refused(error.code, error.message, session=True)
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return MailTroubleError("certificate", _words(error))
    return MailTroubleError("not_connected", _words(error))


def _early_trouble(error: Exception) -> MailTroubleError:
    if isinstance(error, SMTPResponseException) and error.code >= REAL_REPLY:
        # A refused sender says nothing about this recipient or this text.
        sender = isinstance(error, aiosmtplib.SMTPSenderRefused)
        return _refused(error.code, error.message, session=sender)
    return MailTroubleError("cut_short", _words(error))


def _refused(code: int, message: str, *, session: bool = False) -> MailTroubleError:
    enhanced = ENHANCED.match(message)
    parts = ["session"] if session else []
    parts += [str(code), enhanced[0]] if enhanced else [str(code)]
    return MailTroubleError(" ".join(parts), f"{code} {message}", reply=code)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
