"""What the API keeps for a day: answers, which name who booked."""

from collections.abc import Iterator

from webapp.api.models import ApiAnswer
from webapp.forgetting import Keeps, Person, delete_rows


def forget(_person: Person) -> Iterator[int]:
    """Take every kept answer away: a day's worth, and none is needed but by who asks twice."""
    delete_rows(ApiAnswer)
    yield 0


KEEPS = Keeps(own={ApiAnswer: "body"}, free={ApiAnswer: "key asked_hash location"}, forget=forget)
