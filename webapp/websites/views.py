"""The pages of a website that is read."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, String, bindparam, cast, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.knowledge.models import Source, SourceState
from webapp.messages import watching
from webapp.notices import links
from webapp.pages import goes_to, render, say
from webapp.paging import page
from webapp.websites import editing, finding
from webapp.websites import stopping as stopping  # a stopped job stops its website
from webapp.websites.forms import NewForm, SettingsForm, usual
from webapp.websites.models import PageState, WebPage, Website

bp = Blueprint("websites", __name__, url_prefix="/websites")
links.register("website", "websites.show", "source_id", called=finding.name_of)

_ID: BindParameter[int] = bindparam("source_id")
#: Each page that is read is a step of the job; names and states are the source's.
CHANGES = select(Source.version).where(Source.id == _ID).scalar_subquery() + watching.changes_of(
    "website", cast(_ID, String)
)


@bp.get("/new")
@needs(Role.OPERATOR)
def new() -> ResponseReturnValue:
    """Show the form with what is usual."""
    return _new_form(NewForm(data={**usual(), "url": one_line(request.args.get("url"))}))


@bp.post("")
@needs(Role.OPERATOR)
def create() -> ResponseReturnValue:
    """Add a website, and have it read."""
    form = NewForm(request.form)
    if not form.validate():
        return _new_form(form, status=422)
    try:
        website = editing.add(
            form.url.parsed,
            form.name.data or "",
            whole_host=form.where.data == "host",
            values=form.values(),
        )
    except editing.AlreadyThere as there:
        form.url.errors = [ALREADY_THERE]
        return _new_form(form, there=there.website, status=422)
    db.session.commit()
    say("Added. Its pages come in below.")
    return goes_to(url_for(".show", source_id=website.source_id))


ALREADY_THERE = "This website is read already."


@bp.get("/<int:source_id>")
@needs(Role.VIEWER)
@polls.polled(CHANGES)
def show(source_id: int) -> ResponseReturnValue:
    """Show a website, live while its pages come in."""
    version = polls.version()
    shown = finding.show(finding.find(source_id))
    return render("websites/show.html", block="live_part", shown=shown, version=version)


@bp.get("/<int:source_id>/pages")
@needs(Role.VIEWER)
def pages(source_id: int) -> ResponseReturnValue:
    """List its pages, newest first."""
    website = finding.find(source_id)
    state, words = request.args.get("state", ""), one_line(request.args.get("q"))
    if state and state not in set(PageState):
        abort(404)
    query = finding.pages(website, PageState(state) if state else None, words)
    return render(
        "websites/pages.html",
        block="list",
        website=website,
        page=page(query, WebPage.id),
        counts=finding.counts(website),
        state=state,
        words=words,
    )


@bp.get("/<int:source_id>/edit")
@needs(Role.OPERATOR)
def edit(source_id: int) -> ResponseReturnValue:
    """Show how it is called and read."""
    website = _to_change(source_id)
    return render("websites/edit.html", website=website, form=SettingsForm.of(website))


@bp.post("/<int:source_id>/edit")
@needs(Role.OPERATOR)
def update(source_id: int) -> ResponseReturnValue:
    """Store how it is called and read."""
    website, form = _to_change(source_id), SettingsForm(request.form)
    if not form.validate():
        return render("websites/edit.html", website=website, form=form, status=422)
    editing.change(
        website,
        form.name.data or "",
        whole_host=form.where.data == "host",
        values=form.values(),
    )
    db.session.commit()
    say("Saved.")
    return goes_to(url_for(".show", source_id=source_id))


@bp.post("/<int:source_id>/read-again")
@needs(Role.OPERATOR)
def read_again(source_id: int) -> ResponseReturnValue:
    """Have it read once more; what has not changed is left as it is."""
    return _ask(source_id, editing.read_again, "It is being read again.", ".show")


@bp.post("/<int:source_id>/remove")
@needs(Role.OPERATOR)
def remove(source_id: int) -> ResponseReturnValue:
    """Take it away, with all that is known from it."""
    return _ask(source_id, editing.remove, "Removed. Nothing of it is found any more.", None)


def _ask(
    source_id: int, wish: Callable[[Website], Any], done: str, then: str | None
) -> ResponseReturnValue:
    try:
        wish(finding.find(source_id))
    except editing.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say(done)
    if then is not None:
        return goes_to(url_for(then, source_id=source_id))
    listed = "knowledge.index" in current_app.view_functions
    return goes_to(url_for("knowledge.index" if listed else ".new"))


def _to_change(source_id: int) -> Website:
    website = finding.find(source_id)
    if website.source.state == SourceState.REMOVING:
        abort(409, "This website is being removed, so it cannot be changed.")
    return website


def _new_form(
    form: NewForm, *, there: Website | None = None, status: int = 200
) -> ResponseReturnValue:
    return render("websites/new.html", form=form, there=there, status=status)
