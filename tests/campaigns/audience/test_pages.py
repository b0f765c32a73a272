"""The pages on which recipients are added, mapped, watched and mended."""

import io

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from tests.bookings.asking import HTMX, audited, csrf
from tests.campaigns.audience.lists import a_campaign, counts, looked_at, read, recipients
from webapp.campaigns.models import CampaignState, Recipient, Source, SourceState
from webapp.customers.models import Customer, CustomerTag
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause
from webapp.messages.suppressing import suppress

LIST = "Name,Phone,E-mail\nAnil,9812345678,\nOffice,+44 20 7946 0958,\nMeera,,meera@example.org\n"


def at(campaign, *parts):
    return "/".join(map(str, ["/campaigns", campaign.id, "audience", *parts])).replace("//", "/")


def send_file(client, campaign, content, name="list.csv"):
    return client.post(
        at(campaign, "file"), data={**csrf(client), "file": (io.BytesIO(content), name)}
    )


def error_at(answer, field):
    node = HTMLParser(answer.text).css_first(f"#{field}-error")
    return node.text() if node else None


def test_from_an_upload_to_the_recipients(db, queue, otto):
    campaign = a_campaign()

    assert send_file(otto, campaign, LIST.encode()).status_code == 303
    queue.run()
    source = db.session.query(Source).one()
    assert "Choose the columns" in otto.get(at(campaign)).text
    page = otto.get(at(campaign, source.id, "columns")).text
    assert "+919812345678" in page
    assert "This is a landline" in page
    answer = otto.post(
        at(campaign, source.id, "columns"),
        data={**csrf(otto), "phone": "1", "email": "2", "name": "0", "region": "IN", "header": "y"},
    )
    assert answer.status_code == 303
    queue.run()

    db.session.refresh(source)
    assert counts(source) == (2, 1, 0, 0)
    page = otto.get(at(campaign)).text
    assert "1: see why" in page
    assert "This is a landline" in otto.get(at(campaign, source.id, "bad-rows")).text
    assert {entry.action for entry in audited(db, "audience.added")} == {"audience.added"}
