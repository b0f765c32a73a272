"""The pages of health, and what programs ask."""

import hmac
from datetime import date, timedelta

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from webapp.accounts import bearer
from webapp.accounts.access import needs, public
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.accounts.scopes import Scope
from webapp.clock import now
from webapp.extensions import db, limiter, settings
from webapp.health import alerts, checklist, metrics, shown
from webapp.health.models import Alert, Watch
from webapp.health.probing import probe
from webapp.pages import IDLE_MS, goes_to, render, say
from webapp.paging import page

bp = Blueprint("health", __name__)

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OVER_SHOWN = 5
#: How long somebody may know of an alert without being reminded, in hours.
SPANS = {"1": "1 hour", "4": "4 hours", "24": "1 day", "168": "1 week"}
#: After so many missing looks the page says that nobody looks.
UNWATCHED = timedelta(minutes=3)


@bp.get("/health")
@public
@limiter.exempt
def check() -> ResponseReturnValue:
    """Tell a program how the house is: 503 when it is dead, which is when the database is away."""
    said = probe.say()
    headers = {"Cache-Control": "no-store"}
    return said, 503 if said["status"] == "dead" else 200, headers


@bp.get("/metrics")
@public
@limiter.exempt
def scrape() -> ResponseReturnValue:
    """Tell Prometheus the numbers, if it shows METRICS_TOKEN, or a token that may read them."""
    if not _shows_the_token_of_the_settings():
        bearer.let_in(Scope.METRICS_READ)
    return Response(metrics.text(), content_type=TEXT, headers={"Cache-Control": "no-store"})


def _shows_the_token_of_the_settings() -> bool:
    """Say whether it does; compared in the same time whatever is shown."""
    wanted, shown = settings().signals.metrics_token, request.authorization
    if wanted is None or shown is None or shown.type != "bearer" or not shown.token:
        return False
    return hmac.compare_digest(shown.token.encode(), wanted.encode())


@bp.get("/status")
@needs(Role.VIEWER)
@polled(select(Watch.version).scalar_subquery())
def index() -> ResponseReturnValue:
    """Show how every part is, and what is not well."""
    watch = db.session.scalars(select(Watch)).first()
    unwatched = watch is None or watch.looked_at < now() - UNWATCHED or not watch.lamps
    return render(
        "health/index.html",
        block="live_part",
        watch=watch,
        unwatched=unwatched,
        standing=shown.standing(),
        over=alerts.lately(OVER_SHOWN),
        rule_of=alerts.rule_of,
        end_words=alerts.end_words,
        spans=SPANS,
        interval_ms=IDLE_MS,
    )


@bp.get("/status/alerts")
@needs(Role.VIEWER)
def history() -> ResponseReturnValue:
    """List every alert that ever opened, newest first."""
    opened = select(Alert).where(Alert.opened_at.is_not(None))
    return render("health/alerts.html", page=page(opened, Alert.id), rule_of=alerts.rule_of)


@bp.post("/status/alerts/<int:alert_id>/acknowledge")
@needs(Role.ADMIN)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Let an admin say that he knows, for a while."""
    alert = db.get_or_404(Alert, alert_id)
    hours = request.form.get("hours", "")
    if hours not in SPANS:
        abort(422, "Choose for how long you want no reminder.")
    try:
        alerts.acknowledge(alert, timedelta(hours=int(hours)))
    except alerts.AlreadyOver as problem:
        abort(409, str(problem))
    db.session.commit()
    say(f"Nobody is reminded of it for {SPANS[hours]}, unless it ends and begins again later.")
    return goes_to(url_for("health.index"))


@bp.get("/checklist")
@needs(Role.VIEWER)
def daily() -> ResponseReturnValue:
    """Show the checklist of today, or of a day before."""
    now_here = checklist.today()
    day = _day(request.args.get("day"), now_here)
    return render(
        "health/checklist.html",
        page=checklist.of_day(day),
        today=now_here,
        titles=checklist.SPANS,
    )


def _day(text: str | None, today: date) -> date:
    if text is None:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if day > today:
        abort(404, "That day is still to come.")
    return day


@bp.post("/checklist/<line>")
@needs(Role.OPERATOR)
def tick(line: str) -> ResponseReturnValue:
    """Tick what somebody has done, or take the tick back."""
    box, today = checklist.BY_KEY.get(line), checklist.today()
    if box is None:
        abort(404)
    back = request.form.get("done") == "0"
    if not (checklist.untick if back else checklist.tick)(box, today):
        abort(409)
    db.session.commit()
    say("The tick is taken back." if back else "Ticked.")
    return goes_to(url_for("health.daily"))
