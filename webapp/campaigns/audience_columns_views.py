"""Which column of an uploaded file is what."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns.audience import adding, showing
from webapp.campaigns.audience.forms import WrittenForm, columns_form
from webapp.campaigns.audience.guessing import headings
from webapp.campaigns.audience_views import bp, find_source
from webapp.campaigns.models import Source, SourceState
from webapp.extensions import db
from webapp.pages import goes_to, render, say

READ_ALREADY = "This list is being read already, so its columns are fixed."


@bp.get("/<int:source_id>/columns")
@needs(Role.OPERATOR)
def columns(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Show the columns as they were guessed, and what the first rows would become."""
    return _columns(_waiting(campaign_id, source_id))


@bp.post("/<int:source_id>/columns")
@needs(Role.OPERATOR)
def choose_columns(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Have the list read as it was chosen, or only show what that would give."""
    source = _waiting(campaign_id, source_id)
    form = columns_form(source, request.form)
    if "look" in request.form:
        return _columns(source, request.form)
    if not form.validate():
        return _columns(source, request.form, status=422)
    try:
        adding.read_as(source, form.columns(source.sample or [[]]))
    except adding.NotNow as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    return goes_to(url_for(".index", campaign_id=campaign_id))


@bp.post("/<int:source_id>/look-again")
@needs(Role.OPERATOR)
def look_again(campaign_id: int, source_id: int) -> ResponseReturnValue:
    """Look at the file as somebody says that it is written."""
    source = find_source(campaign_id, source_id)
    form = WrittenForm(request.form)
    if source.path is None or not form.validate():
        abort(400)
    try:
        adding.look_again(source, encoding=form.encoding.data, delimiter=form.delimiter.data)
    except adding.NotNow as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("The file is being looked at again.")
    return goes_to(url_for(".index", campaign_id=campaign_id))


def _waiting(campaign_id: int, source_id: int) -> Source:
    source = find_source(campaign_id, source_id)
    if source.state != SourceState.MAPPING:
        abort(409, READ_ALREADY)
    return source


def _columns(source: Source, typed: object = None, *, status: int = 200) -> ResponseReturnValue:
    rows = source.sample or [[]]
    form = columns_form(source, typed)
    valid = typed is None or form.validate()
    return render(
        "campaigns/audience/columns.html",
        block="outcome",
        campaign=source.campaign,
        source=source,
        form=form,
        written=WrittenForm(encoding=source.encoding, delimiter=source.delimiter),
        headings=headings(rows, header=bool(form.header.data)),
        sampled=showing.sampled(rows, form.columns(rows)) if valid else [],
        status=status,
    )
