"""What the desk types about who wants no offers."""

from typing import Any

from wtforms import (
    Form,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length

from webapp.customers.contacts import NotAContact, one_line, parse_email, parse_phone
from webapp.fields import ReadField, SelectChoice
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES

SHORT = Length(max=300, message="At most 300 characters.")


class AddForm(Form):
    """An address to which no offers are to go."""

    channel = SelectField(
        "By", choices=[SelectChoice(channel.value, NAMES[channel]) for channel in Channel]
    )
    address = ReadField(
        "Number or address", [DataRequired("A number or an address is needed.")], filters=[one_line]
    )
    note = StringField("Why", [SHORT], filters=[one_line])

    def validate_address(self, field: Any) -> None:
        """Raise ValidationError for what the channel cannot reach."""
        if not field.data:
            return
        parse = parse_email if self.channel.data == Channel.EMAIL else parse_phone
        try:
            field.parsed = parse(field.data)
        except NotAContact as problem:
            raise ValidationError(str(problem)) from None


class LiftForm(Form):
    """Why offers may go there again."""

    note = StringField(
        "Why", [DataRequired("Say why, for whoever asks later."), SHORT], filters=[one_line]
    )
