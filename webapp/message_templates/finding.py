"""The list of the templates, narrowed down."""

from sqlalchemy import Select, select

from webapp.customers.finding import holds
from webapp.message_templates.models import Template
from webapp.messages.channels import Channel

ARCHIVED = "archived"
FILTERS = {
    "": "All",
    Channel.SMS.value: "SMS",
    Channel.EMAIL.value: "E-mail",
    Channel.WHATSAPP.value: "WhatsApp",
    ARCHIVED: "Archived",
}


def find(chosen: str, words: str) -> Select[Template]:
    """Return those of a filter whose name holds the words; archived ones have a filter of their own."""
    query = select(Template)
    if chosen == ARCHIVED:
        query = query.where(Template.archived_at.is_not(None))
    else:
        query = query.where(Template.archived_at.is_(None))
        query = query.where(Template.channel == Channel(chosen)) if chosen else query
    return query.where(holds(words, Template.name)) if words else query
