"""Sites that are down, slow, endless or hostile: a crawl ends, and says why."""

import threading
import time
from collections.abc import Callable, Iterator

from flask import Flask
from sqlalchemy import update

from tests.queues import Queue
from tests.websites.crawls import Crawls
from tests.websites.site import Answer, Site
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import asking
from webapp.jobs.models import Job
from webapp.knowledge.models import Source
from webapp.websites import editing
from webapp.websites.forms import read_address
from webapp.websites.models import Website
from webapp.websites.scoping import Scope, moved


def test_a_site_that_is_down_is_said_to_be_that(
    crawls: Crawls, site: Site, allow: Callable[..., None]
) -> None:
    website = crawls.add()
    site.server.server_close()
    site.server.shutdown()
    crawls.queue.run()
    website = crawls.now(website)
    assert website.source.state == "failed"
    assert "refused" in (website.source.error or "")
    assert website.source.advice
    assert crawls.job(website).state == "FAILURE"
    assert crawls.job(website).attempt < 6


def test_a_page_with_a_fault_is_asked_for_once_more_at_the_end(site: Site, crawls: Crawls) -> None:
    left = iter([500])
    page = Answer(b"", 500)
    site.page("/", "Start", "Here it begins.", "/shaky", "/broken", "/a", "/b")
    site.page("/a", "A", "This is A.")
    site.page("/b", "B", "This is B.")
    site.page("/well", "Well", "It works by now.")

    def shaky(path: str) -> Answer | None:
        if path == "/broken":
            return page
        if path == "/shaky":
            return page if next(left, None) else site.answers["/well"]
        return None

    site.otherwise = shaky
    website = crawls.read()
    assert crawls.states(website) == {
        "/": "read", "/shaky": "read", "/broken": "failed", "/a": "read", "/b": "read",
    }  # fmt: skip
    assert site.paths.count("/shaky") == 2
    assert site.paths.count("/broken") == 2
    assert "fault of its own (error 500)" in (crawls.pages(website)["/broken"].note or "")


def test_a_site_that_asks_to_wait_is_waited_for_by_the_jobs_row(site: Site, crawls: Crawls) -> None:
    site.page("/", "Start", "Here it begins.", "/busy")
    busy = Answer(status=429, headers={"Retry-After": "120"})
    site.answers["/busy"] = busy
    website = crawls.add(max_seconds=3600)
    crawls.queue.run()
    job = crawls.job(website)
    assert job.state == "PENDING"
    assert 100 < (job.run_at - now()).total_seconds() <= 121
    site.page("/busy", "Busy", "Now it has time.")
    _let_time_pass(crawls, website)
    assert crawls.states(website) == {"/": "read", "/busy": "read"}


def test_a_site_that_asks_to_wait_for_longer_than_the_crawl_may_take_ends_it(
    site: Site, crawls: Crawls
) -> None:
    site.page("/", "Start", "Here it begins.", "/busy")
    site.answers["/busy"] = Answer(status=503, headers={"Retry-After": "86400"})
    website = crawls.read()
    assert website.source.state == "ready"
    assert "The time of 10 minutes" in (website.ended_because or "")
    assert crawls.states(website) == {"/": "read", "/busy": "found"}


def _let_time_pass(crawls: Crawls, website: Website) -> None:
    db.session.execute(update(Job).values(run_at=now()))
    db.session.execute(update(Website).values(not_before=None))
    db.session.commit()
    crawls.queue.sweep()
    crawls.queue.run()
    crawls.now(website)


def test_ten_gigabytes_are_not_waited_for(site: Site, crawls: Crawls) -> None:
    def gigabytes() -> Iterator[bytes]:
        block = b"<p>" + b"words " * 10_000
        for _ in range(10**10 // len(block)):
            yield block

    site.page("/", "Start", "Here it begins.", "/huge", "/said")
    site.answers["/huge"] = Answer(gigabytes, headers={"Content-Type": "text/html"})
    site.answers["/said"] = Answer(
        gigabytes, headers={"Content-Type": "text/html", "Content-Length": "10000000000"}
    )
    website = crawls.read()
    assert crawls.states(website) == {"/": "read", "/huge": "skipped", "/said": "skipped"}
    assert "larger than 5 MB" in (crawls.pages(website)["/huge"].note or "")


def test_a_page_that_comes_in_drops_does_not_keep_a_crawl_that_is_to_stop(
    site: Site, crawls: Crawls
) -> None:
    begun = threading.Event()

    def drops() -> Iterator[bytes]:
        while True:
            begun.set()
            yield b"<p>"
            time.sleep(0.1)

    site.page("/", "Start", "Here it begins.", "/drip")
    site.answers["/drip"] = Answer(drops, headers={"Content-Type": "text/html"})
    website = crawls.add()
    seconds: list[float] = []
    app, job_id = crawls.queue.app, crawls.job(website).id

    def somebody() -> None:
        begun.wait(60)
        with app.app_context():
            asking.cancel(db.session.get_one(Job, job_id))
            db.session.commit()
            seconds.append(time.monotonic())

    person = threading.Thread(target=somebody)
    person.start()
    crawls.queue.run()
    ended = time.monotonic()
    person.join()
    website = crawls.now(website)
    assert crawls.job(website).state == "REVOKED"
    assert website.source.state == "stopped"
    assert set(crawls.texts(website)) == {"/"}
    assert ended - seconds[0] < 15  # 2 s where nobody else is at work: benchmarks/crawl.py


def test_a_crawl_that_was_stopped_goes_on_where_it_stood(site: Site, crawls: Crawls) -> None:
    site.page("/", "Start", "Here it begins.", "/a", "/b")
    site.page("/a", "A", "This is A.")
    site.page("/b", "B", "This is B.")
    website = crawls.add()
    asking.cancel(crawls.job(website))
    db.session.commit()
    assert crawls.now(website).source.state == "stopped"
    asking.retry(crawls.job(website))
    db.session.commit()
    crawls.queue.run()
    assert set(crawls.states(website).values()) == {"read"}


def test_a_website_that_is_removed_in_the_middle_of_a_crawl_is_gone(
    site: Site, crawls: Crawls
) -> None:
    website = crawls.add()
    app, source_id = crawls.queue.app, website.source_id

    def remove(path: str) -> Answer | None:
        if path == "/a":
            with app.app_context():
                editing.remove(db.session.get_one(Website, source_id))
                db.session.commit()
        return None

    site.page("/", "Start", "Here it begins.", "/a", "/b")
    site.page("/b", "B", "This is B.")
    site.otherwise = remove
    crawls.queue.run()
    db.session.rollback()
    assert db.session.get(Source, source_id) is None


def test_an_address_without_scheme_is_tried_by_https_and_then_by_http(
    site: Site, queue: Queue
) -> None:
    site.page("/", "Start", "Here it begins.", "/a")
    site.page("/a", "A", "This is A.")
    typed = read_address(f"{site.host}/")
    assert typed.url.startswith("https://")
    website = editing.add(typed, "", whole_host=True, values={
        "max_pages": 10, "max_depth": 5, "max_seconds": 60, "every_days": None,
    })  # fmt: skip
    db.session.commit()
    queue.run()
    crawls = Crawls(queue, site)
    website = crawls.now(website)
    assert website.url == site.url
    assert crawls.states(website) == {"/": "read", "/a": "read"}


def test_the_first_page_leads_to_the_host_by_its_other_name(
    app: Flask,
) -> None:
    """``www.`` needs names, which nobody knows here: the row alone is looked at."""
    assert app
    website = Website(
        source_id=1, url="https://hotel.example/", scope="https://hotel.example/", max_pages=1
    )
    scope = moved(website, "https://www.hotel.example/en/")
    assert scope == "https://www.hotel.example/"
    website.scope = scope
    scoped = Scope.of(website)
    assert scoped.place("http://hotel.example/a") == "https://www.hotel.example/a"
    assert scoped.place("https://www.hotel.example/a") == "https://www.hotel.example/a"
    assert scoped.place("https://other.example/a") is None
    assert moved(website, "https://other.example/") is None
