"""The recipients as a file."""

import csv
import io

import pytest

from tests.campaigns.live.making import a_campaign
from tests.campaigns.live.test_progress import press
from tests.campaigns.making import run_jobs
from webapp.campaigns.models import Recipient
from webapp.exports.models import Export
from webapp.jobs.kinds import JobKind


@pytest.fixture
def campaign(app):
    return a_campaign(
        {
            "delivered": 2,
            "failed 21211": 1,
            "queued": 1,
            "problem missing_value": 1,
            "unwritten": 1,
        },
        name='Sale: "now"/soon',
    )


def rows_of(otto, db, queue, campaign, **wanted):
    press(otto, f"/campaigns/{campaign.id}", "export", **wanted)
    run_jobs(queue, JobKind.EXPORT_WRITE)
    export = db.session.query(Export).one()
    answer = otto.get(f"/exports/{export.id}/file")
    text = answer.data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody_stands_in_it_with_what_became_of_it(otto, db, queue, campaign):
    db.session.query(Recipient).filter_by(row=2).update({"name": "=cmd()"})
    rows = rows_of(otto, db, queue, campaign)

    assert [row["State"] for row in rows] == [
        "Delivered", "Delivered", "Failed", "Waiting", "Cannot be sent",
        "Stopped before it was written",
    ]  # fmt: skip
    assert (rows[0]["Name"], rows[0]["Number"]) == ("'=cmd()", "+919800000000")
    assert (rows[0]["Channel"], rows[0]["Units charged"], rows[2]["Units charged"]) == (
        "SMS",
        "1",
        "0",
    )
    assert (rows[2]["Reason"], rows[2]["Code"]) == (
        "This is not a phone number that exists.",
        "21211",
    )
    assert rows[4]["Reason"] == "SMS: first_name is missing."
    assert rows[0]["Delivered"].startswith("20")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"state": "failed", "code": "21211"}, ["4"]),
        ({"state": "failed", "code": "30003"}, []),
        ({"state": "problem"}, ["6"]),
        ({"q": "asha"}, ["2"]),
    ],
)
def test_it_holds_whom_the_list_showed(otto, db, queue, campaign, wanted, found):
    rows = rows_of(otto, db, queue, campaign, **wanted)

    assert [row["Row"] for row in rows] == found


def test_its_name_says_what_it_is(otto, db, campaign):
    press(otto, f"/campaigns/{campaign.id}", "export", state="failed")

    name = db.session.query(Export).one().filename
    assert name.startswith("Sale   now  soon, failed, 20")
    assert name in otto.get(f"/campaigns/{campaign.id}/export").text
