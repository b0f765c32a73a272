"""What people type about accounts, checked in one place."""

from typing import Any

from wtforms import (
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length

from webapp.accounts import passwords, people
from webapp.accounts.models import Role
from webapp.fields import SelectChoice

NAME_LENGTH, EMAIL_LENGTH = 100, 254
NEEDED = "This is needed."
MISSING = InputRequired(NEEDED)
ROLES = [
    SelectChoice(Role.ADMIN.value, "Admin: everything, also people and settings"),
    SelectChoice(Role.OPERATOR.value, "Operator: the daily work with bookings and customers"),
    SelectChoice(Role.VIEWER.value, "Viewer: sees everything and changes nothing"),
]


def one_line(text: str | None) -> str:
    """Take out what cannot be seen, and the spaces around the rest."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())


class GoodEmail:
    """Check that an e-mail address can be one, and keep it in the form that is stored."""

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise ValidationError when it cannot."""
        email = people.normal_email(field.data or "")
        if email is None or len(email) > EMAIL_LENGTH:
            raise ValidationError("This does not look like an e-mail address.")
        field.data = email


class GoodPassword:
    """Check that a new password is hard to guess."""

    def __call__(self, form: Form, field: Field) -> None:
        """Raise ValidationError with the reason when it is not."""
        about = tuple(
            text for name in ("email", "name") if name in form and (text := form[name].data)
        )
        if why := passwords.why_refused(
            field.data or "", about=(*about, *getattr(form, "about", ()))
        ):
            raise ValidationError(why)


def name_field() -> Any:
    """Return the field for a person's name."""
    return StringField(
        "Name",
        filters=[one_line],
        validators=[
            DataRequired(NEEDED),
            Length(max=NAME_LENGTH, message="Use at most 100 characters."),
        ],
    )


class SignIn(Form):
    """E-mail and password."""

    email = EmailField("E-mail", validators=[MISSING])
    password = PasswordField("Password", validators=[MISSING])
    next = HiddenField()


class FirstAccount(Form):
    """The first admin."""

    name = name_field()
    email = EmailField("E-mail", validators=[MISSING, GoodEmail()])
    password = PasswordField("Password", validators=[MISSING, GoodPassword()])


class NewPassword(Form):
    """A password chosen with a link."""

    password = PasswordField("New password", validators=[MISSING, GoodPassword()])
    about: tuple[str, ...] = ()


class OtherPassword(Form):
    """Another password, by somebody who knows the old one."""

    old = PasswordField("Password you have now", validators=[MISSING])
    password = PasswordField("New password", validators=[MISSING, GoodPassword()])
    about: tuple[str, ...] = ()


class Invitation(Form):
    """A new person."""

    name = name_field()
    email = EmailField("E-mail", validators=[MISSING, GoodEmail()])
    role = RadioField("Role", choices=ROLES, default=Role.OPERATOR.value, validators=[MISSING])


class Person(Form):
    """What can be changed of a person."""

    name = name_field()
    role = RadioField("Role", choices=ROLES, validators=[MISSING])
