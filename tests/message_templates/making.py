"""Templates for tests."""

from typing import Any

from webapp.extensions import db
from webapp.message_templates import editing
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel

BODY = "# Hello\n\nDear {{ name }}, [a link](https://example.org).\n\n- one\n- two"
PARTS = [{"type": "BODY", "text": "Hello {{1}}"}, {"type": "FOOTER", "text": "Bye"}]


def a_whatsapp_template(
    name: str = "hello", components: list[Any] | None = None, **fields: Any
) -> Template:
    """Add a template as it was fetched."""
    facts = {"language": "en", "status": "APPROVED", "category": "MARKETING", **fields}
    template = Template(channel=Channel.WHATSAPP, name=name, **facts)
    template.versions = [
        TemplateVersion(number=1, body="Hello {{1}}", components=components or PARTS)
    ]
    db.session.add(template)
    db.session.flush()
    return template


def some_templates() -> Template:
    """Add a template for each channel; return the e-mail's, which has two versions."""
    editing.add(Channel.SMS, "A text", body="It’s ready, {{ name }}.")
    mail = editing.add(Channel.EMAIL, "A mail", subject="An {{ old|default:'x' }} one", body=BODY)
    editing.change(mail, "A mail", subject="Hello", body=BODY)
    a_whatsapp_template("approved")
    a_whatsapp_template("paused", status="PAUSED")
    return mail
