"""What the desk types about a customer."""

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from wtforms import (
    EmailField,
    Field,
    Form,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length

from webapp.customers.contacts import NotAContact, one_line, parse_email, parse_phone

LONGEST_TAG, MOST_TAGS = 40, 20


class Readable:
    """Check a number or an address, and keep it in the form in which it is stored."""

    def __init__(self, parse: Callable[[str], str]) -> None:
        self.parse = parse

    def __call__(self, _form: Form, field: Any) -> None:
        """Raise ValidationError when it cannot be right."""
        if not field.data:
            return
        try:
            field.parsed = self.parse(field.data)
        except NotAContact as problem:
            raise ValidationError(str(problem)) from None


class KnownZone:
    """Check the name of a time zone."""

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise ValidationError when no clock goes by it."""
        if field.data not in available_timezones():
            raise ValidationError("Choose a time zone from the list, such as Asia/Kolkata.")


def name_field(label: str) -> Any:
    """Return the field for a person's name."""
    return StringField(
        label,
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )


def phone_field() -> Any:
    """Return the field for a telephone number; ``parsed`` holds it in E.164."""
    return TelField("Telephone", [Readable(parse_phone)], filters=[one_line])


def email_field() -> Any:
    """Return the field for an e-mail address; ``parsed`` holds it normalised."""
    return EmailField("E-mail", [Readable(parse_email)], filters=[one_line])


class TagsField(StringField):
    """Words with commas between them; ``data`` is the text, ``parsed`` each word once, in small letters."""

    def process_data(self, value: Any) -> None:
        """Take the tags of a customer."""
        self.data = ", ".join(tag.tag for tag in value or [])

    @property
    def parsed(self) -> list[str]:
        """The words, in their order."""
        words = (one_line(word).lower() for word in (self.data or "").split(","))
        return list(dict.fromkeys(word for word in words if word))


class FewShortTags:
    """Check that each tag fits on a line, and that there are not too many."""

    def __call__(self, _form: Form, field: Any) -> None:
        """Raise ValidationError when not."""
        if any(len(word) > LONGEST_TAG for word in field.parsed):
            raise ValidationError(
                f"A tag has at most {LONGEST_TAG} characters. Are the commas there?"
            )
        if len(field.parsed) > MOST_TAGS:
            raise ValidationError(f"At most {MOST_TAGS} tags.")


class CustomerForm(Form):
    """A customer as the desk knows them."""

    name = name_field("Name")
    phone = phone_field()
    email = email_field()
    zone = StringField("Time zone", [KnownZone()], filters=[one_line])
    tags = TagsField("Tags, with commas", [FewShortTags()])
    note = TextAreaField(
        "Note for the desk", [Length(max=2000, message="At most 2,000 characters.")]
    )

    def values(self) -> dict[str, Any]:
        """Return what is to be stored."""
        parsed = {name: getattr(self[name], "parsed", None) for name in ("phone", "email", "tags")}
        return {**self.data, **parsed, "note": (self.note.data or "").strip()}
