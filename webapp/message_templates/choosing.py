"""Why a template cannot be chosen, and what each says now."""

from collections.abc import Sequence

from sqlalchemy import func, select

from webapp.extensions import db
from webapp.message_templates import whatsapp
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel

#: What WhatsApp's word for the state of a template means for whoever wants to use it.
STATES = {
    "APPROVED": "WhatsApp has approved it.",
    "PENDING": "WhatsApp is still looking at it. That takes minutes to a day.",
    "IN_APPEAL": "WhatsApp is looking at it once more.",
    "REJECTED": "WhatsApp has rejected it. The reason stands in WhatsApp Manager.",
    "PAUSED": "WhatsApp has paused it because of complaints. It comes back by itself, or after a change.",
    "DISABLED": "WhatsApp has disabled it because of complaints.",
    "LIMIT_EXCEEDED": "The account has more templates than WhatsApp allows.",
    "PENDING_DELETION": "It is being deleted at WhatsApp.",
    "DELETED": "It is no longer at WhatsApp.",
}


def why_not(template: Template) -> str | None:
    """Say why a template cannot be chosen; None when it can."""
    if template.channel == Channel.WHATSAPP and template.status != "APPROVED":
        word = str(template.status or "").lower().replace("_", " ")
        return STATES.get(template.status or "", f"WhatsApp calls it “{word}”, not approved.")
    if template.archived_at is not None:
        return "It is archived."
    if template.channel != Channel.WHATSAPP:
        return None
    [version] = newest([template]).values()
    return whatsapp.refusal(version.components or [])


def newest(templates: Sequence[Template]) -> dict[int, TemplateVersion]:
    """Return the newest version of each template, by the template's id."""
    ids = [template.id for template in templates]
    last = (
        select(TemplateVersion.template_id, func.max(TemplateVersion.number).label("number"))
        .where(TemplateVersion.template_id.in_(ids))
        .group_by(TemplateVersion.template_id)
        .subquery()
    )
    versions = db.session.scalars(
        select(TemplateVersion).join(
            last,
            (TemplateVersion.template_id == last.c.template_id)
            & (TemplateVersion.number == last.c.number),
        )
    )
    return {version.template_id: version for version in versions}
