"""The pages of the tokens by which programs are let in."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import browser, programs
from webapp.accounts.access import needs
from webapp.accounts.models import ApiToken, Role
from webapp.accounts.scopes import MEANINGS, Scope
from webapp.api.forms import TokenForm
from webapp.bookings.finding import house_zone
from webapp.extensions import db, settings
from webapp.pages import goes_to, render, say

bp = Blueprint("tokens", __name__, url_prefix="/tokens")


@bp.get("")
@needs(Role.ADMIN)
def index() -> ResponseReturnValue:
    """List the tokens: what each may do, and when it was last used."""
    return render(
        "api/tokens.html",
        tokens=programs.everyone(),
        words={scope.value: MEANINGS[scope].text for scope in Scope},
    )


@bp.get("/new")
@needs(Role.ADMIN)
def new() -> ResponseReturnValue:
    """Ask what a program is called and may do."""
    return render("api/new_token.html", form=TokenForm())


@bp.post("/new")
@needs(Role.ADMIN)
def make() -> ResponseReturnValue:
    """Make a token, and show it: this once."""
    form = TokenForm(request.form)
    if not form.validate():
        return render("api/new_token.html", form=form, status=422)
    made, secret = programs.make(
        form.name.data or "", form.wanted(), by=browser.me(), expires_at=form.end(house_zone())
    )
    db.session.commit()
    address = settings().public_url + url_for("api.list_tasks")
    return render("api/made_token.html", token=made, secret=secret, address=address)


@bp.post("/<int:token_id>/revoke")
@needs(Role.ADMIN)
def revoke(token_id: int) -> ResponseReturnValue:
    """Let a program in no more."""
    token = db.get_or_404(ApiToken, token_id)
    try:
        programs.revoke(token)
    except programs.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say(f"“{token.name}” is let in no more.")
    return goes_to(url_for(".index"))
