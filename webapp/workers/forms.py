"""What an admin types to pause a queue or to restart a worker."""

from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from webapp.jobs.worker_models import REASON_LENGTH


class ReasonForm(Form):
    """Why."""

    reason = StringField(
        "Why",
        [
            DataRequired("Say why: whoever comes next must know."),
            Length(max=REASON_LENGTH, message=f"At most {REASON_LENGTH} characters."),
        ],
        filters=[lambda typed: " ".join((typed or "").replace("\0", "").split())],
    )
