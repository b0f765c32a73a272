"""The page that says how long each kind of data is kept, and lets an admin change it."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.contracts.world import send
from tests.retention.making import a_job
from webapp.accounts.models import AuditEntry
from webapp.extensions import db
from webapp.jobs.models import Job
from webapp.retention import rules


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_says_of_each_kind_how_much_is_due_and_links_the_last_clean_up(
    ada: FlaskClient, queue: Any
) -> None:
    for _ in range(3):
        a_job(100)
    db.session.commit()
    assert "90 days 3" in text_of(ada.get("/retention").text)

    asked = send(ada, "/retention/clean")
    queue.run()

    page = ada.get("/retention").text
    assert asked.location.endswith(str(db.session.query(Job).one().id))
    assert asked.location in page
    assert "3 jobs" in text_of(page)


def test_a_kind_is_kept_for_another_time_and_the_next_clean_up_is_foretold(
    ada: FlaskClient,
) -> None:
    a_job(40)
    db.session.commit()

    send(ada, "/retention/kinds/jobs", days="30")

    page = text_of(ada.get("/retention").text)
    assert "“Finished jobs”: kept for 30 days. The next clean-up deals with 1 jobs." in page
    entry = db.session.query(AuditEntry).filter(AuditEntry.action == "retention.changed").one()
    assert entry.text == "“Finished jobs” are kept for 30 days, not for 90 days"
    assert rules.terms()["jobs"].days == 30


def test_a_kind_can_be_kept_for_ever_and_the_number_is_then_of_no_matter(ada: FlaskClient) -> None:
    assert send(ada, "/retention/kinds/jobs", days="x", for_ever="y").status_code == 303
    assert rules.terms()["jobs"].days is None
    assert "For ever" in ada.get("/retention").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("6", "These are kept for at least 7 days."),
        ("0", "Between 1 and 36,500 days"),
        ("-5", "Between 1 and 36,500 days"),
        ("99999999999999999999", "Between 1 and 36,500 days"),
        ("soon", "Say for how many days"),
        ("", "Say for how many days"),
    ],
)
def test_a_number_that_cannot_be_is_refused_at_its_field_and_nothing_changes(
    ada: FlaskClient, typed: str, said: str
) -> None:
    answer = send(ada, "/retention/kinds/jobs", days=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert rules.terms()["jobs"].days == 90


def test_what_is_no_kind_is_not_there(ada: FlaskClient) -> None:
    assert ada.get("/retention/kinds/nothing").status_code == 404


def test_a_second_click_asks_for_one_clean_up(ada: FlaskClient) -> None:
    first, second = send(ada, "/retention/clean"), send(ada, "/retention/clean")
    assert first.location == second.location
