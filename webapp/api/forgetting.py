"""What the API keeps for a day: answers, which name who booked."""

from collections.abc import Iterator

from sqlalchemy import delete

from webapp.api.models import ApiAnswer
from webapp.extensions import db
from webapp.forgetting import Keeps, Person


def forget(_person: Person) -> Iterator[int]:
    """Take every kept answer away: a day's worth, and none is needed but by who asks twice."""
    db.session.execute(delete(ApiAnswer).execution_options(synchronize_session=False))
    yield 0


KEEPS = Keeps(own={ApiAnswer: "body"}, free={ApiAnswer: "key asked_hash location"}, forget=forget)
