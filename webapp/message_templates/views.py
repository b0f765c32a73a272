"""The desk's pages of the templates."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts.access import needs
from webapp.accounts.models import Role, User
from webapp.customers.contacts import one_line
from webapp.extensions import db
from webapp.message_templates import choosing, editing, fetching, finding, looking, whatsapp
from webapp.message_templates.forms import FORMS, TextForm
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel
from webapp.pages import goes_to, interval, nothing_new, render, say, unchanged, wants_fragment
from webapp.paging import page

bp = Blueprint("templates", __name__, url_prefix="/templates")
looking.register(bp)

TAKEN = "Another template has this name, perhaps among the archived ones. Choose another one."


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the templates, newest first; live while WhatsApp's are being fetched."""
    chosen, words = request.args.get("show", ""), one_line(request.args.get("q"))
    if chosen not in finding.FILTERS:
        abort(404)
    found = page(finding.find(chosen, words), Template.id)
    job = fetching.newest_job() if chosen == Channel.WHATSAPP else None
    version = "-".join(str(row.version) for row in (*found.rows, *([job] if job else ()))) or "none"
    if unchanged(version):
        return nothing_new()
    return render(
        "message_templates/index.html",
        block="list",
        page=found,
        newest=choosing.newest(found.rows),
        filters=finding.FILTERS,
        chosen=chosen,
        words=words,
        job=job,
        fetched_at=fetching.fetched_at(),
        version=version,
        interval_ms=interval(job.created_at) if job and not job.finished else None,
    )


@bp.get("/new/<channel>")
@needs(Role.OPERATOR)
def new(channel: str) -> ResponseReturnValue:
    """Show an empty form."""
    return _form(None, _kind(channel)(), _channel(channel))


@bp.post("/new/<channel>")
@needs(Role.OPERATOR)
def create(channel: str) -> ResponseReturnValue:
    """Add it, or only show what it would look like."""
    form = _kind(channel)(request.form)
    if "preview" in request.form:
        return _preview(None, form, _channel(channel))
    if not form.validate():
        return _form(None, form, _channel(channel), status=422)
    try:
        template = editing.add(_channel(channel), **form.values())
    except editing.NameTaken:
        form.name.errors = [TAKEN]
        return _form(None, form, _channel(channel), status=422)
    db.session.commit()
    say("Added.")
    return goes_to(url_for(".show", template_id=template.id))


@bp.get("/<int:template_id>")
@needs(Role.VIEWER)
def show(template_id: int) -> ResponseReturnValue:
    """Show what a template says, and each of its versions, newest first."""
    template = db.get_or_404(Template, template_id)
    mine = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    found = page(mine, TemplateVersion.number, size=10)
    writers = select(User).where(User.id.in_({row.created_by_id for row in found.rows}))
    newest = editing.newest_of(template)
    return render(
        "message_templates/show.html",
        kept=template,
        newest=newest,
        look=looking.at(newest),
        page=found,
        writers={user.id: user.name for user in db.session.scalars(writers)},
        why_not=choosing.why_not(template),
        blanks=whatsapp.blanks(newest.components or []),
    )


@bp.get("/<int:template_id>/edit")
@needs(Role.OPERATOR)
def edit(template_id: int) -> ResponseReturnValue:
    """Show the form with the newest version."""
    template = _ours(template_id)
    form = FORMS[template.channel].of(template.name, editing.newest_of(template))
    return _form(template, form, template.channel)


@bp.post("/<int:template_id>/edit")
@needs(Role.OPERATOR)
def update(template_id: int) -> ResponseReturnValue:
    """Keep what was typed as a new version, or only show what it would look like."""
    template = _ours(template_id)
    form = FORMS[template.channel](request.form)
    if "preview" in request.form:
        return _preview(template, form, template.channel)
    if not form.validate():
        return _form(template, form, template.channel, status=422)
    try:
        added = editing.change(template, **form.values())
    except editing.NameTaken:
        db.session.rollback()
        form.name.errors = [TAKEN]
        return _form(_ours(template_id), form, template.channel, status=422)
    db.session.commit()
    say(
        "Saved as a new version." if added else "The text is as it was, so there is no new version."
    )
    return goes_to(url_for(".show", template_id=template_id))


@bp.post("/<int:template_id>/versions/<int:number>/use")
@needs(Role.OPERATOR)
def use_again(template_id: int, number: int) -> ResponseReturnValue:
    """Make an older text the newest."""
    template = _ours(template_id)
    mine = TemplateVersion.template_id == template_id, TemplateVersion.number == number
    version = db.first_or_404(select(TemplateVersion).where(*mine))
    added = editing.use_again(template, version)
    db.session.commit()
    say("It is the newest version now." if added else "The newest version says this already.")
    return goes_to(url_for(".show", template_id=template_id))


@bp.post("/<int:template_id>/archive")
@needs(Role.OPERATOR)
def archive(template_id: int) -> ResponseReturnValue:
    """Offer it no longer."""
    editing.archive(db.get_or_404(Template, template_id))
    db.session.commit()
    say("Archived. Campaigns that have chosen it keep it.")
    return goes_to(url_for(".show", template_id=template_id))


@bp.post("/<int:template_id>/restore")
@needs(Role.OPERATOR)
def restore(template_id: int) -> ResponseReturnValue:
    """Offer it again."""
    editing.restore(db.get_or_404(Template, template_id))
    db.session.commit()
    say("It can be chosen again.")
    return goes_to(url_for(".show", template_id=template_id))


@bp.post("/fetch")
@needs(Role.OPERATOR)
def fetch() -> ResponseReturnValue:
    """Ask for WhatsApp's templates."""
    fetching.ask()
    db.session.commit()
    return goes_to(url_for(".index", show=Channel.WHATSAPP))


def _channel(name: str) -> Channel:
    return Channel(name) if name in {channel.value for channel in FORMS} else abort(404)


def _kind(name: str) -> type[TextForm]:
    return FORMS[_channel(name)]


def _ours(template_id: int) -> Template:
    """Return a template whose text is written here."""
    template = db.get_or_404(Template, template_id)
    return template if template.channel in FORMS else abort(404)


def _form(
    template: Template | None, form: TextForm, channel: Channel, *, status: int = 200
) -> ResponseReturnValue:
    look = looking.at_typed(form) if form.body.data else None
    return render(
        "message_templates/edit.html",
        kept=template,
        form=form,
        channel=channel,
        look=look,
        status=status,
    )


def _preview(template: Template | None, form: TextForm, channel: Channel) -> ResponseReturnValue:
    if not wants_fragment():
        return _form(template, form, channel)
    look = looking.at_typed(form) if form.body.data else None
    return render("message_templates/edit.html", block="look", look=look, channel=channel)
