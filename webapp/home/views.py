"""The dashboard, the settings page and the sign of life."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, g
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from webapp.accounts.access import needs, public
from webapp.accounts.models import Role
from webapp.bookings import finding
from webapp.clock import now
from webapp.extensions import db, settings
from webapp.home.health import banners
from webapp.jobs import staff
from webapp.jobs.models import Job, JobState
from webapp.messages import stopping
from webapp.messages.models import Message
from webapp.messages.views import NEEDS_A_LOOK
from webapp.pages import render

bp = Blueprint("home", __name__)

RECENT = timedelta(days=7)


@bp.get("/")
@needs(Role.VIEWER)
def dashboard() -> ResponseReturnValue:
    """Show today's bookings and whatever needs somebody."""
    failed = select(func.count()).select_from(Job).where(Job.state == JobState.FAILURE)
    look = select(func.count()).select_from(Message).where(NEEDS_A_LOOK)
    return render(
        "home/dashboard.html",
        today=finding.today(),
        soon=finding.soon(8),
        coming=finding.coming_days(7),
        refunds=finding.refunds_due(),
        services=finding.services_on_offer(),
        failed_jobs=db.session.scalar(failed.where(Job.created_at > now() - RECENT)),
        messages_to_look_at=db.session.scalar(look.where(Message.created_at > now() - RECENT)),
        workers=staff.at_work(),
    )


@bp.get("/settings")
@needs(Role.ADMIN)
def settings_page() -> ResponseReturnValue:
    """Show how this installation is set up, without its secrets."""
    return render("home/settings.html", config=settings(), names=stopping.NAMES)


@bp.get("/livez")
@public
def livez() -> ResponseReturnValue:
    """Say that this process lives; asks nobody else."""
    return {"status": "ok"}


def init_app(app: Flask) -> None:
    """Let every page ask for the lines across its top, and for the clock of the house."""
    app.context_processor(lambda: {"banners": banners})
    app.jinja_env.globals["house_clock"] = house_clock


def house_clock() -> ZoneInfo:
    """Return the zone in which a page tells what belongs to no booking or customer."""
    if "house_clock" not in g:
        g.house_clock = finding.house_zone()
    zone: ZoneInfo = g.house_clock
    return zone
