"""What an admin says about how long data is kept, and about erasing a customer."""

from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length

from webapp.customers.contacts import one_line
from webapp.retention.rules import Term

#: Nobody means a longer time than that by a number of days.
MOST_DAYS = 36_500


class TermForm(Form):
    """For how many days a kind of data is kept, or for ever."""

    days = IntegerField("Days")
    for_ever = BooleanField("Keep for ever")

    @classmethod
    def of(cls, term: Term) -> "TermForm":
        """Return the form as a kind is kept now."""
        return cls(data={"days": term.days or term.kept.days, "for_ever": term.days is None})

    def validate_days(self, field: IntegerField) -> None:
        if self.for_ever.data:
            field.errors = []
            return
        if field.data is None:
            raise ValidationError("Say for how many days, in digits, or choose to keep for ever.")
        if not 1 <= field.data <= MOST_DAYS:
            raise ValidationError(f"Between 1 and {MOST_DAYS:,} days, or for ever.")

    def chosen(self) -> int | None:
        """Return the days; None is for ever."""
        return None if self.for_ever.data else self.days.data


class EraseForm(Form):
    """That somebody means it, and why."""

    name = StringField("Type the name of the customer", filters=[one_line])
    reason = TextAreaField(
        "Why", [Length(max=500, message="At most 500 characters.")], filters=[one_line]
    )

    def check(self, called: str) -> bool:
        """Say whether all is there; what is missing stands at its field."""
        fine = self.validate()
        if (self.name.data or "").casefold() != one_line(called).casefold():
            self.name.errors = [*self.name.errors, "This is not the name of this customer."]
            fine = False
        if not self.reason.data:
            self.reason.errors = [*self.reason.errors, "Say why, such as: asked for it by e-mail."]
            fine = False
        return fine
