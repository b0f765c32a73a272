"""A version of a template made into messages: read once, then fast for each recipient."""

from collections.abc import Mapping

from webapp.message_templates import segments
from webapp.message_templates.language import BadTemplate as BadTemplate
from webapp.message_templates.language import MissingValue as MissingValue
from webapp.message_templates.language import NotRenderable as NotRenderable
from webapp.message_templates.language import compile_text
from webapp.message_templates.mail import MailRenderer
from webapp.message_templates.models import TemplateVersion
from webapp.message_templates.rendered import BadLink as BadLink
from webapp.message_templates.rendered import NothingLeft as NothingLeft
from webapp.message_templates.rendered import Rendered as Rendered
from webapp.message_templates.rendered import Renderer as Renderer
from webapp.message_templates.rendered import TooLong as TooLong
from webapp.message_templates.whatsapp import WhatsAppRenderer
from webapp.messages.channels import Channel

LONGEST_SMS = 1_600


def renderer(version: TemplateVersion, fillings: Mapping[str, str] | None = None) -> Renderer:
    """Read a version. Raises BadTemplate.

    ``fillings`` says for each of a WhatsApp template's blanks (``whatsapp.blanks``) what stands
    there, in the placeholder language.
    """
    template = version.template
    if template.channel == Channel.SMS:
        return SmsRenderer(version.body)
    if template.channel == Channel.EMAIL:
        return MailRenderer(version.subject, version.body)
    return WhatsAppRenderer(
        template.name, template.language, version.components or [], fillings or {}
    )


class SmsRenderer:
    """Makes SMS of one text."""

    def __init__(self, body: str) -> None:
        """Read it. Raises BadTemplate."""
        if not body.strip():
            raise BadTemplate("A text is needed.")
        self.text = compile_text(body)
        self.names, self.links = self.text.names, frozenset[str]()

    def render(self, values: Mapping[str, str], *, unsubscribe_url: str | None = None) -> Rendered:  # noqa: ARG002 - an SMS is answered with STOP
        """Make the SMS for one recipient. Raises NotRenderable."""
        body = self.text.render(values)
        found = segments.count(body)
        if found.units > segments.MOST_UNITS or len(body) > LONGEST_SMS:
            raise TooLong(
                f"The text takes {found.units} parts of SMS, at most {segments.MOST_UNITS} can leave."
            )
        if not body.strip():
            raise NothingLeft
        return Rendered(None, body, units=found.units)
