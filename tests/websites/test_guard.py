"""No connection leads to an address that is not public: not for a page, robots.txt or a sitemap."""

import ssl
import threading
from collections.abc import Callable, Iterator

import httpcore
import pytest

from tests.websites.wire import Names, Site, answer, connections, leads_to, page
from webapp.websites import sitemaps
from webapp.websites.addresses import Allowed
from webapp.websites.fetching import Away, Fetcher, Refused
from webapp.websites.guard import Guard, Watch, watched
from webapp.websites.robots import Rules

#: What names lead to, in the only world that these tests know.
WORLD = {
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "localtest.me": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "six.example": ["::1"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "mixed-six.example": ["2606:4700::1111", "fd00:ec2::254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "inside.example": ["10.1.2.3"],
    "localhost": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "printer.local": ["192.168.1.9"],
    "intranet": ["10.0.0.7"],
}

#: {port} is that of a server which is there, on loopback.
TRICKS = [
    "http://127.0.0.1/", "http://127.0.0.1:{port}/", "http://127.255.255.254/", "http://0.0.0.0/",
    "http://0/", "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7F.1/",
    "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://127.0.0.1./",
    "http://１２７.０.０.１/", "http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/",
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b:1::127.0.0.1]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::1]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/", "http://[fec0::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
    "http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://localhost:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/",
    "http://metadata.google.internal/", "http://192.0.0.192/", "http://100.100.100.200/",
    "http://168.63.129.16/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/",
    "http://100.64.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/", "https://127.0.0.1/", "https://[::1]/",
    "http://127.0.0.1.nip.io/", "http://localtest.me./", "http://metadata.example/",
    "http://mapped.example/", "http://six.example/", "http://mixed.example/",
    "http://mixed-six.example/", "http://nat64.example/", "http://inside.example/",
    "http://printer.local/", "http://intranet/",
    "http://example.com@127.0.0.1/", "http://127.0.0.1:{port}@example.com/",
    "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\.example.com/",
    "http://127.0.0.1:{port}#@example.com/", "http://example.com:{port}/", "http://127.0.0.1:6379/",
    "http://127.0.0.1%00.example.com/", "http://127.0.0.1\t/", "http://127.0.0.1 /",
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/",
    "ws://127.0.0.1/", "unix:///tmp/x.sock", "jar:http://127.0.0.1!/",
]  # fmt: skip


def as_page(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(Refused) as refused:
        fetcher.get(url)
    return str(refused.value)


def as_robots(fetcher: Fetcher, url: str) -> str:
    rules = Rules.read(fetcher, url)
    assert not rules.allows(url)
    return rules.note


def as_sitemap(fetcher: Fetcher, url: str) -> str:
    notes: list[str] = []
    assert list(sitemaps.urls(fetcher, [url], note=notes.append)) == []
    return "".join(notes)


READERS = [as_page, as_robots, as_sitemap]
Reader = Callable[[Fetcher, str], str]


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


def world(site: Site | None = None) -> Names:
    names = Names()
    for name, found in WORLD.items():
        names.add(name, found)
    return names


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("reader", READERS)
def test_no_trick_leads_to_a_connection(site: Site, reader: Reader, trick: str) -> None:
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=world()) as fetcher,
    ):
        said = reader(fetcher, trick.format(port=site.port))
    assert said.endswith(".")
    assert opened == []
    assert site.connections == 0


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("reader", READERS)
def test_no_redirect_leads_to_another_connection(site: Site, reader: Reader, trick: str) -> None:
    other = Site()
    target = trick.format(port=other.port)
    if "\t" in target or target.endswith(" /"):
        target = target.replace("\t", "%09").replace(" ", "%20")
    for path in ("/", "/robots.txt"):
        site.answers[path] = leads_to(target)
    names = world()
    names.add("hotel.example", ["127.0.0.1"])
    with (
        connections() as opened,
        Fetcher(
            user_agent="test", find=names, allowed_hosts=[f"hotel.example:{site.port}"]
        ) as fetcher,
    ):
        said = reader(fetcher, f"http://hotel.example:{site.port}/")
    other.close()
    assert said.endswith(".")
    assert opened == [("127.0.0.1", site.port)]
    assert site.connections == 1
    assert other.connections == 0


@pytest.mark.parametrize("reader", READERS)
def test_a_sitemap_or_redirect_over_several_hops_is_checked_at_each(
    site: Site, reader: Reader
) -> None:
    for path in ("/", "/robots.txt"):
        site.answers[path] = leads_to("/a")
    site.answers["/a"] = leads_to(f"//hotel.example:{site.port}/b")
    site.answers["/b"] = leads_to("http://127.0.0.1.nip.io/")
    names = world()
    names.add("hotel.example", ["127.0.0.1"])
    hosts = [site.host, f"hotel.example:{site.port}"]
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=names, allowed_hosts=hosts) as fetcher,
    ):
        said = reader(fetcher, site.url + "/")
    assert "127.0.0.1.nip.io is not on the public internet" in said
    assert opened == [("127.0.0.1", site.port)] * 2


def test_sitemaps_and_indexes_lead_to_no_connection_either(site: Site) -> None:
    inside = "".join(
        f"<sitemap><loc>{trick}</loc></sitemap>" for trick in TRICKS if "&" not in trick
    )
    site.answers["/s"] = page(f"<sitemapindex>{inside}</sitemapindex>".encode())
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=world(), allowed_hosts=[site.host]) as fetcher,
    ):
        assert list(sitemaps.urls(fetcher, [site.url + "/s"])) == []
    assert opened == [("127.0.0.1", site.port)]


def test_a_name_is_asked_for_once_and_that_answer_is_connected_to(site: Site) -> None:
    """Rebinding: whoever answers says something else the second time."""
    site.answers["/"] = page()
    names = Names()
    names.add("hotel.example", [["127.0.0.1"], ["169.254.169.254"]])
    place = f"hotel.example:{site.port}"
    with Fetcher(user_agent="test", find=names, allowed_hosts=[place]) as fetcher:
        assert fetcher.get(f"http://{place}/").status == 200
        assert names.asked == ["hotel.example"]
        assert fetcher.get(f"http://{place}/").status == 200
        assert names.asked == ["hotel.example"]
    assert site.connections == 1


def test_a_connection_that_is_made_anew_is_checked_anew(site: Site) -> None:
    site.answers["/"] = answer(b"Hello", connection="close")
    names = Names()
    names.add("hotel.example", [["127.0.0.1"], ["169.254.169.254"]])
    place = f"hotel.example:{site.port}"
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=names, allowed_hosts=[place]) as fetcher,
    ):
        assert fetcher.get(f"http://{place}/").status == 200
        with pytest.raises(Refused, match="not on the public internet"):
            fetcher.get(f"http://{place}/")
    assert opened == [("127.0.0.1", site.port)]


def test_a_name_that_turns_inside_is_never_connected_to() -> None:
    names = Names()
    names.add("rebind.example", [["127.0.0.1"], ["93.184.215.14"]])
    with connections() as opened, Fetcher(user_agent="test", find=names) as fetcher:
        with pytest.raises(Refused):
            fetcher.get("http://rebind.example/")
        assert names.asked == ["rebind.example"]
    assert opened == []


def test_an_allowed_host_is_allowed_as_it_is_named_and_no_other(site: Site) -> None:
    site.answers["/"] = page()
    other = Site()
    names = Names(hotel_example=["127.0.0.1"])
    with Fetcher(user_agent="test", find=names, allowed_hosts=[site.host]) as fetcher:
        assert fetcher.get(site.url).status == 200
        for url in (other.url, f"http://hotel.example:{site.port}/", f"http://127.1:{site.port}/"):
            with pytest.raises(Refused):
                fetcher.get(url)
    other.close()
    assert (site.connections, other.connections) == (1, 0)


def test_not_even_an_allowed_name_leads_to_metadata() -> None:
    names = Names(intranet_example=["169.254.169.254"])
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=names, allowed_hosts=["intranet.example"]) as fetcher,
        pytest.raises(Refused, match="not on the public internet"),
    ):
        fetcher.get("http://intranet.example/")
    assert opened == []


def test_no_proxy_of_the_environment_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Site()
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    site.answers["/"] = page()
    with Fetcher(user_agent="test", allowed_hosts=[site.host]) as fetcher:
        assert fetcher.get(site.url).status == 200
        with pytest.raises(Refused):
            fetcher.get("http://10.0.0.1/")
    proxy.close()
    assert proxy.connections == 0


def test_no_socket_of_this_machine_is_opened() -> None:
    with pytest.raises(Refused):
        Guard(Allowed()).connect_unix_socket("/var/run/docker.sock")


def test_the_guard_checks_by_itself_even_when_nobody_did_before() -> None:
    guard = Guard(Allowed(), world())
    with connections() as opened, watched(Watch(30)):
        for host, port in [("127.0.0.1", 80), ("2130706433", 80), ("intranet", 80), ("1.1.1.1", 25),
                           ("mixed.example", 443), ("metadata.google.internal", 80)]:  # fmt: skip
            with pytest.raises(Refused):
                guard.connect_tcp(host, port)
    assert opened == []


def test_a_name_that_is_not_known_is_away() -> None:
    with Fetcher(user_agent="test", find=Names(empty_example=[])) as fetcher:
        for name in ("unknown.example", "empty.example"):
            with pytest.raises(Away, match=f"The name {name} is not known."):
                fetcher.get(f"https://{name}/")


def test_whoever_knows_names_may_hang_but_not_us() -> None:
    """The thread that asks is left behind; the job goes on, and hears meanwhile that it is alive."""
    hanging, told = threading.Event(), []

    def find(_name: str) -> list[str]:
        hanging.wait()
        return ["93.184.215.14"]

    with (
        Fetcher(user_agent="test", find=find) as fetcher,
        pytest.raises(Away, match="had not answered in full after 1 seconds"),
    ):
        fetcher.get("http://slow.example/", alive=lambda: told.append(1), seconds=1)
    hanging.set()
    assert told


def test_the_next_address_is_tried_when_one_does_not_answer(site: Site) -> None:
    site.answers["/"] = page()
    names = Names(hotel_example=["127.0.0.2", "127.0.0.1"])
    place = f"hotel.example:{site.port}"
    with (
        connections() as opened,
        Fetcher(user_agent="test", find=names, allowed_hosts=[place]) as fetcher,
    ):
        assert fetcher.get(f"http://{place}/").status == 200
    assert opened == [("127.0.0.2", site.port), ("127.0.0.1", site.port)]


def test_a_port_at_which_nobody_listens_is_away(site: Site) -> None:
    site.close()
    with (
        Fetcher(user_agent="test", allowed_hosts=[site.host]) as fetcher,
        pytest.raises(Away, match=r"127\.0\.0\.1 does not answer: connection refused\."),
    ):
        fetcher.get(site.url)


def test_httpcore_still_asks_the_guard_for_each_connection() -> None:
    """What all this stands on: should a release of httpcore no longer do so, this fails."""
    with (
        httpcore.ConnectionPool(
            network_backend=Guard(Allowed()), ssl_context=ssl.create_default_context()
        ) as pool,
        watched(Watch(30)),
        pytest.raises(Refused),
    ):
        pool.request("GET", "http://127.0.0.1/")
