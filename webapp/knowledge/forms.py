"""The forms of what is known."""

from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length

from webapp.customers.contacts import one_line

MOST = 300


class NameForm(Form):
    """What a source is called."""

    name = StringField(
        "Name",
        filters=[one_line],
        validators=[
            InputRequired("Say what it should be called."),
            Length(max=MOST, message=f"This is longer than {MOST} characters."),
        ],
    )
