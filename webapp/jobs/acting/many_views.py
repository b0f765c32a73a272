"""The pages by which something is asked of all jobs that a filter finds, or that were ticked."""

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.extensions import db
from webapp.jobs.acting import asking, bulk, previewing
from webapp.jobs.acting.bulk import Chosen
from webapp.jobs.acting.reasons import reason_for_many
from webapp.jobs.kinds import POLICIES, JobKind
from webapp.jobs.listing.filters import BadFilter, Filter
from webapp.jobs.models import FINISHED, UNFINISHED, Job
from webapp.jobs.page.views import bp
from webapp.pages import goes_to, render, say

NONE_TICKED = "Tick the jobs first, then choose what to do with them."


@bp.get("/jobs/many/<any(retry, cancel):wish>")
@needs(Role.OPERATOR)
def preview_many(wish: str) -> ResponseReturnValue:
    """Say what would happen to the jobs of a filter, or to those that were ticked, before anybody asks for it."""
    if _none_is_ticked(request.args):
        say(NONE_TICKED, "warn")
        return goes_to(_list(request.args["list"]))
    return _page(bulk.KINDS[wish], _chosen(request.args), request.args)


@bp.post("/jobs/many/<any(retry, cancel):wish>")
@needs(Role.OPERATOR)
def ask_many(wish: str) -> ResponseReturnValue:
    """Ask for it: a job begins in ten seconds."""
    if _none_is_ticked(request.form):
        abort(422, NONE_TICKED)
    kind, chosen = bulk.KINDS[wish], _chosen(request.form)
    if not bulk.any_able(kind, chosen):
        abort(409, bulk.NOBODY_ABLE)
    reason, wrong = reason_for_many(request.form, kind, chosen)
    if wrong:
        return _page(kind, chosen, request.form, wrong)
    job = bulk.ask(kind, chosen, reason)
    db.session.commit()
    say(f"It begins in {bulk.GRACE.seconds} seconds. Until then you can undo it.")
    return goes_to(url_for("jobs.show", job_id=job.id))


@bp.post("/jobs/<uuid:job_id>/take-back-all")
@needs(Role.OPERATOR)
def take_back_many(job_id: uuid.UUID) -> ResponseReturnValue:
    """Take back what has not begun of all that a job has asked."""
    job = db.get_or_404(Job, job_id)
    if job.kind not in bulk.KINDS.values():
        abort(404)
    try:
        back = bulk.take_back(job)
    except asking.NotPossible as problem:
        db.session.rollback()
        abort(409, str(problem))
    db.session.commit()
    say("What has not begun is being taken back.")
    return goes_to(url_for("jobs.show", job_id=back.id))


def _chosen(args: MultiDict[str, str]) -> Chosen:
    """Return which jobs are meant; frozen at the moment at which they were first looked at."""
    ids = _ids(args)
    try:
        now = bulk.ticked(ids) if ids else bulk.chosen(Filter.from_args(args))
    except BadFilter as problem:
        abort(422, str(problem))
    seen = args.get("seen_at", "")
    if not seen:
        return now
    try:
        until = uuid.UUID(seen)
    except ValueError:
        abort(422, "Look at the list again, and ask from there.")
    return Chosen(now.filter, min(until, now.until), now.ids)


def _none_is_ticked(args: MultiDict[str, str]) -> bool:
    """Say whether this comes from the boxes of the list, of which none was ticked: not all are meant then."""
    return "list" in args and not _ids(args)


def _list(query: str) -> str:
    return "?".join(filter(None, [url_for("jobs.index"), query]))


def _ids(args: MultiDict[str, str]) -> list[uuid.UUID]:
    typed = [one for text in args.getlist("ids") for one in text.split(",") if one]
    if len(typed) > bulk.MOST_TICKED:
        abort(422, f"At most {bulk.MOST_TICKED:,} can be ticked. Use a filter instead.")
    try:
        return [uuid.UUID(one) for one in typed]
    except ValueError:
        abort(404)


def _page(
    wish: JobKind, chosen: Chosen, args: MultiDict[str, str], wrong: str = ""
) -> ResponseReturnValue:
    found = previewing.preview(wish, chosen)
    ids = {"ids": ",".join(map(str, chosen.ids)), "list": args.get("list", "")}
    fields = ids if chosen.ids else chosen.filter.to_args()
    return render(
        "jobs/ask_many.html",
        again=wish == JobKind.JOBS_RETRY,
        found=found,
        rows=sorted(found.by_kind.items(), key=lambda row: -row[1]),
        policies=POLICIES,
        words=bulk.words_of(chosen),
        fields={**fields, "seen_at": str(chosen.until)},
        back_to=_list(ids["list"] if chosen.ids else urlencode(fields)),
        cap=bulk.CAP,
        typed=args.get("reason", ""),
        wrong=wrong,
        status=422 if wrong else 200,
    )


def standing_of_many(job: Any) -> dict[str, Any] | None:
    """Return how the jobs stand that one has asked something of, for its page; None for any other job."""
    if job.kind not in bulk.KINDS.values():
        return None
    chosen = Chosen.from_json(job.args["chosen"])
    told: dict[str, Any] = {"words": bulk.words_of(chosen), "reason": job.args.get("reason")}
    if job.state not in FINISHED:
        return told | {"states": {}, "left": 0, "moving": True}
    some = select(Job.state).where(Job.bulk_id == job.id).limit(bulk.CAP + 1).subquery()
    states = db.session.execute(select(some.c.state, func.count()).group_by(some.c.state)).all()
    return told | {
        "states": {state.value: number for state, number in states},
        "left": bulk.to_take_back(job.id),
        "moving": any(state in UNFINISHED for state, _ in states),
    }
