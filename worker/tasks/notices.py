"""The job that tells the team something."""

from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.notices import announcing
from webapp.notices.models import Announcement
from worker.tasking import MORE, job_task

#: So many rounds are a slice: at most a few seconds.
ROUNDS = 40


@job_task(JobKind.NOTICES_SEND)
def send(run: Run, announcement_id: int) -> object:
    """Give an announcement to all for whom it is."""
    announcement = db.session.get_one(Announcement, announcement_id)
    for _ in range(ROUNDS):
        if not announcing.give_some(announcement):
            return {"answer": announcing.said(announcement)}
        run.step(announcing.given(announcement), announcement.recipients)
    return MORE
