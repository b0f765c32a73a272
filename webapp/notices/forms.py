"""What an admin types to tell the team something."""

import secrets
from typing import Any

from wtforms import (
    Form,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.accounts import people
from webapp.accounts.forms import one_line
from webapp.accounts.models import Role, User
from webapp.fields import SelectChoice
from webapp.notices.models import Level
from webapp.notices.telling import TEXT, TITLE

EVERYBODY, ROLE, PICKED = "everybody", "role", "picked"
WHOM = [
    SelectChoice(EVERYBODY, "Everybody who works here"),
    SelectChoice(ROLE, "Everybody with one role"),
    SelectChoice(PICKED, "Only people I pick"),
]
ROLES = [SelectChoice(role.value, role.value.capitalize()) for role in Role]
LEVELS = [
    SelectChoice(Level.INFO.value, "For information"),
    SelectChoice(Level.OK.value, "Good news"),
    SelectChoice(Level.WARN.value, "Please mind this"),
    SelectChoice(Level.BAD.value, "Urgent"),
]
INCOMPLETE = "This form is not complete. Reload the page."


def as_typed(text: str | None) -> str:
    """Keep the lines of a text, and take away what surrounds it; no database stores a NUL."""
    return (text or "").replace("\r\n", "\n").replace("\0", "").strip()


class AnnouncementForm(Form):
    """A notice, and for whom."""

    whom = RadioField("To whom", choices=WHOM, default=EVERYBODY)
    role = SelectField("Role", choices=ROLES, default="operator")
    people = SelectMultipleField(
        "People", widget=ListWidget(), option_widget=CheckboxInput(), validate_choice=False
    )
    level = SelectField("How it is meant", choices=LEVELS, default=Level.INFO.value)
    title = StringField(
        "Title",
        [DataRequired("A title is needed."), Length(max=TITLE, message="At most 200 characters.")],
        filters=[one_line],
    )
    message = TextAreaField(
        "Message", [Length(max=TEXT, message="At most 2,000 characters.")], filters=[as_typed]
    )
    form_key = HiddenField(default=lambda: secrets.token_urlsafe(24))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.team: list[User] = [user for user in people.everybody() if user.active]
        self.people.choices = [
            SelectChoice(str(user.id), f"{user.name}, {user.email}") for user in self.team
        ]

    def validate_people(self, field: SelectMultipleField) -> None:
        if self.whom.data != PICKED:
            return
        known = {str(user.id) for user in self.team}
        if not set(field.data or ()) & known:
            raise ValidationError("Pick at least one person.")
        if not set(field.data or ()) <= known:
            raise ValidationError(
                "Somebody whom you picked works here no longer. Look at the list again."
            )

    def validate_form_key(self, field: HiddenField) -> None:
        if not 16 <= len(field.data or "") <= 64 or not (field.data or "").isascii():
            raise ValidationError(INCOMPLETE)

    def values(self) -> dict[str, Any]:
        """Return what is to be told, and to whom."""
        return {
            "title": self.title.data,
            "message": self.message.data,
            "level": Level(self.level.data),
            "form_key": self.form_key.data,
            "role": Role(self.role.data) if self.whom.data == ROLE else None,
            "users": [int(one) for one in self.people.data or ()]
            if self.whom.data == PICKED
            else None,
        }
