"""What is typed about a campaign."""

from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from webapp.customers.contacts import one_line


class NameForm(Form):
    """A campaign's name, for the desk."""

    name = StringField(
        "Name",
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )
