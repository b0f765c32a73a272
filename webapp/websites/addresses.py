"""Which addresses belong to the public internet, and which hosts may be asked for at all.

``ipaddress.is_global`` is no answer: of what it calls global, some leads back inside (NAT64, 6to4,
Teredo, IPv4-compatible), is no host (multicast), or belongs to the provider of the machine.
"""

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpx

Address = IPv4Address | IPv6Address

#: No public unicast: the special-purpose registry of IANA (RFC 6890) and what has come since.
NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host on this network, RFC 1122 3.2.1.3; Linux connects to itself
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # behind a provider's NAT, RFC 6598; metadata of Alibaba 100.100.100.200
        "127.0.0.0/8",  # loopback, RFC 1122 3.2.1.3
        "169.254.0.0/16",  # link-local, RFC 3927; metadata of most clouds 169.254.169.254
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890 2.1; metadata of Oracle 192.0.0.192
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112 4, and broadcast, RFC 919
        "168.63.129.16/32",  # the host under each virtual machine of Azure
    )
)

#: All of IPv6 that is given out as public unicast (RFC 4291 2.4, IANA); what lies outside is not:
#: :: and ::1, ::a.b.c.d, ::ffff:a.b.c.d, 64:ff9b::/96 and 64:ff9b:1::/48 (NAT64, RFC 6052, 8215),
#: 100::/64 (discard, RFC 6666), 5f00::/16 (SRv6, RFC 9602), fc00::/7 (RFC 4193), fe80::/10,
#: fec0::/10 (RFC 3879), ff00::/8.
PUBLIC_6 = IPv6Network("2000::/3")

#: And what is not, inside of it.
NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928: Teredo (RFC 4380), ORCHID (RFC 7343), …
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: carries an IPv4 address of any kind
        "3fff::/20",  # documentation, RFC 9637
    )
)

#: What a name that the operator allowed may lead to, although it is not public.
INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)

#: Where machines in clouds are told their secrets: not even an allowed name may lead there.
METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.100.100.200/32",  # Alibaba
        "fd00:ec2::/32",  # Amazon
        "fd20:ce::/32",  # Google
    )
)

#: The 32 bits before an embedded IPv4 address that mean ISATAP (RFC 5214 6.1).
ISATAP = (0x00005EFE, 0x02005EFE)

PORTS = {"http": 80, "https": 443}

#: Never a public website: RFC 6761 (localhost), RFC 6762 (local), ICANN's decision of 2024
#: (internal: metadata.google.internal), RFC 8375 (home.arpa).
NAMES_INSIDE = (".localhost", ".local", ".internal", ".home.arpa", ".localdomain")

LONGEST = 2_000


class Refused(Exception):
    """This is not fetched, now or later; the text says to people why."""


def public(address: Address) -> bool:
    """Tell whether this is one host of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    if address.scope_id or address not in PUBLIC_6:
        return False
    if any(address in network for network in NOT_PUBLIC_6):
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return public(IPv4Address(int(address) & 0xFFFFFFFF))
    return True


def inside(address: Address) -> bool:
    """Tell whether a name that the operator allowed may lead there."""
    if any(address in network for network in METADATA):
        return False
    return public(address) or any(address in network for network in INSIDE)


class Allowed:
    """The hosts that the operator named, as ``host`` or ``host:port``; ``[::1]:8000`` is a host.

    A host without a port is allowed at 80 and 443. Ports beside these need to be named, for public
    hosts as well.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.places: set[tuple[str, int]] = set()
        for name in names:
            try:
                self.places |= self._read(name.strip().lower())
            except Refused:
                raise Refused(
                    f"WEBSITE_PRIVATE_HOSTS names “{name}”, which is neither host nor host:port."
                ) from None

    @staticmethod
    def _read(name: str) -> set[tuple[str, int]]:
        match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})", name)
        if match:
            return {(host_of(match[1] or match[2]), int(match[3]))}
        host = host_of(name.removeprefix("[").removesuffix("]"))
        return {(host, port) for port in PORTS.values()}

    def __contains__(self, place: tuple[str, int]) -> bool:
        return place in self.places


def number(host: str) -> Address | None:
    """Return the address that a host is written as; None for a name.

    Raises Refused for what is neither: the forms of ``inet_aton`` (2130706433, 0x7f.1, 0177.0.0.1)
    that resolvers still take, and addresses with a zone (fe80::1%eth0, RFC 6874).
    """
    kind: type[Address] | None = None
    if ":" in host or "%" in host:
        kind = IPv6Address
    elif re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", host.rpartition(".")[2]):
        kind = IPv4Address
    if kind is None:
        return None
    try:
        address = kind(host)
    except ValueError:
        raise odd(host) from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise odd(host)
    return address


def odd(host: str) -> Refused:
    """Return the refusal of what is neither a name nor a number."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in host[:100])
    return Refused(f"“{shown}” is not the address of a website.")


def host_of(host: str) -> str:
    """Return the one way in which a host is written: no dot at its end, numbers as they are.

    ``host`` is ASCII already (international names as ``xn--…``). Raises Refused when it is neither
    a name nor a number.
    """
    host = host.lower().removesuffix(".")
    address = number(host)
    if address is not None:
        return str(address)
    if len(host) > 253 or not re.fullmatch(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", host):
        raise odd(host)
    return host


def parsed(url: str, allowed: Allowed) -> httpx.URL:
    """Return an address that may be asked for, its host written in the one way, without fragment.

    Says nothing of where its name leads: that is seen when the connection is opened. Raises
    Refused: not http(s), with a name and password, another port, or no address at all.
    """
    try:
        read = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        raise odd(url) from None
    if read.scheme not in PORTS or not read.raw_host:
        raise Refused("An address of a website starts with http:// or https://.")
    if read.userinfo:
        raise Refused("The address holds a name or password; these are never sent.")
    if len(str(read)) > LONGEST:
        raise Refused(f"The address is longer than {LONGEST:,} characters.")
    host = host_of(read.raw_host.decode("ascii"))
    port = read.port or PORTS[read.scheme]
    if port not in PORTS.values() and (host, port) not in allowed:
        raise Refused(f"Port {port} is not one of a public website: only 80 and 443 are asked.")
    place = f"[{host}]" if ":" in host else host
    if read.port:
        place += f":{read.port}"
    written = f"{read.scheme}://{place}{read.raw_path.decode('ascii')}"
    return read if written == str(read) else httpx.URL(written)


def check_name(host: str, port: int, allowed: Allowed) -> None:
    """Refuse names that are never public, before anybody is asked where they lead."""
    if (host, port) in allowed or number(host) is not None:
        return
    if "." not in host or host.endswith(NAMES_INSIDE):
        raise Refused(f"{host} is not on the public internet, so it is not fetched.")


def check_addresses(host: str, port: int, found: Iterable[Address], allowed: Allowed) -> None:
    """Refuse a host when any of the addresses that its name leads to is not public.

    A name that the operator allowed may lead inside, yet not to metadata or link-local addresses;
    an allowed number is what it says.
    """
    for address in found:
        named = (host, port) in allowed and (str(address) == host or inside(address))
        if not named and not public(address):
            raise Refused(f"{host} is not on the public internet, so it is not fetched.")
