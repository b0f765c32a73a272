"""The bell and the page of notices, with and without a script."""

import re

import pytest

from tests.contracts.world import HTMX, send
from tests.notices.reading import bell, notices, titles, user
from webapp.accounts.models import Role
from webapp.notices.models import Level
from webapp.notices.telling import tell


@pytest.fixture
def told(otto, db):
    """Return how Otto is told something."""
    me = user(Role.OPERATOR)

    def tell_otto(*named, **values):
        for title in named:
            tell(me.id, title, **{"level": Level.INFO, **values})
        db.session.commit()
        return notices(me)

    return tell_otto


def poll_of(page):
    """Return the address at which the script asks for the bell."""
    found = re.search(r'data-seen="([^"]*)"', page.text)
    assert found
    return f"/notices/bell?seen={found.group(1)}"


def test_every_page_says_in_words_how_many_are_unread(otto, told):
    assert bell(otto.get("/jobs")) == "No unread notices"
    told("One")
    assert bell(otto.get("/jobs")) == "1 unread notice"
    told("Two")
    assert bell(otto.get("/bookings")) == "2 unread notices"
    told(*(f"Number {number}" for number in range(120)))
    assert bell(otto.get("/jobs")) == "More than 99 unread notices"


def test_nobody_sees_what_others_are_told(otto, vera, told):
    (notice,) = told("For Otto", link="/jobs")

    assert bell(vera.get("/notices")) == "No unread notices"
    assert "For Otto" not in vera.get("/notices").text
    for action in ("open", "read"):
        assert send(vera, f"/notices/{notice.id}/{action}").status_code == 404
    send(vera, "/notices/read", newest=str(notice.id))
    assert bell(otto.get("/jobs")) == "1 unread notice"


def test_a_bell_with_no_other_number_answers_204_and_else_the_bell_alone(otto, told):
    poll = poll_of(otto.get("/jobs"))
    quiet = otto.get(poll, headers=HTMX)
    assert (quiet.status_code, quiet.data) == (204, b"")

    told("News")
    answer = otto.get(poll, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<a")
    assert bell(answer) == "1 unread notice"
    assert otto.get(poll_of(answer), headers=HTMX).status_code == 204


def test_the_address_of_the_bell_leads_a_person_to_the_notices(otto):
    assert otto.get("/notices/bell").location == "/notices"


def test_opening_a_notice_marks_it_read_and_leads_to_what_it_is_about(otto, told):
    first, second = told("First", "Second", link="/jobs?show=failed")

    answer = send(otto, f"/notices/{second.id}/open")

    assert (answer.status_code, answer.location) == (303, "/jobs?show=failed")
    assert bell(otto.get("/notices")) == "1 unread notice"
    unread = otto.get("/notices?show=unread").text
    assert "First" in unread
    assert "Second" not in unread
    assert first.read_at is None


def test_one_can_be_marked_as_read_and_stays_in_the_list(otto, told):
    (notice,) = told("Only one")

    assert send(otto, f"/notices/{notice.id}/read").status_code == 303

    page = otto.get("/notices")
    assert bell(page) == "No unread notices"
    assert "Only one" in page.text
    assert "Mark as read" not in page.text


def test_all_are_marked_as_read_but_not_what_has_come_since(otto, told):
    *_, newest = told("First", "Second")
    shown = otto.get("/notices").text
    assert f'name="newest" value="{newest.id}"' in shown
    told("Third")

    send(otto, "/notices/read", newest=str(newest.id))

    page = otto.get("/notices?show=unread").text
    assert "Third" in page
    assert "Second" not in page


@pytest.mark.parametrize("newest", ["", "-1", "all", "9" * 60, "²"])
def test_an_odd_number_marks_nothing_and_breaks_nothing(newest, otto, told):
    told("First")

    assert send(otto, "/notices/read", newest=newest).status_code == 303
    assert bell(otto.get("/notices")) == "1 unread notice"


def test_the_newest_stand_first_and_the_older_on_further_pages(otto, told):
    told(*(f"Number {number:03}" for number in range(60)))

    first = otto.get("/notices").text
    assert first.index("Number 059") < first.index("Number 058")
    assert "Number 009" not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "Number 009" in otto.get(older.group(1)).text


def test_what_a_notice_says_is_text_and_not_markup(otto, told):
    told("<script>alert(1)</script>", text="<b>bold</b>")

    page = otto.get("/notices").text
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;bold" in page


def test_an_empty_page_says_what_comes_here(otto):
    assert "No notices yet" in otto.get("/notices").text
    assert "All read" in otto.get("/notices?show=unread").text
    assert titles(user(Role.OPERATOR)) == []
