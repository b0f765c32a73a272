"""The record of what people did, for admins."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import activity as log
from webapp.accounts import people
from webapp.accounts.access import needs
from webapp.accounts.forms import one_line
from webapp.accounts.models import Role
from webapp.accounts.views import bp
from webapp.pages import render

LARGEST = 2**31 - 1


@bp.get("/activity")
@needs(Role.ADMIN)
def activity() -> ResponseReturnValue:
    person, words = _number("person"), (one_line(request.args.get("q")) or "")[:100]
    page = log.page(person=person, words=words, before=_number("before"), after=_number("after"))
    filters = {"person": person, "q": words or None}
    return render(
        "accounts/activity.html",
        page=page,
        people=people.everybody(),
        person=person,
        words=words,
        newer=page.newer and url_for("accounts.activity", after=page.newer, **filters),
        older=page.older and url_for("accounts.activity", before=page.older, **filters),
    )


def _number(name: str) -> int | None:
    number = request.args.get(name, type=int)
    return number if number is None or 0 <= number <= LARGEST else LARGEST
