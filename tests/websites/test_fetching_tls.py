"""Encrypted pages: the name is proven, although the connection goes to an address."""

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.websites.wire import Names, Site, page
from webapp.websites.fetching import Away, Fetcher, trusting

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """Whoever signs certificates, trusted by nobody but these tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        built = self._begin(self.name, self.key, NOW + DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = built.sign(self.key, hashes.SHA256())

    def _begin(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(until)
        )

    def trusted(self) -> ssl.SSLContext:
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        return ssl.create_default_context(cadata=pem.decode())

    def server(self, *names: str, until: datetime.datetime = NOW + DAY) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._begin(x509.Name([]), key, until)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=True
            )
            .sign(self.key, hashes.SHA256())
        )
        pem = self.folder / "server.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    found: list[Site] = []
    yield found
    for site in found:
        site.close()


def fetch(site: Site, tls: ssl.SSLContext | None, host: str = "hotel.example") -> bytes:
    site.answers["/"] = page(b"x" * 100_000)
    place = f"{host}:{site.port}"
    names = Names()
    names.add(host, ["127.0.0.1"])
    with Fetcher(user_agent="test", find=names, allowed_hosts=[place], tls=tls) as fetcher:
        fetcher.get(f"https://{place}/")
        return fetcher.get(f"https://{place}/").body


def test_the_name_is_asked_for_and_proven(authority: Authority, sites: list[Site]) -> None:
    asked: list[str | None] = []
    context = authority.server("hotel.example", "*.inns.example")
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    sites.append(Site(tls=context))
    assert fetch(sites[0], authority.trusted()) == b"x" * 100_000
    assert fetch(sites[0], authority.trusted(), "red.inns.example") == b"x" * 100_000
    assert asked == ["hotel.example", "red.inns.example"]
    assert sites[0].connections == 2, "each page came over the connection of the first"
    assert {headers["host"] for _, headers in sites[0].asked} == {
        f"hotel.example:{sites[0].port}", f"red.inns.example:{sites[0].port}",
    }  # fmt: skip


def test_a_certificate_for_another_name_is_no_proof(
    authority: Authority, sites: list[Site]
) -> None:
    sites.append(Site(tls=authority.server("other.example")))
    with pytest.raises(Away, match=r"No safe connection to hotel\.example: Hostname mismatch"):
        fetch(sites[0], authority.trusted())
    assert sites[0].asked == []


def test_a_certificate_that_is_over_is_no_proof(authority: Authority, sites: list[Site]) -> None:
    sites.append(Site(tls=authority.server("hotel.example", until=NOW - DAY)))
    with pytest.raises(Away, match="certificate has expired"):
        fetch(sites[0], authority.trusted())
    assert sites[0].asked == []


def test_an_authority_that_nobody_knows_is_no_proof(
    authority: Authority, sites: list[Site]
) -> None:
    sites.append(Site(tls=authority.server("hotel.example")))
    with pytest.raises(Away, match=r"No safe connection to hotel\.example: "):
        fetch(sites[0], None)
    assert sites[0].asked == []


def test_browsers_authorities_are_trusted_and_names_are_checked() -> None:
    context = trusting()
    assert len(context.get_ca_certs()) > 50
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_website_that_speaks_no_tls_is_away(sites: list[Site]) -> None:
    sites.append(Site())
    with pytest.raises(Away, match=r"No safe connection|no web page|connection broke"):
        fetch(sites[0], None)


def test_a_website_that_never_ends_its_greeting_is_away(sites: list[Site]) -> None:
    """It takes the connection, and says nothing at all."""
    told: list[int] = []
    silent = Site()
    silent.silent = True
    sites.append(silent)
    names = Names(hotel_example=["127.0.0.1"])
    place = f"hotel.example:{silent.port}"
    with (
        Fetcher(user_agent="test", find=names, allowed_hosts=[place]) as fetcher,
        pytest.raises(Away, match="had not answered in full"),
    ):
        fetcher.get(f"https://{place}/", seconds=0.6, alive=lambda: told.append(1))
    assert told
