"""A slot of the limit is free again, whoever hears first that its message has arrived."""

from sqlalchemy import select

from tests.campaigns.making import a_draft, messages, run_jobs, sent
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.messages import limiting
from webapp.messages.channels import Channel
from webapp.messages.claiming import claim_of_batch
from webapp.messages.models import MessageState, RateSlot
from webapp.messages.opened import open_batches
from webapp.messages.statuses import Report, apply


def test_a_slot_is_free_when_only_the_report_came_and_its_sender_died(app, db, queue):
    campaign = sent(a_draft(people=1), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    limiting.set_per_minute(Channel.SMS, 100)
    db.session.commit()
    (batch,) = open_batches()
    claim_of_batch(batch, Channel.SMS, 1, worker="elsewhere")
    (message,) = messages(campaign)

    apply(Report(Channel.SMS, str(message.id), "SM1", MessageState.DELIVERED, now(), None))
    db.session.commit()

    assert db.session.scalars(select(RateSlot.frees_at)).one() is not None
