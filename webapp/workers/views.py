"""The pages of workers and queues."""

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from webapp.accounts import polls
from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.extensions import db
from webapp.jobs import owners, pausing, staff
from webapp.jobs.kinds import Queue
from webapp.jobs.pausing import NAMES
from webapp.jobs.worker_models import Pause, Wish, Worker
from webapp.pages import goes_to, render, say
from webapp.workers import showing, words
from webapp.workers.forms import ReasonForm
from webapp.workers.house import house

bp = Blueprint("workers", __name__, url_prefix="/workers")

#: As often as a worker says that it lives.
EVERY_MS = 5_000
#: Every worker moves its own number each few seconds, so this follows whatever they do.
VERSION = (
    select(func.coalesce(func.sum(Worker.version), 0)).scalar_subquery()
    + 1_000_000 * select(func.count()).select_from(Pause).scalar_subquery()
)


@bp.get("")
@needs(Role.VIEWER)
@polled(VERSION)
def index() -> ResponseReturnValue:
    """Show the queues and the workers, live."""
    version, alive = polls.version(), house().alive
    return render(
        "workers/index.html",
        block="live_part",
        # With no worker nothing moves that number, and what waits grows all the same.
        version=version if alive else f"{version}-nobody",
        interval_ms=EVERY_MS,
        lines=showing.lines(),
        workers=staff.workers(),
        alive=alive,
        names=NAMES,
        span=words.span,
        size=words.size,
        ago=showing.ago,
    )


@bp.get("/queues/<queue>/pause")
@needs(Role.ADMIN)
def pause_form(queue: str) -> ResponseReturnValue:
    """Ask why a queue is to be paused."""
    return _pause_form(_queue(queue), ReasonForm())


@bp.post("/queues/<queue>/pause")
@needs(Role.ADMIN)
def pause(queue: str) -> ResponseReturnValue:
    """Let nothing of a queue begin."""
    found, form = _queue(queue), ReasonForm(request.form)
    if not form.validate():
        return _pause_form(found, form, status=422)
    try:
        pausing.pause(found, form.reason.data or "")
    except pausing.AlreadySo as problem:
        abort(409, str(problem))
    return _done(f"“{NAMES[found]}” is paused. What runs now goes on to its end.")


@bp.post("/queues/<queue>/resume")
@needs(Role.ADMIN)
def resume(queue: str) -> ResponseReturnValue:
    """Let a queue go on."""
    found = _queue(queue)
    try:
        pausing.resume(found)
    except pausing.AlreadySo as problem:
        abort(409, str(problem))
    return _done(f"“{NAMES[found]}” goes on within a few seconds.")


@bp.post("/rest/<path:worker_name>")
@needs(Role.ADMIN)
def rest(worker_name: str) -> ResponseReturnValue:
    """Let a worker take nothing new."""
    return _ask(worker_name, Wish.QUIET, "It finishes what it has, and takes nothing new.")


@bp.post("/work/<path:worker_name>")
@needs(Role.ADMIN)
def work(worker_name: str) -> ResponseReturnValue:
    """Let a worker work again."""
    return _ask(worker_name, Wish.WORK, "It works again.")


@bp.get("/restart/<path:worker_name>")
@needs(Role.ADMIN)
def restart_form(worker_name: str) -> ResponseReturnValue:
    """Ask why a worker is to begin anew."""
    return _restart_form(_worker(worker_name), ReasonForm())


@bp.post("/restart/<path:worker_name>")
@needs(Role.ADMIN)
def restart(worker_name: str) -> ResponseReturnValue:
    """Let a worker begin anew."""
    found, form = _worker(worker_name), ReasonForm(request.form)
    if not form.validate():
        return _restart_form(found, form, status=422)
    return _ask(worker_name, Wish.RESTART, "It begins anew in a moment.", form.reason.data)


def _ask(worker_name: str, wish: Wish, done: str, reason: str | None = None) -> ResponseReturnValue:
    _worker(worker_name)
    try:
        staff.ask(worker_name, wish, reason)
    except staff.NotThere as problem:
        abort(409, str(problem))
    return _done(done)


def _done(words: str) -> ResponseReturnValue:
    db.session.commit()
    say(words)
    return goes_to(url_for(".index"))


def _queue(name: str) -> Queue:
    if name not in set(Queue):
        abort(404)
    return Queue(name)


def _worker(name: str) -> Worker:
    if "\0" in name:  # PostgreSQL cannot even ask for it
        abort(404)
    return db.get_or_404(Worker, name)


def _pause_form(queue: Queue, form: ReasonForm, *, status: int = 200) -> ResponseReturnValue:
    return render(
        "workers/pause.html",
        queue=queue,
        name=NAMES[queue],
        what=showing.WHAT[queue],
        form=form,
        status=status,
    )


def _restart_form(worker: Worker, form: ReasonForm, *, status: int = 200) -> ResponseReturnValue:
    name = owners.spoken(worker.name)
    return render("workers/restart.html", worker=worker, spoken=name, form=form, status=status)
