"""A campaign for some thousands, ready to be checked and sent: half by SMS, half by e-mail."""

from typing import Any

from sqlalchemy import insert, null

from tests.stack import Stack
from webapp import slices as slices  # every table, for the keys between them
from webapp.campaigns.models import Campaign, Recipient, Source, SourceKind, SourceState
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel

BY = (Channel.SMS, Channel.EMAIL)


def prepare(stack: Stack, people: int) -> int:
    """Store the campaign with its texts and recipients; return its id."""
    with stack.session() as session:
        texts = {channel: _text(channel) for channel in BY}
        session.add_all(texts.values())
        session.flush()
        campaign = Campaign(
            name="Autumn offer", channels=[channel.value for channel in BY], zone="Asia/Kolkata",
            quiet_from=null(), quiet_until=null(), total=people,
            sms_id=texts[Channel.SMS].id, email_id=texts[Channel.EMAIL].id,
        )  # fmt: skip
        session.add(campaign)
        session.flush()
        source = Source(
            campaign_id=campaign.id, kind=SourceKind.PASTED, state=SourceState.READ,
            mapping={"names": [], "phone": 0, "email": 1, "name": 2}, rows=people, good=people,
        )  # fmt: skip
        session.add(source)
        session.flush()
        rows = [_somebody(campaign, source, number) for number in range(people)]
        session.execute(insert(Recipient), rows)
        session.commit()
        return campaign.id


def _text(channel: Channel) -> TemplateVersion:
    template = Template(channel=channel, name=f"offer_{channel}")
    subject = "An offer for {{ name }}" if channel == Channel.EMAIL else ""
    return TemplateVersion(
        template=template, number=1, subject=subject, body="Hello {{ name }}, come and see."
    )


def _somebody(campaign: Campaign, source: Source, number: int) -> dict[str, Any]:
    """Return a recipient who has a number, or an address, and not both."""
    by_phone = number % 2 == 0
    phone = f"+9198{number:08}" if by_phone else None
    email = None if by_phone else f"person{number}@example.org"
    return {
        "campaign_id": campaign.id, "source_id": source.id, "row": number + 2,
        "key": phone or email, "name": f"Person {number}", "phone": phone, "email": email,
        "zone": "Asia/Kolkata", "country": "IN" if by_phone else None,
        "values": {"name": f"Person {number}"},
    }  # fmt: skip
