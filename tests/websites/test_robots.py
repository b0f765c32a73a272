"""robots.txt: what a website allows, by RFC 9309 and as large search engines read it."""

from collections.abc import Iterator

import pytest

from tests.websites.wire import Names, Site, answer, chunk, leads_to, page
from webapp.websites.fetching import Fetcher
from webapp.websites.robots import Rules

HOST = "http://hotel.example"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


@pytest.fixture
def fetcher(site: Site) -> Iterator[Fetcher]:
    with Fetcher(
        user_agent="test", allowed_hosts=[site.host], find=Names(inside_example=["10.0.0.1"])
    ) as found:
        yield found


def allows(text: str, *paths: str) -> list[bool]:
    rules = Rules(text)
    return [rules.allows(HOST + path) for path in paths]


@pytest.mark.parametrize(
    ("rules", "allowed", "forbidden"),
    [
        # RFC 9309 5.2: the longest match decides, an allow where both are as long.
        ("allow: /x/page.html\ndisallow: /x/", ["/x/page.html", "/"], ["/x/", "/x/page.htm"]),
        ("disallow: /x/page.html\nallow: /x/", ["/x/", "/x/page.htm"], ["/x/page.html"]),
        ("disallow: /x/page.html\nallow: /x/page.html", ["/x/page.html"], []),
        ("disallow: /\nallow: /", ["/", "/x"], []),
        ("allow: /p\ndisallow: /", ["/page", "/p"], ["/", "/q"]),
        ("allow: /$\ndisallow: /", ["/"], ["/page.html"]),
        ("allow: /page\ndisallow: /*.html", ["/page"], ["/page.html"]),
        ("allow: /x/page.\ndisallow: /*.html", ["/x/page.html"], ["/x/y.html"]),
        ("disallow: /x\nallow: /x/", ["/x/"], ["/x", "/xy"]),
        # Nothing said is nothing forbidden.
        ("disallow:\nallow:", ["/", "/x"], []),
        ("", ["/", "/x"], []),
        # RFC 9309 2.2.3: * and $, and both as themselves.
        ("disallow: /fish", ["/", "/Fish.asp", "/catfish", "/?id=fish"],
         ["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fish.php?id=anything"]),
        ("disallow: /fish*", ["/", "/Fish"], ["/fish", "/fishheads/yummy.html"]),
        ("disallow: /fish/", ["/fish", "/fish.html", "/Fish/"], ["/fish/", "/fish/?id=1"]),
        ("disallow: /*.php", ["/", "/windows.PHP"],
         ["/index.php", "/folder/any.php?x=1", "/folder.php/x", "/x.php/"]),
        ("disallow: /*.php$", ["/x.php?x=1", "/x.php/", "/x.php5", "/php"], ["/x.php", "/a/b.php"]),
        ("disallow: /fish*.php", ["/Fish.PHP"], ["/fish.php", "/fishheads/catfish.php?x=1"]),
        ("disallow: /a*b*c$", ["/abcd", "/acb"], ["/abc", "/aXbXc", "/abcbc"]),
        ("disallow: /foo/bar$\nallow: /foo/bar/qux", ["/foo/bar/qux", "/foo/bar/", "/foo/bar/baz"],
         ["/foo/bar"]),
        ("disallow: /foo/bar/quz\nallow: /foo/*/qux", ["/foo/quz", "/foo//quz", "/foo/bax/quz"],
         ["/foo/bar/quz"]),
        ("disallow: /file-with-a-%2A.html", ["/file-with-a-x.html"], ["/file-with-a-*.html"]),
        ("disallow: /foo-%24", ["/foo-"], ["/foo-$"]),
        ("# disallow: /\ndisallow: /foo/quz#qux", ["/foo/bar", "/"], ["/foo/quz", "/foo/quzx"]),
        # RFC 9309 2.2.2: octets, however they are written.
        ("disallow: /foo/bar?baz=http://foo.bar", ["/foo/bar"], ["/foo/bar?baz=http://foo.bar/x"]),
        ("disallow: /foo/bar/ツ", ["/foo/bar/"], ["/foo/bar/ツ", "/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84x"]),
        ("disallow: /foo/bar/%E3%83%84", ["/foo/bar/"], ["/foo/bar/ツ", "/foo/bar/%e3%83%84"]),
        ("disallow: /foo/bar/%62%61%7A", ["/foo/bar/"], ["/foo/bar/baz", "/foo/bar/%62%61%7A"]),
        ("disallow: /a%2Fb", ["/a/b"], ["/a%2Fb", "/a%2fb"]),
        ("disallow: /a b", ["/a"], ["/a%20b", "/a b"]),
        ("disallow: /a\u2028Allow: /", ["/a"], ["/a%E2%80%A8Allow:%20/x"]),
        ("disallow: /a\x0bAllow: /", ["/", "/a"], []),
        # Case counts in paths and in nothing else.
        ("DISALLOW: /x/", ["/X/"], ["/x/"]),
        ("Disallow : /x\n  disallow:/y\t", ["/z"], ["/x", "/y"]),
        # The first page of a folder is the folder.
        ("allow: /a/index.html\ndisallow: /", ["/a/", "/a/index.html"], ["/a/index.htm", "/b"]),
        # Spellings that are common, and a colon that is missing between two words.
        ("dissallow: /a\ndissalow: /b\ndisalow: /c\ndiasllow: /d\ndisallaw: /e", ["/f"],
         ["/a", "/b", "/c", "/d", "/e"]),
        ("disallow /a\ndisallow /b /c\nfoo: /d\nallow: no", ["/b", "/d"], ["/a"]),
        # robots.txt itself may always be read.
        ("disallow: /", ["/robots.txt"], ["/", "/robots.html", "/a/robots.txt"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("agent", ["*", "Bellhop"])
def test_rules_match_as_the_standard_says(
    agent: str, rules: str, allowed: list[str], forbidden: list[str]
) -> None:
    text = f"User-agent: {agent}\n{rules}\n"
    assert allows(text, *allowed) == [True] * len(allowed)
    assert allows(text, *forbidden) == [False] * len(forbidden)


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("user-agent: bellhop\ndisallow: /a\nuser-agent: *\ndisallow: /", "/b", "/a"),
        ("user-agent: *\ndisallow: /\nuser-agent: BELLHOP\ndisallow: /a", "/b", "/a"),
        ("user-agent: *\ndisallow: /\nuser-agent: bellhop\n", "/b", None),
        # RFC 9309 2.2.1: groups of one name are one; so are those of everybody.
        ("user-agent: bellhop\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: bellhop\ndisallow: /b",
         "/c", "/b"),
        ("user-agent: bellhop\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: bellhop\ndisallow: /b",
         "/c", "/a"),
        ("user-agent: *\ndisallow: /a\nuser-agent: x\ndisallow: /\nuser-agent: *\ndisallow: /b", "/c", "/b"),
        # Names that follow each other share their rules, whatever else stands in between.
        ("user-agent: a\nuser-agent: bellhop\nuser-agent: c\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop\n\n# and\n\nuser-agent: c\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop\nsitemap: https://x.example/s\nuser-agent: c\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop\ncrawl-delay: 5\nuser-agent: c\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop\nUnknown: line\nuser-agent: c\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop\n\n\ndisallow: /a\n\n\nsitemap: https://x.example/s\n\ndisallow: /b", "/c", "/b"),
        ("user-agent: a\ndisallow:\nuser-agent: bellhop\ndisallow: /a", "/b", "/a"),
        # Names are whole words, and what follows one is no part of it.
        ("user-agent: bell\ndisallow: /", "/a", None),
        ("user-agent: hop\ndisallow: /", "/a", None),
        ("user-agent: bellhopper\ndisallow: /", "/a", None),
        ("user-agent: bellhop-images\ndisallow: /", "/a", None),
        ("user-agent: compatible\ndisallow: /\nuser-agent: Mozilla/5.0\ndisallow: /", "/a", None),
        ("user-agent: Bellhop/1.0 (+https://x.example)\ndisallow: /a", "/b", "/a"),
        ("user-agent: bellhop images\ndisallow: /a", "/b", "/a"),
        ("user-agent: * bots\ndisallow: /a", "/b", "/a"),
        ("user-agent: *x\ndisallow: /a", "/a", None),
        ("user-agent: x\ndisallow: /", "/a", None),
        ("user-agent:\ndisallow: /", "/a", None),
        # Rules before any name are nobody's.
        ("disallow: /\nallow: /a\nuser-agent: bellhop\ndisallow: /b", "/c", "/b"),
        ("useragent: bellhop\ndisallow: /a", "/b", "/a"),
        ("user agent: bellhop\ndisallow: /a", "/b", "/a"),
        ("user-agent bellhop\ndisallow /a", "/b", "/a"),
        ("user-agent: bellhop\rdisallow: /a\r\n\rdisallow: /b", "/c", "/b"),
    ],
)  # fmt: skip
def test_the_rules_for_us_are_found(text: str, yes: str, no: str | None) -> None:
    assert allows(text, yes) == [True]
    if no is not None:
        assert allows(text, no) == [False]


def test_a_line_is_read_as_far_as_search_engines_read_it() -> None:
    path = "/" + "a" * 20_000
    assert allows(f"user-agent: *\ndisallow: {path}/b\n", path[:16_700] + "/c", "/aaa") == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        ("user-agent: *\ncrawl-delay: 2.5", 2.5),
        ("user-agent: *\ncrawl-delay: 9\nuser-agent: bellhop\ncrawl-delay: 1\ndisallow: /a", 1.0),
        ("user-agent: *\ncrawl-delay: 9\nuser-agent: bellhop\ndisallow: /a", 0.0),
        ("user-agent: *\ncrawl-delay: -1\ncrawl-delay: x\ncrawl-delay: nan\ncrawl-delay: inf", 0.0),
        ("crawl-delay: 5", 0.0),
        ("", 0.0),
    ],
)
def test_the_pause_that_a_website_asks_for_is_told(text: str, delay: float) -> None:
    assert Rules(text).delay == delay


def test_sitemaps_are_found_wherever_they_stand(site: Site, fetcher: Fetcher) -> None:
    site.answers["/robots.txt"] = page(
        b"Sitemap: https://a.example/s.xml\nUser-agent: x\nsitemap:/here.xml\nDisallow: /\n"
        b"Site-map: https://a.example/s.xml\nSITEMAP: http://[\nsitemap: /" + b"a" * 3_000,
        content_type="text/plain",
    )
    rules = Rules.read(fetcher, site.url + "/some/page?x#y")
    assert rules.sitemaps == ["https://a.example/s.xml", site.url + "/here.xml"]
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 451])
def test_without_a_file_everything_is_allowed(site: Site, fetcher: Fetcher, status: int) -> None:
    site.answers["/robots.txt"] = answer(b"User-agent: *\nDisallow: /", status)
    rules = Rules.read(fetcher, site.url)
    assert rules.allows(site.url + "/a")
    assert rules.note == ""


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_when_the_website_fails_nothing_is_allowed(
    site: Site, fetcher: Fetcher, status: int
) -> None:
    site.answers["/robots.txt"] = answer(b"User-agent: *\nAllow: /", status)
    rules = Rules.read(fetcher, site.url)
    assert not rules.allows(site.url + "/a")
    assert rules.note == (
        f"Its robots.txt cannot be read, so nothing is: the website answered with error {status}."
    )


def test_when_the_website_does_not_answer_nothing_is_allowed(site: Site, fetcher: Fetcher) -> None:
    site.answers["/robots.txt"] = lambda sock: None
    rules = Rules.read(fetcher, site.url)
    assert not rules.allows(site.url + "/a")
    assert rules.note.startswith("Its robots.txt cannot be read, so nothing is: ")


def test_when_robots_txt_leads_inside_nothing_is_allowed(site: Site, fetcher: Fetcher) -> None:
    site.answers["/robots.txt"] = leads_to("http://inside.example/robots.txt")
    rules = Rules.read(fetcher, site.url)
    assert not rules.allows(site.url + "/a")
    assert "inside.example is not on the public internet" in rules.note


def test_robots_txt_may_lie_five_redirects_and_a_host_away(site: Site) -> None:
    for number in range(4):
        site.answers[f"/{number}"] = leads_to(f"/{number + 1}")
    site.answers["/robots.txt"] = leads_to("/0")
    other = f"http://other.example:{site.port}"
    site.answers["/3"] = leads_to(other + "/robots")
    site.answers["/robots"] = page(b"User-agent: *\nDisallow: /a")
    with Fetcher(
        user_agent="test",
        find=Names(other_example=["127.0.0.1"]),
        allowed_hosts=[site.host, f"other.example:{site.port}"],
    ) as fetcher:
        rules = Rules.read(fetcher, site.url)
    assert (rules.allows(site.url + "/a"), rules.allows(site.url + "/b")) == (False, True)


@pytest.mark.parametrize("target", ["/robots.txt", "/0"])
def test_redirects_without_end_are_no_file(site: Site, fetcher: Fetcher, target: str) -> None:
    site.answers["/robots.txt"] = leads_to(target)
    for number in range(10):
        site.answers[f"/{number}"] = leads_to(f"/{number + 1}")
    rules = Rules.read(fetcher, site.url)
    assert (rules.allows(site.url + "/a"), rules.note) == (True, "")


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_a_mark_of_its_encoding_is_no_part_of_it(site: Site, fetcher: Fetcher, mark: bytes) -> None:
    site.answers["/robots.txt"] = page(mark + b"User-agent: *\nDisallow: /a")
    assert not Rules.read(fetcher, site.url).allows(site.url + "/a")


def test_500_kibibytes_are_read_and_no_half_line(site: Site, fetcher: Fetcher) -> None:
    start = b"User-agent: *\nDisallow: /a\n#"
    last = b"\nDisallow: /b-and-not-only-the-half"
    filler = b"x" * (500 * 1024 - len(start) - len(last) + 10)
    site.answers["/robots.txt"] = page(start + filler + last + b"\nDisallow: /c\n")
    rules = Rules.read(fetcher, site.url)
    assert [rules.allows(site.url + path) for path in ("/a", "/b-and", "/c")] == [False, True, True]


def test_a_file_without_end_is_read_as_far_as_needed(site: Site, fetcher: Fetcher) -> None:
    def endless(sock: object) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            sock.sendall(chunk(b"User-agent: *\nDisallow: /a\n" * 1_000))

    site.answers["/robots.txt"] = endless
    rules = Rules.read(fetcher, site.url)
    assert (rules.allows(site.url + "/a"), rules.allows(site.url + "/b")) == (False, True)
    assert site.hung_up.wait(60)


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Hello</title><p>User-agent of ours",
        b"\0\xff\xfe" * 1_000,
        b":\n:" * 99,
    ],
)
def test_what_is_no_robots_txt_forbids_nothing(site: Site, fetcher: Fetcher, body: bytes) -> None:
    site.answers["/robots.txt"] = page(body)
    assert Rules.read(fetcher, site.url).allows(site.url + "/a")


def test_the_worst_file_is_matched_in_time_that_grows_with_its_size() -> None:
    """Each pattern is walked once: no combination of stars makes it walk back."""
    stars = "user-agent: *\n" + "disallow: /" + "*a" * 8_000 + "b$\n"
    many = "user-agent: *\n" + "disallow: /*a*b*c\n" * 20_000
    assert allows(stars, "/" + "a" * 1_900) == [True]
    assert allows(many, "/" + "ab" * 900) == [True]
