"""Why somebody asks something of jobs: may be told always, and must be where it is dangerous."""

from collections.abc import Mapping

from webapp.jobs.acting import previewing
from webapp.jobs.acting.bulk import Chosen
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import FINISHED, Job

#: A reason is a sentence, not an essay; and not a full stop to get past the field.
SHORTEST, LONGEST = 3, 300


def reason_of(form: Mapping[str, str], *, needed: bool = False) -> tuple[str | None, str]:
    """Return the reason that was typed, and what is wrong with it, if something is."""
    text = " ".join(form.get("reason", "").split())
    if len(text) > LONGEST:
        return None, f"Say it in at most {LONGEST} signs."
    if needed and len(text) < SHORTEST:
        return None, "Say why, in a few words: it stands in the record."
    return text or None, ""


def needed_to_stop(job: Job) -> bool:
    """Say whether a stop would leave a job half done, so that somebody must say why."""
    return job.asks_first and job.state not in FINISHED and not job.cancel_requested_at


def reason_for_many(
    form: Mapping[str, str], wish: JobKind, chosen: Chosen
) -> tuple[str | None, str]:
    """Return the same for what is asked of many jobs, which are counted only when none was typed."""
    reason, wrong = reason_of(form)
    if wrong or len(reason or "") >= SHORTEST:
        return reason, wrong
    return reason_of(form, needed=previewing.preview(wish, chosen).needs_reason)
