"""The record of what people did, for admins."""

from flask import request
from flask.typing import ResponseReturnValue

from webapp.accounts import activity as log
from webapp.accounts import people
from webapp.accounts.access import needs
from webapp.accounts.forms import one_line
from webapp.accounts.models import AuditEntry, Role
from webapp.accounts.views import bp
from webapp.pages import render
from webapp.paging import page

LARGEST_ID = 2**31 - 1


@bp.get("/activity")
@needs(Role.ADMIN)
def activity() -> ResponseReturnValue:
    person, words = _person(), one_line(request.args.get("q", ""))[:100]
    return render(
        "accounts/activity.html",
        page=page(log.search(person=person, words=words), AuditEntry.id),
        people=people.everybody(),
        person=person,
        words=words,
    )


def _person() -> int | None:
    """Return whom the address asks for; a number that cannot be anybody's finds nothing."""
    number = request.args.get("person", type=int)
    return None if number is None else number if 0 < number <= LARGEST_ID else 0
