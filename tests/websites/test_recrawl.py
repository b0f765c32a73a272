"""A website is read again: what is the same is left, what changed is swapped, what vanished is retired."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.contracts.world import send
from tests.queues import Queue
from tests.websites.crawls import Crawls
from tests.websites.site import Answer, Site
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.knowledge.models import Reading
from webapp.notices.models import Notice
from webapp.websites.models import Website


@pytest.fixture
def hotel(site: Site) -> Site:
    """Return a website of three pages."""
    site.page("/", "Hotel", "We open at nine.", "/rooms", headers={"ETag": '"start-1"'})
    site.page("/rooms", "Rooms", "A room costs 1,200 rupees.", "/food", headers={"ETag": '"r-1"'})
    site.page("/food", "Food", "Dinner is at eight.")
    return site


def readings(website: Website) -> dict[str, int]:
    """Return the numbers of what is found."""
    rows = db.session.execute(
        select(Reading.place, Reading.id).where(
            Reading.source_id == website.source_id, Reading.live
        )
    ).all()
    return dict(rows)


def test_what_has_not_changed_is_not_touched(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    before = readings(website)
    website = crawls.again(website)
    assert readings(website) == before
    assert set(crawls.states(website).values()) == {"unchanged"}
    assert len(before) == 3
    asked = {one.path: one.headers for one in hotel.asked}
    assert asked["/rooms"]["If-None-Match"] == '"r-1"'
    assert website.source.parts == 3


def test_a_page_that_changed_takes_the_place_of_its_older_self(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    before = readings(website)
    hotel.page("/rooms", "Rooms", "A room costs 1,500 rupees.", "/food", headers={"ETag": '"r-2"'})
    website = crawls.again(website)
    after = readings(website)
    assert crawls.states(website) == {"/": "unchanged", "/rooms": "read", "/food": "unchanged"}
    assert "1,500" in crawls.texts(website)["/rooms"]
    assert [place for place in before if before[place] != after[place]] == [f"{hotel.url}rooms"]
    assert website.source.parts == 3


def test_only_the_look_of_a_page_changed(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    before = readings(website)
    hotel.page("/food", "Food", "Dinner is at eight.", "/rooms", head="<style>p{color:red}</style>")
    website = crawls.again(website)
    assert readings(website) == before
    assert crawls.states(website)["/food"] == "unchanged"


def test_a_page_that_the_site_says_is_gone_is_not_found_any_more(
    hotel: Site, crawls: Crawls
) -> None:
    website = crawls.read()
    del hotel.answers["/food"]
    website = crawls.again(website)
    assert crawls.states(website) == {"/": "unchanged", "/rooms": "unchanged", "/food": "gone"}
    assert set(crawls.texts(website)) == {"/", "/rooms"}
    assert website.source.parts == 2


def test_a_page_to_which_nothing_leads_any_more_is_not_found_any_more(
    hotel: Site, crawls: Crawls
) -> None:
    website = crawls.read()
    hotel.page("/rooms", "Rooms", "A room costs 1,200 rupees.", headers={"ETag": '"r-2"'})
    website = crawls.again(website)
    assert crawls.states(website)["/food"] == "gone"
    assert set(crawls.texts(website)) == {"/", "/rooms"}


def test_a_page_that_comes_back_is_read_again(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    food = hotel.answers.pop("/food")
    website = crawls.again(website)
    hotel.answers["/food"] = food
    website = crawls.again(website)
    assert crawls.states(website)["/food"] == "read"
    assert set(crawls.texts(website)) == {"/", "/rooms", "/food"}


def test_a_site_that_is_down_loses_nothing(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    before = readings(website)
    hotel.answers.clear()
    hotel.otherwise = lambda _path: Answer(status=500)
    website = crawls.again(website)
    assert readings(website) == before
    assert website.source.state == "failed"
    assert website.source.error
    assert website.source.parts == 3


def test_a_crawl_that_broke_off_retires_nothing(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    before = readings(website)
    hotel.answers["/rooms"] = Answer(status=503)
    links = [f"/new{number}" for number in range(8)]
    hotel.page("/", "Hotel", "We open at nine.", "/rooms", *links, headers={"ETag": '"s-2"'})
    hotel.otherwise = lambda path: Answer(status=502) if path.startswith("/new") else None
    website = crawls.again(website)
    assert "stopped answering" in (website.ended_because or "")
    assert website.source.state == "ready"
    assert readings(website) == before


def test_what_lies_behind_a_page_with_a_fault_is_not_taken_for_gone(
    hotel: Site, crawls: Crawls
) -> None:
    website = crawls.read()
    hotel.answers["/rooms"] = Answer(status=500)
    website = crawls.again(website)
    assert crawls.states(website) == {"/": "unchanged", "/rooms": "failed", "/food": "unchanged"}
    assert set(crawls.texts(website)) == {"/", "/rooms", "/food"}


def test_a_limit_of_pages_retires_nothing_that_was_not_looked_at(
    hotel: Site, crawls: Crawls
) -> None:
    website = crawls.read()
    website.max_pages = 1
    db.session.commit()
    website = crawls.again(website)
    assert set(crawls.texts(website)) == {"/", "/rooms", "/food"}


def test_a_page_that_is_not_to_be_listed_any_more_is_retired(hotel: Site, crawls: Crawls) -> None:
    website = crawls.read()
    hotel.page("/food", "Food", "Dinner.", head='<meta name="robots" content="noindex">')
    website = crawls.again(website)
    assert set(crawls.texts(website)) == {"/", "/rooms"}
    assert crawls.states(website)["/food"] == "skipped"


def test_other_settings_of_passages_have_every_page_read_anew(
    hotel: Site, crawls: Crawls, allow: Callable[..., None]
) -> None:
    website = crawls.read()
    before = set(readings(website).values())
    allow(chunk_characters=300)
    website = crawls.again(website)
    assert not before & set(readings(website).values())
    assert set(crawls.states(website).values()) == {"read"}


def test_a_website_is_read_again_when_its_time_has_come(
    hotel: Site, crawls: Crawls, queue: Queue
) -> None:
    website = crawls.read(every_days=7)
    assert website.next_at is not None
    assert 6.9 < (website.next_at - now()).total_seconds() / 86_400 < 7.1
    _look_for_due(queue)
    assert crawls.now(website).crawl == 1
    db.session.execute(update(Website).values(next_at=now() - timedelta(minutes=1)))
    db.session.commit()
    _look_for_due(queue)
    website = crawls.now(website)
    assert website.crawl == 2
    assert website.next_at
    assert website.next_at > now() + timedelta(days=6)
    assert crawls.job(website).asked_by_id is None


def test_a_website_whose_crawl_failed_is_tried_again_the_next_time(
    hotel: Site, crawls: Crawls, queue: Queue
) -> None:
    hotel.otherwise = lambda _path: Answer(status=500)
    hotel.answers.clear()
    website = crawls.read(every_days=1)
    assert website.source.state == "failed"
    assert website.next_at
    assert website.next_at > now() + timedelta(hours=23)


def _look_for_due(queue: Queue) -> None:
    enqueue(JobKind.WEBSITES_DUE)
    db.session.commit()
    queue.run()


def test_who_asked_is_told_of_the_end(hotel: Site, queue: Queue, otto: FlaskClient) -> None:
    answer = send(otto, "/websites", url=hotel.url, where="host", max_pages="10", max_depth="3",
                  max_minutes="5", every_days="")  # fmt: skip
    assert answer.status_code == 303
    queue.run()
    notice = db.session.scalars(select(Notice)).one()
    assert "3 pages read." in notice.text
    assert notice.link == answer.location
