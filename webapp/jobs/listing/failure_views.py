"""The page of what fails, and why."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.jobs.listing import failures
from webapp.pages import render

bp = Blueprint("failures", __name__, url_prefix="/jobs/failures")


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the failures that nobody has dealt with, grouped by their cause."""
    return render("jobs/failures.html", groups=failures.groups(), most=failures.MOST)
