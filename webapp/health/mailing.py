"""Alerts by e-mail, sent by whoever looked: neither Redis nor a worker is needed for them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import and_, or_, select
from uuid_utils.compat import uuid7

from webapp.accounts.models import Role, User
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.health import alerts
from webapp.health.models import Alert, Watch
from webapp.health.thresholds import MAILS_AN_HOUR
from webapp.messages.channels import Channel, MailServer, Parcel, Patience
from webapp.messages.channels.greeting import MailTroubleError
from webapp.messages.channels.mime import write_letter
from webapp.messages.channels.smtp import Line

log = structlog.get_logger(__name__)

#: A mail server that hangs must not keep the next look waiting.
PATIENCE = Patience(connect=5.0, answer=10.0, verdict=20.0)
ALTOGETHER = 45.0  # seconds for one mail to everybody
AGAIN_AFTER = timedelta(minutes=1)
HOUR = 3600


class News(NamedTuple):
    """What has not been written about yet."""

    opened: Sequence[Alert]
    over: Sequence[Alert]

    def __bool__(self) -> bool:
        return bool(self.opened or self.over)


class Mail(NamedTuple):
    """One mail, for everybody who is to know."""

    subject: str
    text: str


def news() -> News:
    """Return the alerts whose beginning or end nobody has been written about.

    Of what ended while somebody knew of it nobody is written to, nor later when that time is over.
    """
    begun = and_(Alert.opened_at.is_not(None), Alert.closed_at.is_(None), Alert.mailed_at.is_(None))
    over = and_(
        Alert.closed_at.is_not(None),
        Alert.mailed_at.is_not(None),
        Alert.end_mailed_at.is_(None),
        or_(Alert.known_until.is_(None), Alert.known_until <= Alert.closed_at),
    )
    rows = db.session.scalars(select(Alert).where(or_(begun, over)).order_by(Alert.id)).all()
    told = [alert for alert in rows if not alert.silenced]
    return News([row for row in told if not row.closed_at], [row for row in told if row.closed_at])


def write(watch: Watch) -> None:
    """Write to those who are to know, if there is news and the hour has room. Commits.

    The caller holds the turn, so nobody else writes the same. What cannot be sent is tried again
    after a minute; what comes in an hour that has had its mails is told by the next one.
    """
    server, to = settings().mail, readers()
    if server is None or not to or not _may(watch):
        return
    found = news()
    if not found:
        return
    mail = compose(found)
    db.session.commit()  # no transaction is open while a server is waited for
    problem = send(server, to, mail)
    if problem is None:
        _note(found)
        watch.mails = [*_of_last_hour(watch), int(now().timestamp())]
        watch.mail_failed_at = watch.mail_problem = None
    else:
        log.error("an alert could not be sent by e-mail", problem=problem)
        watch.mail_failed_at, watch.mail_problem = now(), problem[:300]
    db.session.commit()


def readers() -> tuple[str, ...]:
    """Return who is written to: whom the settings name, else every admin who works here."""
    named = settings().signals.alert_emails
    if named:
        return named
    admins = select(User.email).where(User.role == Role.ADMIN, User.active.is_(True))
    return tuple(db.session.scalars(admins.order_by(User.id)))


def _of_last_hour(watch: Watch) -> list[int]:
    since = now().timestamp() - HOUR
    return [moment for moment in watch.mails if moment > since]


def _may(watch: Watch) -> bool:
    if watch.mail_failed_at is not None and now() - watch.mail_failed_at < AGAIN_AFTER:
        return False
    return len(_of_last_hour(watch)) < MAILS_AN_HOUR


def _note(told: News) -> None:
    for alert in told.opened:
        alert.mailed_at = now()
    for alert in told.over:
        alert.end_mailed_at = now()


def compose(told: News) -> Mail:
    """Put all news into one mail."""
    first = [alerts.rule_of(alert).title for alert in told.opened]
    first = first or [alerts.end_words(alert) for alert in told.over]
    more = len(told.opened) + len(told.over) - 1
    subject = f"{settings().business_name}: {first[0]}{f', and {more} more' if more else ''}"
    parts = [_opened(alert) for alert in told.opened]
    parts += [f"{alerts.end_words(alert)}.\n{alert.text}" for alert in told.over]
    where = f"{settings().public_url}{alerts.PAGE}"
    text = "\n\n".join([*parts, f"Look at it: {where}"])
    return Mail(" ".join(subject.split()), text + "\n")


def _opened(alert: Alert) -> str:
    rule, since = alerts.rule_of(alert), alert.noticed_at
    return f"{rule.title}\n{alert.text}\n{rule.advice}\nSince {since:%d %b %Y, %H:%M} UTC."


def send(server: MailServer, to: Sequence[str], mail: Mail) -> str | None:
    """Hand a mail to the server, once for each reader; return why, if nobody could be reached."""
    began = time.monotonic()
    try:
        refused = asyncio.run(asyncio.wait_for(_carry(server, to, mail), ALTOGETHER))
    except (MailTroubleError, ValueError, OSError, TimeoutError) as problem:
        return f"{type(problem).__name__}: {problem}"
    seconds = round(time.monotonic() - began, 1)
    log.info("alerts were sent by e-mail", readers=len(to) - len(refused), seconds=seconds)
    return refused[0] if len(refused) == len(to) else None


async def _carry(server: MailServer, to: Sequence[str], mail: Mail) -> list[str]:
    """Send on one line; return why those were refused to whom it could not be sent."""
    refused: list[str] = []
    line = await Line.open(server, PATIENCE)
    try:
        for address in to:
            parcel = Parcel(
                ref=str(uuid7()), channel=Channel.EMAIL, address=address,
                subject=mail.subject, text=mail.text,
            )  # fmt: skip
            try:
                await line.carry(write_letter(parcel, server))
            except (MailTroubleError, ValueError) as problem:
                refused.append(str(problem))
                if not await line.is_usable():
                    line.close()
                    line = await Line.open(server, PATIENCE)
    finally:
        await line.hang_up()
    return refused
