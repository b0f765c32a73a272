"""What a customer types to book, and what the desk types to cancel."""

import secrets
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, StringField, TelField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from webapp.customers.contacts import Contact, NotAContact, parse_email, parse_phone

REACHABLE = "Give a telephone number or an e-mail address, so that we can reach you."


def tidy(typed: Any) -> Any:
    """Take away the spaces around and between words that nobody meant."""
    return " ".join(typed.split()) if isinstance(typed, str) else typed


class DetailsForm(FlaskForm):  # type: ignore[misc]
    """Who comes, and when."""

    name = StringField(
        "Your name",
        [InputRequired("Tell us your name."), Length(max=100, message="At most 100 characters.")],
        filters=[tidy],
    )
    phone = TelField("Telephone", filters=[tidy])
    email = EmailField("E-mail", filters=[tidy])
    #: The chosen time, as it stands in the address of the page.
    time = HiddenField("Time")
    #: Given out with each form: the same form sent again is the same booking.
    form_key = HiddenField(default=lambda: secrets.token_urlsafe(24))

    def validate_name(self, field: StringField) -> None:
        if not (field.data or "").isprintable():
            raise ValidationError("The name holds characters that cannot be written.")

    def validate_phone(self, field: TelField) -> None:
        if not field.data and not self.email.data:
            raise ValidationError(REACHABLE)
        _check(field, parse_phone)

    def validate_email(self, field: EmailField) -> None:
        _check(field, parse_email)

    def validate_form_key(self, field: HiddenField) -> None:
        if not 16 <= len(field.data or "") <= 64:
            raise ValidationError("This form is not complete. Reload the page.")

    def contact(self) -> Contact:
        """Return who it is, in the form in which we keep it."""
        return Contact(
            self.name.data or "",
            parse_phone(self.phone.data) if self.phone.data else None,
            parse_email(self.email.data) if self.email.data else None,
        )


class CancelForm(FlaskForm):  # type: ignore[misc]
    """Why a booking is cancelled, and what becomes of the money."""

    note = TextAreaField(
        "What becomes of the money",
        [Length(max=500, message="At most 500 characters.")],
        filters=[lambda typed: typed.strip() if typed else ""],
    )


def _check(field: Any, parse: Any) -> None:
    if not field.data:
        return
    try:
        parse(field.data)
    except NotAContact as problem:
        raise ValidationError(str(problem)) from None
