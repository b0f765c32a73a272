"""Finding out what became of the messages whose answer was lost, without sending them again.

WhatsApp tells by itself: every status carries our id. Twilio keeps a list that can be searched.
E-mail cannot be asked, so a booking's mail is repeated once after a while, under the same
Message-ID by which a copy is recognised.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, func, select, update

from webapp.clock import now
from webapp.extensions import db, settings
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.channels import Accounts, Channel, OutcomeKind, rehearsing
from webapp.messages.channels.exchange import ProviderError
from webapp.messages.channels.sms import Listed, TwilioCarrier
from webapp.messages.models import (
    Attempt,
    Batch,
    EventState,
    Message,
    MessageState,
    ProviderEvent,
)
from webapp.messages.senders import accounts_of_settings, sender
from webapp.messages.statuses import TWILIO, Report, apply
from webapp.states import move, rows_changed

log = structlog.get_logger(__name__)

#: Longer than a request can be under way, so what Twilio does not list by then has not reached it.
SETTLED = timedelta(minutes=2)
#: Twilio's list is asked about a message for this long; then a person decides.
ASK_FOR = timedelta(hours=6)
#: A booking's e-mail whose answer was lost is repeated after this long, once.
REPEAT_MAIL_AFTER = timedelta(minutes=15)
BATCH = 50


def reconcile() -> bool:
    """Look after every unknown message that can be looked after. True when more wait. Commits."""
    texts = unknown(Channel.SMS)
    db.session.commit()
    for message_id in [message.id for message in texts]:
        ask_twilio(db.session.get_one(Message, message_id))
        db.session.commit()
    repeat_mail()
    adopt_orphans()
    db.session.commit()
    return False


def unknown(channel: Channel) -> Sequence[Message]:
    """Return a channel's messages of which nobody knows yet whether they arrived."""
    tried = exists().where(Attempt.message_id == Message.id)
    return db.session.scalars(
        select(Message)
        .where(
            Message.state == MessageState.UNKNOWN,
            Message.channel == channel,
            Message.finished_at.is_(None),
            tried.where(Attempt.started_at > now() - ASK_FOR),
        )
        .order_by(Message.id)
        .limit(BATCH)
    ).all()


def ask_twilio(message: Message) -> None:
    """Search Twilio's list for an SMS: found, it was sent; not found after a while, it was not."""
    began = last_attempt(message)
    ref, to, body = str(message.id), message.address, message.body
    accounts = accounts_of(message)
    db.session.commit()  # nothing is held while the provider is asked
    try:
        listed = find(accounts, ref, to, began - timedelta(seconds=5))
    except ProviderError as trouble:
        log.warning("twilio cannot be asked now", message=ref, problem=str(trouble))
        return
    for entry in reversed(listed):
        if entry.body == body and not known(entry.sid):
            state = TWILIO.get(entry.status, MessageState.SENT)
            known_by = (Channel.SMS, ref, entry.sid, state, now(), entry.error_code)
            apply(Report(*known_by, billed=entry.units))
            return
    if began < now() - SETTLED:
        not_sent(message)


def accounts_of(message: Message) -> Accounts:
    """Return by whose accounts a message left: a rehearsal's by the sandbox's."""
    batch = db.session.get(Batch, message.batch_id) if message.batch_id else None
    if batch is None or batch.rehearsal is None:
        return accounts_of_settings()
    return rehearsing.accounts(settings(), batch.rehearsal, run=str(batch.id))


def find(accounts: Accounts, ref: str, to: str, since: datetime) -> list[Listed]:
    """List what Twilio sent to a number. Raises ProviderError."""
    here = sender()
    carrier = here.lines_of(accounts)[Channel.SMS].carrier
    if not isinstance(carrier, TwilioCarrier):
        return []
    return here.run(carrier.find(ref, to, since))


def known(provider_id: str) -> bool:
    """Say whether a message of ours already has this id of the provider."""
    return bool(db.session.scalar(select(exists().where(Message.provider_id == provider_id))))


def not_sent(message: Message) -> None:
    """Put a message back whose attempt provably never reached the provider."""
    if move(
        message,
        MessageState.QUEUED,
        expect=[MessageState.UNKNOWN],
        due_at=now(),
        error=None,
        advice=None,
    ):
        wake(Wake.DELIVER)


def last_attempt(message: Message) -> datetime:
    """Return when the newest attempt began."""
    return message.attempts[-1].started_at if message.attempts else message.created_at


def repeat_mail() -> None:
    """Repeat a booking's e-mail once whose answer was lost a while ago."""
    moment = now()
    lost_once = (
        select(Attempt.message_id)
        .where(Attempt.outcome == OutcomeKind.UNKNOWN)
        .group_by(Attempt.message_id)
        .having(func.count() == 1, func.max(Attempt.started_at) < moment - REPEAT_MAIL_AFTER)
    )
    repeated = db.session.execute(
        update(Message)
        .where(
            Message.state == MessageState.UNKNOWN,
            Message.channel == Channel.EMAIL,
            Message.category == "transactional",
            Message.finished_at.is_(None),
            Message.id.in_(lost_once),
        )
        .values(state=MessageState.QUEUED, due_at=moment, version=Message.version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(repeated):
        wake(Wake.DELIVER)


def adopt_orphans() -> None:
    """Work through the reports again whose message has become known since."""
    ours = exists().where(Message.provider_id == ProviderEvent.orphan_of)
    found = db.session.execute(
        update(ProviderEvent)
        .where(ProviderEvent.state == EventState.ORPHAN, ours)
        .values(state=EventState.NEW, orphan_of=None)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(found):
        wake(Wake.RECEIVE)
