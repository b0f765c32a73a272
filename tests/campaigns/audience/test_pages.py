"""The pages on which recipients are added, mapped, watched and mended."""

import csv
import dataclasses
import io

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.bookings.asking import HTMX, audited, csrf
from tests.campaigns.audience.lists import a_campaign, bad_rows, counts, looked_at, read
from tests.campaigns.audience.pages import at, error_at, fine
from webapp import storage
from webapp.campaigns.models import CampaignState, Recipient, Source, SourceState
from webapp.exports.models import Export

LIST = "Name,Phone,E-mail\nAnil,9812345678,\nOffice,+44 20 7946 0958,\nMeera,,meera@example.org\n"


def send_file(client, campaign, content, name="list.csv"):
    sent = {**csrf(client), "file": FileStorage(io.BytesIO(content), name)}
    boundary, body = encode_multipart(sent)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(at(campaign, "file"), data=body, content_type=kind)


def with_settings(app, monkeypatch, **values):
    changed = dataclasses.replace(app.extensions["settings"], **values)
    monkeypatch.setitem(app.extensions, "settings", changed)


@pytest.mark.parametrize("place", ["folder", "database"])
def test_from_an_upload_to_the_recipients(db, app, queue, otto, monkeypatch, place):
    if place == "database":
        with_settings(app, monkeypatch, storage_url=storage.DATABASE)
    campaign = a_campaign()

    assert "Nobody yet" in fine(otto.get(at(campaign)))
    fine(otto.get(at(campaign, "file")))
    assert send_file(otto, campaign, LIST.encode()).status_code == 303
    source = db.session.query(Source).one()
    assert "Being looked at" in fine(otto.get(at(campaign)))
    assert "Nothing to mend" in fine(otto.get(at(campaign, source.id, "bad-rows")))
    queue.run()
    db.session.refresh(source)
    assert "Choose the columns" in fine(otto.get(at(campaign)))
    page = fine(otto.get(at(campaign, source.id, "columns")))
    assert "+919812345678" in page
    assert "This is a landline" in page
    chosen = {"phone": "1", "email": "2", "name": "0", "region": "IN", "header": "y"}
    answer = otto.post(at(campaign, source.id, "columns"), data={**csrf(otto), **chosen})
    assert answer.status_code == 303
    queue.run()

    db.session.refresh(source)
    assert counts(source) == (2, 1, 0, 0)
    assert "1: see why" in fine(otto.get(at(campaign)))
    assert "This is a landline" in fine(otto.get(at(campaign, source.id, "bad-rows")))
    assert len(audited(db, "audience.added")) == 1


@pytest.mark.parametrize("sent", [{}, {"file": "text"}])
def test_without_a_file_the_field_says_so(otto, sent):
    answer = otto.post(at(a_campaign(), "file"), data={**csrf(otto), **sent})

    assert answer.status_code == 422
    assert error_at(answer, "file") == "Choose a file."


def test_an_empty_file_is_refused_at_the_field(otto):
    answer = send_file(otto, a_campaign(), b"")

    assert answer.status_code == 422
    assert error_at(answer, "file") == "This file is empty."


@pytest.mark.parametrize("megabytes", [2, 9])
def test_too_large_a_file_is_refused_at_the_field_and_not_kept(
    db, app, otto, vera, client, monkeypatch, megabytes
):
    with_settings(app, monkeypatch, upload_megabytes=1)
    campaign, content = a_campaign(), b"+919812345678\n" * 75_000 * megabytes

    answer = send_file(otto, campaign, content)

    assert answer.status_code == 422
    assert error_at(answer, "file").startswith("This file is larger than 1 MB.")
    assert db.session.scalar(select(Source.id)) is None
    assert send_file(vera, campaign, content[: 1024 * 1024]).status_code == 403
    assert client.post(at(campaign, "file"), data=content).status_code in {400, 413}


def test_only_an_upload_may_be_larger_than_any_other_request(app, otto, monkeypatch):
    with_settings(app, monkeypatch, upload_megabytes=5)
    campaign, content = a_campaign(), b"+919812345678\n" * 330_000

    assert send_file(otto, campaign, content).status_code == 303
    form = {**csrf(otto), "text": content.decode(), "region": "IN"}
    assert otto.post(at(campaign, "pasted"), data=form).status_code == 413


def test_a_storage_that_is_away_is_said_and_nothing_is_added(db, app, otto, monkeypatch):
    with_settings(app, monkeypatch, storage_url="file:///proc/nowhere")

    answer = send_file(otto, a_campaign(), LIST.encode())

    assert answer.status_code == 503
    assert "did not answer" in error_at(answer, "file")
    assert db.session.scalar(select(Source.id)) is None


def test_the_columns_are_looked_at_again_with_each_choice(db, queue, otto):
    campaign = a_campaign()
    source = looked_at(queue, campaign, LIST)
    where = at(campaign, source.id, "columns")
    chosen = {"phone": "", "email": "2", "name": "", "region": "IN", "header": "y", "look": "1"}

    shown = otto.post(where, data={**csrf(otto), **chosen}, headers=HTMX)

    assert shown.status_code == 200
    assert "<html" not in shown.text
    assert "meera@example.org" in shown.text
    assert "+919812345678" not in shown.text
    assert source.state == SourceState.MAPPING


@pytest.mark.parametrize(
    ("chosen", "field", "sentence"),
    [
        ({"phone": "", "email": ""}, "phone", "Choose the column with the telephone numbers"),
        ({"phone": "1", "email": "1"}, "email", "chosen above already"),
        ({"phone": "7"}, "phone", "Not a valid choice"),
        ({"phone": "1", "region": "XX"}, "region", "Not a valid choice"),
    ],
)
def test_columns_that_cannot_be_right_are_said_at_the_field(
    db, queue, otto, chosen, field, sentence
):
    source = looked_at(queue, a_campaign(), LIST)
    form = {**csrf(otto), "region": "IN", "header": "y", **chosen}

    answer = otto.post(at(source.campaign, source.id, "columns"), data=form)

    assert answer.status_code == 422
    assert sentence in error_at(answer, field)
    assert source.state == SourceState.MAPPING


def test_columns_are_chosen_once(queue, otto):
    source = read(queue, a_campaign(), LIST)
    where = at(source.campaign, source.id, "columns")

    assert otto.get(where).status_code == 409
    assert otto.post(where, data={**csrf(otto), "phone": "1"}).status_code == 409


def test_bad_rows_are_given_back_with_their_reasons_and_without_formulas(db, queue, otto):
    content = 'Phone,Name\n12,=cmd()\n13,"a, b"\n+44 20 7946 0958,Office,\n14,x,y\n'
    source = read(queue, a_campaign(), content)

    page = fine(otto.get(at(source.campaign, source.id, "bad-rows?why=landline")))
    assert "A landline, which gets no messages (1)" in page
    assert "=cmd()" not in page
    answer = otto.post(at(source.campaign, source.id, "bad-rows", "file"), data=csrf(otto))
    assert answer.status_code == 303
    queue.run()

    [export] = db.session.query(Export).all()
    text = b"".join(storage.read(export.path)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Phone", "Name", "Reason", "Row"]
    assert rows[1] == ["12", "'=cmd()", "This number has too few digits.", "2"]
    assert [row[3] for row in rows[1:]] == ["2", "3", "4", "5"]
    assert rows[4][4:] == ["y"]
    assert bad_rows(source)[0].cells == ["12", "=cmd()"]


def test_who_only_looks_sees_the_lists_and_changes_nothing(queue, vera):
    source = read(queue, a_campaign(), LIST)

    page = fine(vera.get(at(source.campaign)))

    assert "Upload a list" not in page
    assert "Remove" not in page
    assert vera.get(at(source.campaign, "file")).status_code == 403


def test_a_list_of_another_campaign_is_not_found(queue, otto):
    source = read(queue, a_campaign(), LIST)

    assert otto.get(at(a_campaign(), source.id, "bad-rows")).status_code == 404
    assert otto.get("/campaigns/999999/audience").status_code == 404


def test_a_cancelled_campaign_takes_nobody_and_a_sent_one_gives_nobody_back(db, queue, otto):
    campaign = a_campaign()
    source = read(queue, campaign, LIST)
    campaign.state = CampaignState.CANCELLED
    db.session.commit()

    assert send_file(otto, campaign, LIST.encode()).status_code == 409
    assert "Upload a list" not in fine(otto.get(at(campaign)))
    answer = otto.post(at(campaign, source.id, "remove"), data=csrf(otto))
    assert answer.status_code == 409
    assert db.session.scalar(select(Recipient.id)) is not None
