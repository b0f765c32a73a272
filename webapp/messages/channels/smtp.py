"""One conversation with a mail server, cut into phases so that a failure says what has left."""

import time
from contextlib import suppress
from typing import NamedTuple

from aiosmtplib import SMTP

from webapp.messages.channels import MailServer, Patience
from webapp.messages.channels.greeting import MailTroubleError, greet, refused
from webapp.messages.channels.mime import Letter
from webapp.messages.channels.replies import LostError, Replies, Reply

CHUNK = 64 * 1024
ASK_AFTER = 10.0
"""Seconds of silence after which the server is asked whether it still listens."""
OLDEST = 300.0
MOST_LETTERS = 1000


class Command(NamedTuple):
    """One line of an envelope, and the codes that mean yes."""

    line: bytes
    fine: tuple[int, ...]
    session: bool = False
    """A refusal says nothing about this recipient or this text."""

    def check(self, reply: Reply) -> None:
        """Raise MailTroubleError unless the reply means yes."""
        if reply.code not in self.fine:
            raise refused(*reply, session=self.session)


START_INPUT = 354
RESET = Command(b"RSET\r\n", (250,), session=True)
DATA = Command(b"DATA\r\n", (START_INPUT,))


class Line:
    """A connection that is greeted, encrypted and logged in as the settings ask."""

    def __init__(self, smtp: SMTP, patience: Patience) -> None:
        self.patience = patience
        self.born = self.used = time.monotonic()
        self.letters = 0
        self._smtp = smtp
        self._pipelining = smtp.supports_extension("pipelining")
        self._smtputf8 = smtp.supports_extension("smtputf8")
        #: The server holds half an envelope, so the next mail begins with RSET.
        self._begun = False
        try:
            self.replies = Replies.take_over(smtp.transport)
        except LostError as error:
            smtp.close()
            raise MailTroubleError("not_connected", str(error)) from error

    @classmethod
    async def open(cls, server: MailServer, patience: Patience) -> "Line":
        """Connect. Raises MailTroubleError; nothing of a mail has left then."""
        return cls(await greet(server, patience), patience)

    async def carry(self, letter: Letter) -> str:
        """Hand over one mail and return the server's last reply. Raises MailTroubleError."""
        if letter.utf8 and not self._smtputf8:
            # No command was sent: 250 keeps the line for the next mail.
            raise MailTroubleError("no_smtputf8", letter.recipient, reply=250)
        try:
            await self._envelope(letter)
        except LostError as error:
            raise MailTroubleError("cut_short", str(error)) from error
        words = await self._content(letter.content)
        self.letters += 1
        self.used = time.monotonic()
        return words

    async def is_usable(self) -> bool:
        """Say whether another mail can go this way; ask the server when it was long silent."""
        now = time.monotonic()
        if not self.replies.quiet or now - self.born > OLDEST or self.letters >= MOST_LETTERS:
            return False
        if now - self.used < ASK_AFTER:
            return True
        try:
            self.replies.write(b"NOOP\r\n")
            return (await self.replies.read(self.patience.answer)).code < 400
        except LostError:
            return False

    async def hang_up(self) -> None:
        """Say good-bye; a server that does not answer is left without."""
        with suppress(LostError):
            self.replies.write(b"QUIT\r\n")
            await self.replies.read(1.0)
        self.close()

    def close(self) -> None:
        """Hang up without a word."""
        self._smtp.close()

    async def _envelope(self, letter: Letter) -> None:
        """Say from whom to whom, and that the mail comes now. Raises MailTroubleError, LostError."""
        commands = _commands(letter)
        if self._begun:
            commands.insert(0, RESET)
        self._begun = True
        await (self._at_once(commands) if self._pipelining else self._in_turn(commands))
        self._begun = False

    async def _in_turn(self, commands: list[Command]) -> None:
        for command in commands:
            self.replies.write(command.line)
            command.check(await self.replies.read(self.patience.answer))

    async def _at_once(self, commands: list[Command]) -> None:
        """Say all in one write (RFC 2920), and read every reply: each belongs to its own command."""
        self.replies.write(b"".join(command.line for command in commands))
        came = await self.replies.several(len(commands), self.patience.answer)
        try:
            for command, reply in zip(commands, came, strict=False):
                command.check(reply)
        except MailTroubleError:
            if len(came) == len(commands) and came[-1].code == START_INPUT:
                # It waits for a mail to nobody: there is no way back but to hang up.
                self.replies.close()
            raise
        if len(came) < len(commands):
            raise LostError("the line broke before the mail")

    async def _content(self, content: bytes) -> str:
        """Send the mail and its final dot, and read the verdict. Raises MailTroubleError.

        What was lost before the dot was handed to the network cannot have been accepted (RFC 5321,
        4.1.1.4); what was lost after it may have been.
        """
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        try:
            while len(stuffed) > CHUNK:
                self.replies.write(stuffed[:CHUNK])
                stuffed = stuffed[CHUNK:]
                await self.replies.drained(self.patience.answer)
            self.replies.write(stuffed + b".\r\n")
        except LostError as error:
            raise MailTroubleError("cut_short", str(error)) from error
        try:
            reply = await self.replies.read(self.patience.verdict)
        except LostError as error:
            raise MailTroubleError("no_answer", str(error)) from error
        if reply.code // 100 != 2:
            raise refused(*reply)
        return reply.words


def _commands(letter: Letter) -> list[Command]:
    sender, recipient = letter.sender.encode(), letter.recipient.encode()
    utf8 = b" SMTPUTF8" if letter.utf8 else b""
    return [
        Command(b"MAIL FROM:<%b>%b\r\n" % (sender, utf8), (250,), session=True),
        Command(b"RCPT TO:<%b>\r\n" % recipient, (250, 251)),
        DATA,
    ]
