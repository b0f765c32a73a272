"""The recipients of a campaign as a file, with the filters of their list."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from webapp.campaigns import recipients, standing
from webapp.campaigns.expanding import purpose
from webapp.campaigns.models import Campaign, Recipient
from webapp.campaigns.recipients import UNSENDABLE, UNWRITTEN, Wanted
from webapp.clock import now
from webapp.exports import asking, writing
from webapp.exports.models import Export
from webapp.extensions import db
from webapp.messages.models import Message
from webapp.messages.stopping import NAMES

SLICE = 2_000
WHAT = "campaign.recipients"
HEADER = [
    "Row", "Name", "Number", "E-mail", "State", "Channel", "Sent to", "Reason", "Code",
    "Written", "Sent", "Delivered", "Read", "Units charged",
]  # fmt: skip
PERSON = (
    Recipient.id,
    Recipient.row,
    Recipient.name,
    Recipient.phone,
    Recipient.email,
    Recipient.problem,
    Recipient.detail,
)
LETTER = (
    Message.recipient,
    Message.state,
    Message.channel,
    Message.address,
    Message.error,
    Message.code,
    Message.created_at,
    Message.sent_at,
    Message.delivered_at,
    Message.read_at,
    Message.units,
    Message.billed,
)
SECONDS = len("2026-11-20 12:00:00")
LEFT = {"sent", "delivered", "read"}


def ask(campaign: Campaign, wanted: Wanted, *, rehearsed: bool = False) -> Export:
    """Ask for the file of those who are looked for."""
    part = wanted.state and f", {standing.WORDS[wanted.state].lower()}"
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]', " ", campaign.name).strip() or "Campaign"
    narrowed = wanted.state or wanted.words
    return asking.ask(
        WHAT,
        f"{name}{', rehearsal' if rehearsed else ''}{part}, {now():%Y-%m-%d}.csv",
        about=campaign,
        rows=None if narrowed else campaign.total,
        campaign_id=wanted.campaign_id,
        batch_id=wanted.batch_id,
        state=wanted.state,
        code=wanted.code,
        words=wanted.words,
    )


@writing.writer(WHAT)
def rows(args: dict[str, Any]) -> Iterator[list[Any]]:
    """Give every recipient who is looked for, in the order of their rows."""
    wanted, last = Wanted(**args), 0
    yield HEADER
    while people := _people(wanted, last):
        last = people[-1].id
        letters = _letters(wanted, people)
        for who in people:
            letter = letters.get(who.id)
            if _fits(wanted, who, letter):
                yield _cells(who, letter)


def _people(wanted: Wanted, after: int) -> Sequence[Any]:
    query = select(*PERSON).where(Recipient.campaign_id == wanted.campaign_id, Recipient.id > after)
    if wanted.words:
        query = query.where(recipients.named(wanted))
    if wanted.state == UNSENDABLE:
        query = query.where(Recipient.problem.is_not(None))
    return db.session.execute(query.order_by(Recipient.id).limit(SLICE)).all()


def _letters(wanted: Wanted, people: Sequence[Any]) -> dict[int, Any]:
    """Return the newest message to each of some recipients."""
    if wanted.batch_id is None:
        return {}
    found = db.session.execute(
        select(*LETTER).where(
            Message.subject_type == "recipient",
            Message.subject_id.in_([str(who.id) for who in people]),
            Message.purpose == purpose(wanted.batch_id),
            Message.superseded.is_(False),
        )
    )
    return {row.recipient: row for row in found}


def _fits(wanted: Wanted, who: Any, letter: Any) -> bool:
    if wanted.state and wanted.state != _state(who, letter):
        return False
    if not wanted.code:
        return True
    code = who.problem if letter is None else letter.code or standing.NO_CODE
    return bool(code == wanted.code)


def _state(who: Any, letter: Any) -> str:
    if letter is None:
        return UNSENDABLE if who.problem else UNWRITTEN
    return str(letter.state)


def _cells(who: Any, letter: Any) -> list[Any]:
    state = _state(who, letter)
    person = [who.row, who.name, who.phone, who.email, standing.WORDS[state]]
    if letter is None:
        return [*person, "", "", who.detail, who.problem, "", "", "", "", ""]
    why = letter.error if state in recipients.NOT_GOT else None
    units = (letter.units if letter.billed is None else letter.billed) if state in LEFT else 0
    times = (letter.created_at, letter.sent_at, letter.delivered_at, letter.read_at)
    return [
        *person, NAMES[letter.channel], letter.address, why, letter.code,
        *(_clock(moment) for moment in times), units,
    ]  # fmt: skip


def _clock(moment: Any) -> str:
    """Write a moment in UTC, in the form that every spreadsheet takes for one."""
    return str(moment)[:SECONDS] if moment else ""
