"""The beginning of a conversation with a mail server: connect, encrypt, log in."""

import re
import ssl

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from webapp.messages.channels import MailServer, Patience

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


async def greet(server: MailServer, patience: Patience) -> SMTP:
    """Connect, encrypt and log in as the settings ask. Raises MailTroubleError."""
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
    return smtp


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
        return refused(error.code, error.message, session=True)
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return MailTroubleError("certificate", _words(error))
    return MailTroubleError("not_connected", _words(error))


def refused(code: int, message: str, *, session: bool = False) -> MailTroubleError:
    enhanced = ENHANCED.match(message)
    parts = ["session"] if session else []
    parts += [str(code), enhanced[0]] if enhanced else [str(code)]
    return MailTroubleError(" ".join(parts), f"{code} {message}", reply=code)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
