"""E-mail, by SMTP over a few connections that are kept open."""

import asyncio

from webapp.messages.channels import Channel, MailServer, Outcome, OutcomeKind, Parcel, Patience
from webapp.messages.channels.greeting import MailTroubleError
from webapp.messages.channels.mime import Letter, message_id, write_letter
from webapp.messages.channels.outcomes import outcome
from webapp.messages.channels.smtp import Line

CLOSING = 421


class MailCarrier:
    """Sends each mail on one connection, and at most `smtp_connections` mails at a time."""

    def __init__(self, server: MailServer, patience: Patience) -> None:
        self.server = server
        self.patience = patience
        self._idle: list[Line] = []
        self._turn = asyncio.Semaphore(patience.smtp_connections)

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand one mail to the mail server."""
        try:
            letter = write_letter(parcel, self.server)
        except ValueError as error:
            return outcome(Channel.EMAIL, "malformed", detail=str(error))
        try:
            async with self._turn:
                reply = await self._carry(letter)
        except MailTroubleError as error:
            return outcome(Channel.EMAIL, error.code, attempt=parcel.attempt, detail=str(error))
        return Outcome(OutcomeKind.ACCEPTED, message_id(parcel.ref, self.server), detail=reply)

    async def aclose(self) -> None:
        """Say good-bye on every connection."""
        lines, self._idle = self._idle, []
        await asyncio.gather(*(line.hang_up() for line in lines))

    async def _carry(self, letter: Letter) -> str:
        line = await self._kept_line()
        if line is not None:
            try:
                return await self._use(line, letter)
            except MailTroubleError as error:
                # The server had closed the kept connection: nothing left, a new one may be tried.
                if error.code != "cut_short" and error.reply != CLOSING:
                    raise
        return await self._use(await Line.open(self.server, self.patience), letter)

    async def _use(self, line: Line, letter: Letter) -> str:
        keep = False
        try:
            reply = await line.carry(letter)
            keep = True
        except MailTroubleError as error:
            keep = error.reply not in (None, CLOSING) and line.replies.quiet
            raise
        finally:
            # Also after a cancelled send: a line in an unknown phase must not carry another mail.
            if keep:
                self._idle.append(line)
            else:
                line.close()
        return reply

    async def _kept_line(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            usable = False
            try:
                usable = await line.is_usable()
            finally:
                if not usable:
                    line.close()
            if usable:
                return line
        return None
