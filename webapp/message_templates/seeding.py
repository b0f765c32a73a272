"""Example templates, so that a campaign can be tried out without writing one first."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.message_templates import editing, fetching
from webapp.message_templates.models import Template
from webapp.messages.channels import Channel

SMS = "Hello {{ name|first|default:'there' }}, this week everything is 20 % off. Reply STOP to end."
SUBJECT = "{{ name|first|default:'Hello' }}, 20 % off this week"
MAIL = """Hello {{ name|first|default:"there" }},

this week **everything is 20 % off**. Just say so when you come.

We are looking forward to seeing you!
"""


def seed() -> None:
    """Add them, and ask for WhatsApp's, when there is no template at all. The caller commits."""
    if db.session.scalar(select(Template.id).limit(1)) is not None:
        return
    editing.add(Channel.SMS, "Example: an offer", body=SMS)
    editing.add(Channel.EMAIL, "Example: an offer", subject=SUBJECT, body=MAIL)
    fetching.ask()
