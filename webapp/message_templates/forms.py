"""What is typed of a template."""

import re
from typing import Any

from wtforms import Form, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from webapp.customers.contacts import one_line
from webapp.message_templates.language import LONGEST_TEXT, BadTemplate, NotRenderable, compile_text
from webapp.message_templates.mail import LONGEST_SUBJECT, MailRenderer
from webapp.message_templates.models import TemplateVersion
from webapp.message_templates.rendering import Renderer, SmsRenderer
from webapp.message_templates.samples import samples
from webapp.messages.channels import Channel

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def lines(text: str | None) -> str:
    """Return what was typed with plain line ends, without what no message carries."""
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", plain).strip()


def sentence_of(problem: BadTemplate, text: str) -> str:
    """Say what is wrong with a text, and where."""
    before = text[: problem.position]
    line, sign = before.count("\n") + 1, problem.position - before.rfind("\n")
    where = f"line {line}, character {sign}" if "\n" in text else f"character {sign}"
    return f"{problem.sentence} ({where})"


class TextForm(Form):
    """The text of an SMS."""

    name = StringField(
        "Name",
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )
    body = TextAreaField(
        "Text",
        [
            DataRequired("A text is needed."),
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT:,} characters."),
        ],
        filters=[lines],
    )

    @classmethod
    def of(cls, name: str, version: TemplateVersion) -> "TextForm":
        """Return the form filled with a version."""
        return cls(data={"name": name, "subject": version.subject, "body": version.body})

    def validate_body(self, field: Any) -> None:
        """Let only a text through of which a message can be made."""
        try:
            self.of_body(field.data)
        except BadTemplate as problem:
            raise ValidationError(sentence_of(problem, field.data)) from None
        except NotRenderable as problem:
            raise ValidationError(problem.sentence) from None

    def of_body(self, body: str) -> None:
        """Try the text, with the shortest values there can be. Raises BadTemplate, NotRenderable."""
        renderer = SmsRenderer(body)
        renderer.render(dict.fromkeys(renderer.names, "x"))

    def renderer(self) -> Renderer:
        """Return what makes messages of it as it stands. Raises BadTemplate."""
        return SmsRenderer(self.body.data or "")

    def values(self) -> dict[str, str]:
        """Return what is to be stored."""
        return {"name": str(self.name.data), "body": str(self.body.data)}


class MailForm(TextForm):
    """The subject and the text of an e-mail."""

    subject = StringField(
        "Subject",
        [
            DataRequired("A subject is needed."),
            Length(max=LONGEST_SUBJECT, message=f"At most {LONGEST_SUBJECT} characters."),
        ],
        filters=[one_line],
    )

    def validate_subject(self, field: Any) -> None:
        """Let only a subject through that can be filled in."""
        try:
            compile_text(field.data)
        except BadTemplate as problem:
            raise ValidationError(sentence_of(problem, field.data)) from None

    def of_body(self, body: str) -> None:
        """Try the text. Raises BadTemplate, NotRenderable."""
        renderer = MailRenderer("-", body)
        renderer.render(samples(renderer))

    def renderer(self) -> Renderer:
        """Return what makes messages of it as it stands. Raises BadTemplate."""
        return MailRenderer(self.subject.data or "", self.body.data or "")

    def values(self) -> dict[str, str]:
        """Return what is to be stored."""
        return {**super().values(), "subject": str(self.subject.data)}


FORMS: dict[Channel, type[TextForm]] = {Channel.SMS: TextForm, Channel.EMAIL: MailForm}
