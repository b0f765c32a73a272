"""Whoever has a campaign sent hears what came of it, and that it has paused itself."""

import pytest

from tests.campaigns.making import a_draft, leave, run_jobs, sent
from tests.notices.reading import notices, titles
from tests.people import person
from webapp.accounts.acting import NOBODY, Actor, act_as
from webapp.accounts.models import Role
from webapp.campaigns.models import CampaignState
from webapp.jobs.kinds import JobKind
from webapp.messages.channels import Channel, OutcomeKind
from webapp.messages.protecting import Verdict, protect
from webapp.notices.models import Level


@pytest.fixture
def otto_himself(app):
    otto = person("Otto", Role.OPERATOR)
    act_as(Actor(otto.id))
    yield otto
    act_as(NOBODY)


def test_who_had_it_sent_hears_when_the_last_message_has_left(otto_himself, queue):
    campaign = sent(a_draft(people=3), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    assert titles(otto_himself) == [
        "Done: Check every recipient · Autumn offer",
        "Done: Write the messages · Autumn offer",
    ]

    leave(queue)
    leave(queue)

    assert campaign.state == CampaignState.DONE
    *_, last = notices(otto_himself)
    assert (last.title, last.text, last.level) == ("Sent: Autumn offer", "sent: 3", Level.OK)
    assert last.link == f"/campaigns/{campaign.id}"
    assert len(notices(otto_himself)) == 3


def test_who_had_it_sent_hears_that_it_has_paused_itself_and_why(otto_himself, db, queue):
    campaign = sent(a_draft(people=3), queue)
    run_jobs(queue, JobKind.CAMPAIGN_SEND)
    verdict = Verdict(campaign.batch_id, Channel.WHATSAPP, OutcomeKind.STOP_CAMPAIGN, "132015")
    for _ in range(2):  # what was handed over at the same time is refused alike
        protect([verdict])
        db.session.commit()

    *_, last = notices(otto_himself)
    assert (last.title, last.level) == ("Has paused itself: Autumn offer", Level.BAD)
    assert last.text.startswith("WhatsApp paused this template because people rated it badly.")
    assert last.link == f"/campaigns/{campaign.id}"
    assert titles(otto_himself).count(last.title) == 1
