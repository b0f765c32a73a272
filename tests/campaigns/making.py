"""Campaigns for the tests, with recipients written straight into the table."""

import secrets
from typing import Any

from sqlalchemy import insert, null, select, update

from webapp.campaigns import checking, starting
from webapp.campaigns.models import Campaign, Recipient, Source, SourceKind, SourceState
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import UNFINISHED, Job
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel
from webapp.messages.models import Batch, Message

#: One that the sandbox has approved.
REMINDER = "booking_reminder"
COMPONENTS = [{"type": "BODY", "text": "Hello {{1}}, a reminder: {{2}} is on {{3}}."}]
FILLINGS = {"1": "{{ name }}", "2": "our sale", "3": "Monday"}


def a_text(
    channel: Channel = Channel.SMS, body: str = "Hello {{ name }}", **more: Any
) -> TemplateVersion:
    """Return the first version of a template."""
    whatsapp = channel == Channel.WHATSAPP
    template = Template(
        channel=channel,
        name=more.pop("name", REMINDER if whatsapp else f"offer_{secrets.token_hex(3)}"),
        language="en" if whatsapp else "",
        status="APPROVED" if whatsapp else None,
    )
    version = TemplateVersion(
        template=template,
        number=1,
        body=body,
        subject="An offer" if channel == Channel.EMAIL else "",
        components=COMPONENTS if whatsapp else None,
        **more,
    )
    db.session.add(version)
    db.session.commit()
    return version


def a_newer(version: TemplateVersion, body: str) -> TemplateVersion:
    """Return another version of the same template."""
    newer = TemplateVersion(template=version.template, number=version.number + 1, body=body)
    db.session.add(newer)
    db.session.commit()
    db.session.refresh(version.template)
    return newer


def a_draft(
    *channels: Channel, body: str = "Hello {{ name }}", people: int = 0, **more: Any
) -> Campaign:
    """Return a draft that is told by some channels."""
    order = channels or (Channel.SMS,)
    campaign = Campaign(
        name=more.pop("name", "Autumn offer"),
        channels=[channel.value for channel in order],
        zone="Asia/Kolkata",
        # Sent at whatever hour the tests run. (None would be the model's own default.)
        quiet_from=null(),
        quiet_until=null(),
        fillings=FILLINGS if Channel.WHATSAPP in order else {},
        **more,
    )
    for channel in order:
        setattr(campaign, f"{channel.value}_id", a_text(channel, body).id)
    db.session.add(campaign)
    db.session.flush()
    add_people(campaign, people)
    db.session.commit()
    return campaign


def a_source(campaign: Campaign, state: SourceState = SourceState.READ) -> Source:
    mapping = {"names": ["city"], "phone": 0, "email": 1, "name": 2}
    source = Source(campaign_id=campaign.id, kind=SourceKind.PASTED, state=state, mapping=mapping)
    db.session.add(source)
    db.session.flush()
    return source


def add_people(campaign: Campaign, count: int, **changes: Any) -> None:
    """Add recipients who can all be reached."""
    if not count:
        return
    source, begin = a_source(campaign), campaign.total
    db.session.execute(
        insert(Recipient),
        [somebody(campaign, source, begin + number + 1, **changes) for number in range(count)],
    )
    campaign.total += count
    db.session.commit()


def somebody(campaign: Campaign, source: Source, number: int, **changes: Any) -> dict[str, Any]:
    """Return one recipient's row."""
    phone = f"+9198{number:08d}"
    return {
        "campaign_id": campaign.id, "source_id": source.id, "row": number + 1, "key": phone,
        "name": f"Person {number}", "phone": phone, "email": f"person{number}@example.org",
        "zone": "Asia/Kolkata", "country": "IN", "values": {"name": f"Person {number}"}, **changes,
    }  # fmt: skip


def checked(campaign: Campaign, queue: Any) -> Campaign:
    """Have it checked."""
    checking.ask(campaign)
    db.session.commit()
    queue.run()
    db.session.refresh(campaign)
    return campaign


def sent(campaign: Campaign, queue: Any) -> Campaign:
    """Have it checked and sent off; its messages are not written yet."""
    checked(campaign, queue)
    starting.start(campaign)
    db.session.commit()
    return campaign


def messages(campaign: Campaign) -> list[Message]:
    """Return the messages of its batch in the order of the recipients."""
    query = select(Message).where(Message.batch_id == campaign.batch_id)
    return list(db.session.scalars(query.order_by(Message.recipient, Message.id)))


def jobs(kind: str) -> list[Job]:
    """Return the jobs of a kind."""
    return list(db.session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id)))


def run_jobs(queue: Any, kind: JobKind) -> None:
    """Run the jobs of a kind that are due, until none is, and nothing else."""
    query = select(Job.id).where(Job.kind == kind, Job.state.in_(UNFINISHED))
    while found := db.session.scalars(query.where(Job.run_at <= now())).all():
        for job_id in found:
            queue._run(kind.value, job_id)


def leave(queue: Any) -> None:
    """Let everything leave that waits, and be counted."""
    queue.run()
    db.session.execute(update(Batch).values(tallied_at=None))
    db.session.commit()
    queue.sweep()
    db.session.expire_all()
