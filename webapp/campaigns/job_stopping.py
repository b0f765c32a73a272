"""What becomes of a campaign when the job that writes its messages is stopped."""

from webapp.campaigns.models import Campaign
from webapp.campaigns.watching import watch
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.messages.tallying import LEFT


def left_by_stop(job: Job) -> str:
    """Say what has left already and stays sent, and what still leaves by itself."""
    campaign = db.session.get(Campaign, job.args.get("campaign_id", 0))
    if campaign is None:
        return ""
    if campaign.batch is None:
        return f"“{campaign.name}” does not start: nobody gets anything of it."
    counts, total = campaign.batch.counts, watch(campaign, campaign.batch).whole
    left = sum(int(counts.get(state.value, 0)) for state in LEFT)
    written = sum(map(int, counts.values()))
    return (
        f"{left:,} of {total:,} messages have left and stay sent. "
        f"{max(0, written - left):,} are written and leave by themselves; to hold those, pause the campaign. "
        f"{max(0, total - written):,} are not written."
    )


for kind in (JobKind.CAMPAIGN_SEND, JobKind.CAMPAIGN_RETRY):
    things.register(kind, left_by_stop=left_by_stop)
