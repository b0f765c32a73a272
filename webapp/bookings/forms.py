"""What a customer types to book, and what the desk types to cancel."""

import re
import secrets

from wtforms import EmailField, Form, HiddenField, TelField, TextAreaField, ValidationError
from wtforms.validators import Length

from webapp.customers.contacts import Contact, one_line
from webapp.customers.forms import email_field, name_field, phone_field

REACHABLE = "Give a telephone number or an e-mail address, so that we can reach you."
FORM_KEY = re.compile(r"[\w-]{16,64}", re.ASCII)


class DetailsForm(Form):
    """Who comes, and when."""

    name = name_field("Your name")
    phone: TelField = phone_field()
    email: EmailField = email_field()
    #: The chosen time, as it stands in the address of the page.
    time = HiddenField("Time", filters=[one_line])
    #: Given out with each form: the same form sent again is the same booking.
    form_key = HiddenField(default=lambda: secrets.token_urlsafe(24))

    def validate_phone(self, field: TelField) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(REACHABLE)

    def validate_form_key(self, field: HiddenField) -> None:
        if not FORM_KEY.fullmatch(field.data or ""):
            raise ValidationError("This form is not complete. Reload the page.")

    def contact(self) -> Contact:
        """Return who it is, in the form in which we keep it."""
        return Contact(
            name=self.name.data,
            phone=getattr(self.phone, "parsed", None),
            email=getattr(self.email, "parsed", None),
        )


class CancelForm(Form):
    """What becomes of the money of a booking that is cancelled."""

    note = TextAreaField(
        "What becomes of the money",
        [Length(max=500, message="At most 500 characters.")],
        filters=[lambda typed: (typed or "").strip()],
    )
