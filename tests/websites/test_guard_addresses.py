"""What is a public address, and what is an address at all."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.websites.addresses import Allowed, Refused, inside, parsed, public

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
    "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
    "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
    "223.255.255.255", "168.63.129.15", "2606:4700::1111", "2a00:1450:4001::200e", "2001:200::1",
    "2003::1", "2001:4860:4860::8888", "2606:4700::5efe:808:808",
]  # fmt: skip

NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1",
    "2001::1", "2001:0:53aa:64c::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::", "2002:808:808::", "3fff::1", "4000::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1",
    "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_it_is_public(address: str) -> None:
    assert public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_it_is_not_public(address: str) -> None:
    assert not public(ipaddress.ip_address(address))


@settings(deadline=None, derandomize=True)
@given(st.ip_addresses())
def test_what_python_calls_not_global_is_never_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = address.is_multicast or address.is_loopback or address.is_link_local
    if not address.is_global or special or address.is_unspecified:
        assert not public(address)


@settings(deadline=None, derandomize=True)
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_inside_of_an_ipv6_address_is_taken_for_a_host(
    four: ipaddress.IPv4Address,
) -> None:
    number = int(four)
    for six in (
        number,
        0xFFFF << 32 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80,
    ):
        assert not public(ipaddress.IPv6Address(six))


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "fd12::1", "::1", "8.8.8.8"])
def test_an_allowed_name_may_lead_inside(address: str) -> None:
    assert inside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "0.0.0.0",
     "fe80::1", "168.63.129.16", "64:ff9b::7f00:1", "255.255.255.255"],
)  # fmt: skip
def test_not_even_an_allowed_name_may_lead_to_where_clouds_tell_secrets(address: str) -> None:
    assert not inside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        (" https://example.com:443/a#b ", "https://example.com/a"),
        ("http://example.com.:80/?q=1", "http://example.com/?q=1"),
        ("http://bücher.example/ä ö", "http://xn--bcher-kva.example/%C3%A4%20%C3%B6"),
        ("http://my_host.example/", "http://my_host.example/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://intranet:8080/x", "http://intranet:8080/x"),
    ],
)
def test_an_address_is_written_in_one_way(typed: str, written: str) -> None:
    assert str(parsed(typed, Allowed(["intranet:8080"]))) == written


@pytest.mark.parametrize(
    "typed",
    [
        "", "example.com", "/path", "//example.com/", "http://", "http:///x", "http:example.com",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)",
        "data:text/html,x", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "http://ada@example.com/", "http://ada:secret@example.com/", "http://:@example.com/",
        "http://example.com:22/", "http://example.com:8080/", "http://example.com:99999/",
        "http://example.com:x/", "http://exa mple.com/", "http://exam\nple.com/", "http://%6c%6f/",
        "http://example..com/", "http://.example.com/", "http://1.2.3.256/", "http://1.2.3.4.5/",
        "http://[::1", "http://[fe80::1%25eth0]/", "http://[1.2.3.4]/", "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 130 + "com/", "http://example.com/" + "a" * 2_000, "http://\u202eexample.com/",
        "http://example.com\\@127.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_website_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(Refused, match=r"^[“ATP].*\.$"):
        parsed(typed, Allowed())


@settings(deadline=None, derandomize=True)
@given(st.text() | st.text().map("http://".__add__) | st.text().map("http://a.b/".__add__))
def test_any_text_is_an_address_or_refused(typed: str) -> None:
    try:
        written = str(parsed(typed, Allowed()))
    except Refused:
        return
    assert str(parsed(written, Allowed())) == written


@pytest.mark.parametrize(
    "name", ["http://intranet", "a b", "2130706433", "10.0.0.1:x", "a:1:2", ""]
)
def test_a_setting_that_names_no_host_says_so(name: str) -> None:
    with pytest.raises(Refused, match="WEBSITE_PRIVATE_HOSTS names"):
        Allowed([name])


def test_a_host_is_allowed_at_the_ports_of_websites_or_at_the_one_that_is_named() -> None:
    allowed = Allowed(["Intranet.example.", "10.0.0.1:8000", "[::1]:9000", "[fd12::0:1]", "::2"])
    assert allowed.places == {
        ("intranet.example", 80), ("intranet.example", 443), ("10.0.0.1", 8000), ("::1", 9000),
        ("fd12::1", 80), ("fd12::1", 443), ("::2", 80), ("::2", 443),
    }  # fmt: skip
