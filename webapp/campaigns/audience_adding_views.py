"""Lists added to a campaign: a file, the customers, pasted numbers."""

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from webapp import storage, uploads
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.campaigns.audience import adding, selecting
from webapp.campaigns.audience.forms import CustomersForm, FileForm, PastedForm, choices
from webapp.campaigns.audience_views import bp, find
from webapp.campaigns.models import Campaign, CampaignState
from webapp.customers.finding import tags
from webapp.extensions import db, settings
from webapp.pages import goes_to, render, say

NO_FILE = "Choose a file."
EMPTY = "This file is empty."
AWAY = "The storage of files did not answer. Try again in a minute."


def _too_large() -> ResponseReturnValue:
    """Say it at the field; nothing of the file is kept."""
    campaign = find(int((request.view_args or {})["campaign_id"]))
    return _file_page(campaign, too_large(), status=422)


uploads.accept(bp, {"audience.upload": Role.OPERATOR}, refused=_too_large)


def too_large() -> str:
    """Return the sentence for a file that is too large."""
    return f"{uploads.too_large()} Split it, or take out columns that are not needed."


@bp.get("/file")
@needs(Role.OPERATOR)
def file(campaign_id: int) -> ResponseReturnValue:
    """Ask for a file."""
    return _file_page(_open(campaign_id))


@bp.post("/file")
@needs(Role.OPERATOR)
def upload(campaign_id: int) -> ResponseReturnValue:
    """Store a file; a job looks how it is written."""
    campaign = _open(campaign_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename or (problem := _trouble(sent)):
        return _file_page(
            campaign, NO_FILE if sent is None or not sent.filename else problem, status=422
        )
    db.session.rollback()  # storing it takes as long as it is large
    try:
        path, size = adding.store(sent.stream)
    except storage.Away:
        return _file_page(find(campaign_id), AWAY, status=503)
    try:
        adding.add_file(_open(campaign_id), sent.filename, path, size)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        storage.delete(path)
        raise
    return goes_to(url_for(".index", campaign_id=campaign_id))


def _trouble(sent: FileStorage) -> str:
    """Say what is wrong with a file as such; what is in it, a job finds out."""
    size = uploads.size_of(sent.stream)
    if not size:
        return EMPTY
    return too_large() if size > uploads.most_bytes() else ""


@bp.get("/customers")
@needs(Role.OPERATOR)
def customers(campaign_id: int) -> ResponseReturnValue:
    """Ask which customers; htmx counts them again with each choice."""
    return _customers_page(_open(campaign_id), request.args or None)


@bp.post("/customers")
@needs(Role.OPERATOR)
def add_customers(campaign_id: int) -> ResponseReturnValue:
    """Add the customers who were chosen, or only count them."""
    campaign, form = _open(campaign_id), CustomersForm(request.form)
    if not form.validate():
        return _customers_page(campaign, request.form, status=422)
    if "look" in request.form:
        return _customers_page(campaign, request.form)
    adding.add_customers(campaign, form.asked(campaign.zone))
    db.session.commit()
    return goes_to(url_for(".index", campaign_id=campaign_id))


@bp.get("/pasted")
@needs(Role.OPERATOR)
def pasted(campaign_id: int) -> ResponseReturnValue:
    """Ask for numbers and addresses."""
    form = PastedForm(region=settings().phone_region)
    return render("campaigns/audience/pasted.html", campaign=_open(campaign_id), form=form)


@bp.post("/pasted")
@needs(Role.OPERATOR)
def add_pasted(campaign_id: int) -> ResponseReturnValue:
    """Add what was pasted."""
    campaign, form = _open(campaign_id), PastedForm(request.form)
    if not form.validate():
        return render("campaigns/audience/pasted.html", campaign=campaign, form=form, status=422)
    adding.add_pasted(campaign, form.text.data or "", form.region.data)
    db.session.commit()
    say("The numbers and addresses are being read.")
    return goes_to(url_for(".index", campaign_id=campaign_id))


def _open(campaign_id: int) -> Campaign:
    campaign = find(campaign_id)
    if campaign.state == CampaignState.CANCELLED:
        abort(409, adding.CLOSED)
    return campaign


def _file_page(campaign: Campaign, problem: str = "", *, status: int = 200) -> ResponseReturnValue:
    form = FileForm()
    form.file.errors = [problem] if problem else []
    return render(
        "campaigns/audience/file.html",
        campaign=campaign,
        form=form,
        most=settings().upload_megabytes,
        too_large=too_large(),
        status=status,
    )


def _customers_page(campaign: Campaign, typed: Any, *, status: int = 200) -> ResponseReturnValue:
    form = CustomersForm(typed)
    form.tag.choices = choices([("", "Any"), *((tag, tag) for tag in tags())])
    fine = typed is None or form.validate()
    return render(
        "campaigns/audience/customers.html",
        block="count",
        campaign=campaign,
        form=form,
        count=selecting.count(form.asked(campaign.zone)) if fine else None,
        status=status,
    )
