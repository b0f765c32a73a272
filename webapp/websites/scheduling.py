"""Websites that are read again by the clock."""

from sqlalchemy import select

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.running import Run
from webapp.knowledge.models import Source
from webapp.websites import editing
from webapp.websites.models import Website


def ask_for_due(run: Run) -> int:
    """Ask for the reading of each website whose time has come; return how many. Commits."""
    due = db.session.scalars(
        select(Website.source_id)
        .join(Source)
        .where(Website.next_at <= now(), Source.state.in_(editing.AT_REST))
        .order_by(Website.next_at)
    ).all()
    asked = 0
    for source_id in due:
        website = db.session.get(Website, source_id)
        if website is not None and editing.ask(website) is not None:
            asked += 1
        run.step(done=asked)
    return asked
