"""A website is read: which pages, and what is stored of them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests.websites.crawls import Crawls
from tests.websites.site import LOREM, Answer, Site
from webapp.extensions import db
from webapp.knowledge.models import Chunk


def test_every_page_to_which_a_link_leads_is_read(site: Site, crawls: Crawls) -> None:
    site.page("/", "Hotel", "We open at nine.", "/rooms", "/food")
    site.page("/rooms", "Rooms", "A room costs 1,200 rupees.", "/", "/rooms/river")
    site.page("/rooms/river", "River room", "It has a balcony.", "/rooms")
    site.page("/food", "Food", "Dinner is at eight.")
    website = crawls.read()
    assert crawls.job(website).state == "SUCCESS", crawls.job(website).traceback
    assert crawls.states(website) == dict.fromkeys(["/", "/rooms", "/food", "/rooms/river"], "read")
    assert "1,200 rupees" in crawls.texts(website)["/rooms"]
    assert website.ended_because == "Every page was read."
    assert website.source.state == "ready"
    assert website.source.parts == 4
    assert website.source.chunks >= 4
    assert crawls.pages(website)["/rooms"].title == "Rooms"
    assert crawls.pages(website)["/rooms/river"].depth == 2


def test_one_page_written_in_many_ways_is_asked_for_once(site: Site, crawls: Crawls) -> None:
    ways = ("/a", "/a#top", "/./a", "/b/../a", "/a?utm_source=mail", "/%61", "/a?PHPSESSID=12",
            "/a;jsessionid=0123456789ABCDEF", f"HTTP://{site.host}/a")  # fmt: skip
    site.page("/", "Start", "Here it begins.", *ways)
    site.page("/a", "A", "This is A.")
    crawls.read()
    assert site.paths.count("/a") == 1
    assert set(site.paths) == {"/robots.txt", "/sitemap.xml", "/", "/a"}


def test_nothing_but_this_host_is_asked(
    site: Site, crawls: Crawls, allow: Callable[..., None]
) -> None:
    with Site() as other:
        allow(website_private_hosts=(site.host, other.host))
        site.page(
            "/", "Start", "Here it begins.", other.url, "/away", "mailto:a@b.example", "ftp://x/"
        )
        site.redirect("/away", other.url)
        website = crawls.read()
        assert other.asked == []
    assert crawls.states(website) == {"/": "read", "/away": "skipped"}
    assert "not a part of this website" in (crawls.pages(website)["/away"].note or "")


@pytest.mark.parametrize("to", ["page", "robots", "sitemap"])
def test_a_redirect_into_the_house_is_not_followed(site: Site, crawls: Crawls, to: str) -> None:
    with Site() as inside:
        inside.page("/", "Secret", "The secrets of the house.")
        ways = [
            inside.url,
            f"http://localhost:{inside.server.server_port}/",
            f"http://[::ffff:127.0.0.1]:{inside.server.server_port}/",
            f"http://2130706433:{inside.server.server_port}/",
            "http://169.254.169.254/latest/meta-data/",
        ]
        site.page("/", "Start", "Here it begins.", *(f"/{number}" for number in range(len(ways))))
        for number, way in enumerate(ways):
            site.redirect(f"/{number}" if to == "page" else f"/{to}{number}", way)
        if to == "robots":
            site.redirect("/robots.txt", inside.url)
        if to == "sitemap":
            lines = "".join(f"Sitemap: {site.url}sitemap{number}\n" for number in range(len(ways)))
            site.text("/robots.txt", f"{lines}Sitemap: {inside.url}\n")
        website = crawls.read()
        assert inside.asked == []
    if to == "robots":
        assert crawls.job(website).state == "FAILURE"
        assert "robots.txt" in (website.source.error or "")
    else:
        assert set(crawls.texts(website)) == {"/"}


def test_only_what_lies_below_the_path_is_read_when_that_is_wished(
    site: Site, crawls: Crawls
) -> None:
    site.page("/help/start.html", "Help", "How it works.", "/help/more", "/", "/helpdesk", "/help")
    site.page("/help/more", "More", "More of how it works.")
    website = crawls.read("/help/start.html", whole_host=False)
    assert set(crawls.states(website)) == {"/help/start.html", "/help/more", "/help"}


def test_robots_txt_is_followed(site: Site, crawls: Crawls) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /private\n")
    site.page("/", "Start", "Here it begins.", "/private/a", "/open")
    site.page("/open", "Open", "Everybody may read this.", "/also")
    site.redirect("/also", "/private/b")
    site.page("/private/b", "B", "Nobody may read this.")
    website = crawls.read()
    assert crawls.states(website) == {
        "/": "read", "/open": "read", "/private/a": "skipped", "/also": "skipped",
    }  # fmt: skip
    assert "/private/a" not in site.paths
    assert "robots.txt asks not to" in (crawls.pages(website)["/private/a"].note or "")


def test_a_first_page_that_robots_txt_forbids_is_said_to_be_that(
    site: Site, crawls: Crawls
) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /\n")
    site.page("/", "Start", "Here it begins.")
    website = crawls.read()
    assert website.source.state == "failed"
    assert "robots.txt asks not to read it" in (website.source.error or "")
    assert "/" not in site.paths


def test_pages_that_ask_not_to_be_listed_are_not(site: Site, crawls: Crawls) -> None:
    noindex = '<meta name="robots" content="noindex">'
    nofollow = '<meta name="robots" content="nofollow">'
    site.page("/", "Start", "Here it begins.", "/a", "/b", "/c", "/d")
    site.page("/a", "A", "Not listed.", "/behind-a", head=noindex)
    site.page("/b", "B", "Listed, its links are not followed.", "/behind-b", head=nofollow)
    site.page("/c", "C", "Not listed.", headers={"X-Robots-Tag": "noindex"})
    site.page("/d", "D", "Its links are not.", "/behind-d", headers={"X-Robots-Tag": "nofollow"})
    for name in "abd":
        site.page(f"/behind-{name}", f"Behind {name}", f"What is behind {name}.")
    website = crawls.read()
    assert crawls.states(website) == {
        "/": "read", "/a": "skipped", "/b": "read", "/c": "skipped", "/d": "read",
        "/behind-a": "read",
    }  # fmt: skip


def test_what_only_the_sitemap_knows_is_read_too(site: Site, crawls: Crawls) -> None:
    site.page("/", "Start", "Here it begins.")
    site.page("/hidden", "Hidden", "No link leads here.")
    site.text("/robots.txt", f"Sitemap: {site.url}map.xml\n")
    site.text(
        "/map.xml",
        f"<urlset><url><loc>{site.url}hidden</loc></url>"
        "<url><loc>https://elsewhere.example/</loc></url></urlset>",
        "application/xml",
    )
    website = crawls.read()
    assert crawls.states(website) == {"/": "read", "/hidden": "read"}
    assert crawls.pages(website)["/hidden"].depth == 1


def test_the_same_text_twice_is_stored_once(site: Site, crawls: Crawls) -> None:
    site.page("/", "Start", "Here it begins.", "/a", "/print/a")
    site.page("/a", "The same", "Both say this.")
    site.page("/print/a", "The same", "Both say this.")
    website = crawls.read()
    assert sorted(crawls.states(website).values()) == ["read", "read", "skipped"]
    note = next(page.note for page in crawls.pages(website).values() if page.state == "skipped")
    assert "the same text as" in (note or "")
    assert website.source.parts == 2


def test_a_page_is_stored_under_the_address_that_it_says_to_be_right(
    site: Site, crawls: Crawls
) -> None:
    right = '<link rel="canonical" href="/shoes">'
    site.page("/", "Start", "Here it begins.", "/shoes?sort=price", "/shoes?sort=name")
    site.page("/shoes?sort=price", "Shoes", "Cheap ones first.", head=right)
    site.page("/shoes?sort=name", "Shoes", "From A to Z.", head=right)
    site.page("/shoes", "Shoes", "All our shoes.", head=right)
    website = crawls.read()
    assert set(crawls.texts(website)) == {"/", "/shoes"}


def test_pages_that_all_say_to_be_the_first_one_are_read_all_the_same(
    site: Site, crawls: Crawls
) -> None:
    wrong = '<link rel="canonical" href="/">'
    site.page("/", "Start", "Here it begins.", "/a", "/b", head=wrong)
    site.page("/a", "A", "This is A.", head=wrong)
    site.page("/b", "B", "This is B.", head=wrong)
    assert set(crawls.texts(crawls.read())) == {"/", "/a", "/b"}


def test_a_redirect_within_the_site_leads_to_the_page_itself(site: Site, crawls: Crawls) -> None:
    site.page("/", "Start", "Here it begins.", "/old", "/circle")
    site.redirect("/old", "/new")
    site.page("/new", "New", "It has moved here.")
    site.redirect("/circle", "/circle")
    website = crawls.read()
    assert crawls.states(website) == {
        "/": "read", "/old": "skipped", "/new": "read", "/circle": "skipped",
    }  # fmt: skip
    assert site.paths.count("/new") == 1
    assert "in a circle" in (crawls.pages(website)["/circle"].note or "")


def test_what_is_no_page_is_named_and_left(site: Site, crawls: Crawls) -> None:
    site.page(
        "/", "Start", "Here it begins.", "/menu.pdf", "/prices", "/photo.jpg", "/film", "/empty"
    )
    site.text("/prices", "%PDF-1.7", "application/pdf")
    site.text("/film", "moving pictures", "video/mp4")
    site.answers["/empty"] = Answer(b"", headers={"Content-Type": "text/html"})
    website = crawls.read()
    assert crawls.states(website) == {
        "/": "read", "/menu.pdf": "skipped", "/prices": "skipped", "/film": "skipped",
        "/empty": "skipped",
    }  # fmt: skip
    notes = {path: page.note or "" for path, page in crawls.pages(website).items()}
    assert "PDF" in notes["/menu.pdf"]
    assert "Upload it" in notes["/menu.pdf"]
    assert "PDF" in notes["/prices"]
    assert "video/mp4" in notes["/film"]
    assert "/menu.pdf" not in site.paths


def test_what_is_told_of_a_page_is_stored_with_it(site: Site, crawls: Crawls) -> None:
    site.page(
        "/", "Hotel at the river", "We open at nine.",
        head='<meta name="description" content="A small house at the river.">',
    )  # fmt: skip
    website = crawls.read()
    reading = crawls.pages(website)["/"].reading
    assert reading is not None
    assert reading.about["title"] == "Hotel at the river"
    assert reading.about["url"] == site.url
    assert reading.live
    assert LOREM.strip()[:40] in crawls.texts(website)["/"]


def test_pages_that_come_back_together_are_each_stored_as_if_alone(
    site: Site, crawls: Crawls
) -> None:
    """Long ones, of which few are stored at once, two with one text, and one that leads nowhere."""
    long = "The tower has a bell that rings at noon. " * 1_000
    for number in range(6):
        site.page(f"/long/{number}", f"Long {number}", f"{long} Number {number}.", "/end")
    site.page("/same/1", "Same", "Towels are in the cupboard.", "/end")
    site.page("/same/2", "Same", "Towels are in the cupboard.", "/end")
    site.page("/end", "End", "Here it ends.")
    paths = [*(f"/long/{number}" for number in range(6)), "/same/1", "/same/2", "/gone"]
    site.page("/", "Start", "Here it begins.", *paths)
    website = crawls.read()
    states = crawls.states(website)
    assert states.pop("/gone") == "failed"
    assert sorted((states.pop("/same/1"), states.pop("/same/2"))) == ["read", "skipped"]
    assert set(states.values()) == {"read"}
    assert len(states) == 8
    texts = crawls.texts(website)
    assert len(texts) == 9
    assert all(f"Number {number}." in texts[f"/long/{number}"] for number in range(6))
    source = crawls.source(website)
    chunks = db.session.scalars(select(Chunk).where(Chunk.source_id == source.id)).all()
    assert (source.parts, source.chunks) == (9, len(chunks))
