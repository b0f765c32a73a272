"""The pages of the schedules."""

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import BindParameter, bindparam, func, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.notices import links
from webapp.pages import goes_to, interval, render, say, wants_fragment
from webapp.schedules import changing, finding, tonight, whens
from webapp.schedules.defaults import BY_NAME
from webapp.schedules.finding import Entry
from webapp.schedules.forms import PauseForm, ScheduleForm
from webapp.schedules.missing import missed_of
from webapp.schedules.models import Schedule
from webapp.schedules.words import IF_MISSED, took, words_of

bp = Blueprint("schedules", __name__, url_prefix="/schedules")
links.register(
    "schedule",
    "schedules.show",
    "name",
    called=lambda name: BY_NAME[name].title if name in BY_NAME else None,
)

_NAME: BindParameter[str] = bindparam("name")


def _version(*which: Any) -> Any:
    """Return what grows with each change of schedules and of their last jobs."""
    rows = select(func.coalesce(func.sum(Schedule.version), 0)).where(*which).scalar_subquery()
    last = select(Schedule.last_job_id).where(*which, Schedule.last_job_id.is_not(None))
    jobs = select(func.coalesce(func.sum(Job.version), 0)).where(Job.id.in_(last))
    return rows + jobs.scalar_subquery()


@bp.get("")
@needs(Role.VIEWER)
@polls.polled(_version())
def index() -> ResponseReturnValue:
    """Show what runs within a day, and every schedule."""
    version, known = polls.version(), finding.entries_with_jobs()
    resting = [entry for entry in known if not entry.default.always]
    return render(
        "schedules/index.html",
        block="live_part",
        version=version,
        interval_ms=_interval(resting),
        soon=tonight.within_a_day(resting),
        often=tonight.too_often(resting),
        resting=resting,
        always=[entry for entry in known if entry.default.always],
        beat=finding.beat_seen_at(),
        **_words(),
    )


@bp.get("/<name>")
@needs(Role.VIEWER)
@polls.polled(_version(Schedule.name == _NAME))
def show(name: str) -> ResponseReturnValue:
    """Show one schedule with its next and its last runs."""
    if name not in BY_NAME:
        abort(404)
    version, entry = polls.version(), _find(name)
    return render(
        "schedules/show.html",
        block="live_part",
        version=version,
        entry=entry,
        runs=finding.runs(name),
        interval_ms=_interval([entry]),
        missed_words_of=IF_MISSED,
        **_words(),
    )


@bp.post("/<name>/run")
@needs(Role.OPERATOR)
def run(name: str) -> ResponseReturnValue:
    """Run it now."""
    job = changing.run_now(_find(name))
    db.session.commit()
    if job is None:
        say("It is being done now.")
        return goes_to(url_for(".show", name=name))
    return goes_to(url_for("jobs.show", job_id=job.id))


@bp.get("/<name>/pause")
@needs(Role.ADMIN)
def pause_form(name: str) -> ResponseReturnValue:
    """Ask why."""
    return render("schedules/pause.html", entry=_find(name), form=PauseForm())


@bp.post("/<name>/pause")
@needs(Role.ADMIN)
def pause(name: str) -> ResponseReturnValue:
    """Pause it."""
    entry, form = _find(name), PauseForm(request.form)
    valid = form.validate()
    try:
        if valid:
            changing.pause(entry, form.reason.data or "")
    except changing.ReasonMissing:
        form.reason.errors = ["This never rests: say why it is to. Others will wonder."]
        valid = False
    if not valid:
        return render("schedules/pause.html", entry=entry, form=form, status=422)
    db.session.commit()
    say("Paused. It runs no more by itself until somebody lets it go on.")
    return goes_to(url_for(".show", name=name))


@bp.post("/<name>/resume")
@needs(Role.ADMIN)
def resume(name: str) -> ResponseReturnValue:
    """Let it go on."""
    changing.resume(_find(name))
    db.session.commit()
    say("It goes on.")
    return goes_to(url_for(".show", name=name))


@bp.get("/<name>/edit")
@needs(Role.ADMIN)
def edit(name: str) -> ResponseReturnValue:
    """Show the form, and when it runs as it stands."""
    entry = _find(name)
    return _form(entry, ScheduleForm.of(entry), entry.when)


@bp.post("/<name>/edit")
@needs(Role.ADMIN)
def update(name: str) -> ResponseReturnValue:
    """Store what was chosen, or only show when that would run."""
    entry, form = _find(name), ScheduleForm(request.form)
    when = form.reads(always=entry.default.always) if form.validate() else None
    if when is None:
        return _form(entry, form, None, status=422)
    if "show" in request.form:
        return _form(entry, form, when)
    changing.change(entry, when, form.zone.data, form.policy())
    db.session.commit()
    say(f"Saved. {words_of(when)}.")
    return goes_to(url_for(".show", name=name))


@bp.post("/<name>/default")
@needs(Role.ADMIN)
def reset(name: str) -> ResponseReturnValue:
    """Forget what was changed."""
    changing.back_to_default(_find(name))
    db.session.commit()
    say("It runs as it came again.")
    return goes_to(url_for(".show", name=name))


def _form(
    entry: Entry, form: ScheduleForm, when: whens.When | None, *, status: int = 200
) -> ResponseReturnValue:
    zone = finding.zone_of(form.zone.data, entry.house)
    return render(
        "schedules/edit.html",
        block="preview",
        entry=entry,
        form=form,
        words=words_of(when) if when else None,
        # Beside the whole form each is said at its field.
        problems=form.errors if wants_fragment() else {},
        next_runs=whens.next_runs(when, zone, now()) if when else [],
        zone=zone,
        zones=sorted(available_timezones()),
        default_words=words_of(whens.parse(entry.default.timing)),
        status=status,
    )


def _interval(entries: list[Entry]) -> int | None:
    """Return the milliseconds until the next look, while a run is under way."""
    begun = [entry.job.created_at for entry in entries if entry.job and not entry.job.finished]
    return interval(max(begun)) if begun else None


def _words() -> dict[str, Any]:
    return {"missed_of": missed_of, "took": took, "now": now()}


def _find(name: str) -> Entry:
    found = finding.entry(name)
    if found is None:
        abort(404)
    return found
