"""The bell, the page of notices, and the page from which an admin tells the team something."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Integer, String, bindparam, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts import browser
from webapp.accounts.access import needs
from webapp.accounts.models import Role, User
from webapp.accounts.polls import polled, version
from webapp.database import LARGEST_ID
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.notices import announcing, links, reading
from webapp.notices import endings as endings  # lets people hear of their jobs
from webapp.notices.forms import AnnouncementForm
from webapp.notices.models import Announcement, Notice
from webapp.pages import back, goes_to, interval, render, say, wants_fragment
from webapp.paging import page

bp = Blueprint("notices", __name__, url_prefix="/notices")

#: Milliseconds between two looks of a page at how many notices are unread.
BELL_MS = 30_000
FILTERS = {"": "All", "unread": "Not read"}
WORK = select(func.coalesce(func.sum(Job.version), 0)).where(
    Job.subject_type == "announcement",
    Job.subject_id == cast(bindparam("announcement_id", type_=Integer), String),
)


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the notices of whoever asks, newest first."""
    chosen = request.args.get("show", "")
    if chosen not in FILTERS:
        abort(404)
    query = select(Notice).where(Notice.user_id == current_user.id)
    if chosen:
        query = query.where(Notice.read_at.is_(None))
    return render("notices/index.html", page=page(query, Notice.id), filters=FILTERS, chosen=chosen)


@bp.get("/bell")
@needs(Role.VIEWER)
@polled(reading.unread_of(User.id))
def bell() -> ResponseReturnValue:
    """Show the bell of every page anew: asked when the number on it has changed."""
    if not wants_fragment():
        return goes_to(url_for("notices.index"))
    return render("notices/_bell.html")


@bp.post("/<int:notice_id>/open")
@needs(Role.VIEWER)
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Mark it as read and go where it leads."""
    notice = _mine(notice_id)
    reading.read(notice)
    db.session.commit()
    return goes_to(notice.link or url_for("notices.index"))


@bp.post("/<int:notice_id>/read")
@needs(Role.VIEWER)
def read(notice_id: int) -> ResponseReturnValue:
    """Mark it as read."""
    reading.read(_mine(notice_id))
    db.session.commit()
    return goes_to(back(url_for("notices.index")))


@bp.post("/read")
@needs(Role.VIEWER)
def read_all() -> ResponseReturnValue:
    """Mark as read all that the page showed, and whatever is older; not what has come since."""
    newest = request.form.get("newest", "")
    known = newest.isascii() and newest.isdecimal() and int(newest[:20]) <= LARGEST_ID
    reading.read_all(current_user.id, newest=int(newest) if known else 0)
    db.session.commit()
    return goes_to(url_for("notices.index"))


@bp.get("/new")
@needs(Role.ADMIN)
def new() -> ResponseReturnValue:
    """Ask what the team is to be told."""
    return render("notices/new.html", form=AnnouncementForm())


@bp.post("/new")
@needs(Role.ADMIN)
def announce() -> ResponseReturnValue:
    """Ask for a notice to many; the answer does not wait until they have it."""
    form = AnnouncementForm(request.form)
    if not form.validate():
        return render("notices/new.html", form=form, status=422)
    try:
        announcement = announcing.send_bulk_notifications(**form.values())
    except announcing.Nobody as problem:
        form.whom.errors = [str(problem)]
        return render("notices/new.html", form=form, status=422)
    db.session.commit()
    say(f"A job tells {announcing.people(announcement.recipients)} now.")
    return goes_to(url_for("notices.announcement", announcement_id=announcement.id))


@bp.get("/announcements/<int:announcement_id>")
@needs(Role.ADMIN)
@polled(WORK.scalar_subquery())
def announcement(announcement_id: int) -> ResponseReturnValue:
    """Show what was told to whom, and the job that tells it."""
    seen = version()
    made = db.get_or_404(Announcement, announcement_id)
    jobs = db.session.scalars(
        select(Job)
        .where(Job.subject_type == "announcement", Job.subject_id == str(made.id))
        .order_by(Job.id.desc())
    ).all()
    moving = [job.created_at for job in jobs if not job.finished]
    return render(
        "notices/announcement.html",
        block="live_part",
        announcement=made,
        jobs=jobs,
        given=announcing.given(made),
        version=seen,
        interval_ms=interval(min(moving)) if moving else None,
    )


def _mine(notice_id: int) -> Notice:
    return reading.find(notice_id, browser.me().id) or abort(404)


def unread() -> int | None:
    """Return the number on the bell of whoever looks; None when it cannot be told."""
    if not current_user.is_authenticated:
        return None
    try:
        return reading.unread(current_user.id)
    except SQLAlchemyError:  # the page that shows this has trouble of its own to tell
        db.session.rollback()
        return None


@bp.app_context_processor
def bell_of_every_page() -> dict[str, Any]:
    """Let every page show the bell, and a job lead to what it is about."""
    return {"unread_notices": unread, "bell_ms": BELL_MS, "page_about": links.page_of}


links.register(
    "announcement", "notices.announcement", "announcement_id", called=announcing.title_of
)
