"""A site without end is read as far as its limits go, and no faster than it is good for it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.websites.crawls import Crawls
from tests.websites.site import Answer, Site, html


@pytest.mark.parametrize(
    ("limit", "words"),
    [({"max_pages": 5}, "limit of 5 pages"), ({"max_depth": 3}, "Every page"),
     ({"max_seconds": 0}, "time of 0 minutes")],
)  # fmt: skip
def test_a_site_without_end_is_read_as_far_as_the_limits_go(
    site: Site, crawls: Crawls, limit: dict[str, Any], words: str
) -> None:
    def endless(path: str) -> Answer | None:
        if not path.startswith("/day/"):
            return None
        day = int(path.removeprefix("/day/"))
        body = html(f"Day {day}", f"This is day {day}.", f"/day/{day + 1}", f"/day/{day + 2}")
        return Answer(body, headers={"Content-Type": "text/html"})

    site.otherwise = endless
    site.page("/", "Start", "Here it begins.", "/day/1")
    website = crawls.add(**limit)
    crawls.queue.run()
    website = crawls.now(website)
    if limit == {"max_seconds": 0}:
        assert website.source.state == "failed"
        assert words in (website.source.error or "")
        return
    assert website.source.state == "ready"
    assert words in (website.ended_because or "")
    read = [path for path, state in crawls.states(website).items() if state == "read"]
    assert len(read) == (5 if "max_pages" in limit else 6)  # start, 1, 2 and 3, 4 and 5


def test_a_calendar_behind_the_question_mark_is_not_followed_for_ever(
    site: Site, crawls: Crawls
) -> None:
    def calendar(path: str) -> Answer | None:
        if not path.startswith("/calendar?day="):
            return None
        day = int(path.rpartition("=")[2])
        links = [f"/calendar?day={day + ahead}" for ahead in range(1, 30)]
        return Answer(html(f"Day {day}", f"It is day {day}.", *links),
                      headers={"Content-Type": "text/html"})  # fmt: skip

    site.otherwise = calendar
    site.page("/", "Start", "Here it begins.", "/calendar?day=1")
    website = crawls.read(max_depth=20)
    states = list(crawls.states(website).values())
    assert states.count("read") == 51
    assert states.count("skipped") == 1
    assert len(states) == 52
    assert website.ended_because == "Every page was read."


def test_a_path_that_grows_with_every_click_is_left(site: Site, crawls: Crawls) -> None:
    def growing(path: str) -> Answer | None:
        body = html("More", f"This is {path}.", f"{path.rstrip('/')}/more")
        return Answer(body, headers={"Content-Type": "text/html"})

    site.otherwise = growing
    site.text("/robots.txt", "")
    site.answers["/sitemap.xml"] = Answer(status=404)
    website = crawls.read(max_depth=20)
    assert set(crawls.states(website)) == {"/", "/more", "/more/more", "/more/more/more"}


def test_between_two_pages_the_site_is_left_alone_for_a_while(
    site: Site, crawls: Crawls, allow: Callable[..., None]
) -> None:
    allow(website_delay_ms=200)
    site.page("/", "Start", "Here it begins.", "/a", "/b")
    site.page("/a", "A", "This is A.")
    site.page("/b", "B", "This is B.")
    crawls.read()
    times = [one.at for one in site.asked if one.path in {"/", "/a", "/b"}]
    assert len(times) == 3
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))


def test_a_long_delay_that_robots_txt_asks_for_is_waited_for_by_the_jobs_row(
    site: Site, crawls: Crawls
) -> None:
    site.text("/robots.txt", "User-agent: *\nCrawl-delay: 3600\n")
    site.page("/", "Start", "Here it begins.", "/a")
    site.page("/a", "A", "This is A.")
    website = crawls.add(max_seconds=7200)
    crawls.queue.run()
    job = crawls.job(website)
    assert site.paths[-1] == "/"
    assert job.state == "PENDING"
    assert 3000 < (job.run_at - job.created_at).total_seconds() < 4000
    assert crawls.queue.names() == []
    crawls.queue.sweep()
    assert crawls.queue.names() == []
