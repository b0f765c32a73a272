"""A slot of the limit is free again, whoever hears first that its message has arrived."""

import pytest
from flask import json
from sqlalchemy import select

from tests.campaigns.making import a_draft, messages, run_jobs, sent
from webapp.clock import now
from webapp.extensions import db as db_of_house
from webapp.jobs.kinds import JobKind
from webapp.messages import limiting
from webapp.messages.channels import Channel
from webapp.messages.claiming import claim_of_batch
from webapp.messages.models import Message, MessageState, ProviderEvent, RateSlot
from webapp.messages.opened import open_batches
from webapp.messages.receiving import store
from webapp.messages.reporting import work_through
from webapp.messages.statuses import Report, apply


def by_itself(message):
    apply(Report(Channel.SMS, str(message.id), "SM1", MessageState.DELIVERED, now(), None))


def among_many(message):
    body = json.dumps({"MessageSid": "SM1", "MessageStatus": "delivered"}).encode()
    store("twilio", body, event_id="SM1 delivered", extra={"ref": str(message.id)})
    events = db_of_house.session.scalars(select(ProviderEvent)).all()
    assert work_through(events) == []


@pytest.mark.parametrize("report", [by_itself, among_many])
def test_a_slot_is_free_when_only_the_report_came_and_its_sender_died(app, db, queue, report):
    campaign = sent(a_draft(people=1), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    limiting.set_per_minute(Channel.SMS, 100)
    db.session.commit()
    (batch,) = open_batches()
    claim_of_batch(batch, Channel.SMS, 1, worker="elsewhere")
    (message,) = messages(campaign)

    report(message)
    db.session.commit()

    assert db.session.get_one(Message, message.id).state == MessageState.DELIVERED
    assert db.session.scalars(select(RateSlot.frees_at)).one() is not None
