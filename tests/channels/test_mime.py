import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from webapp.messages.channels import Channel, MailServer, Parcel
from webapp.messages.channels.mime import CONTROL, write_letter

SERVER = MailServer(
    host="localhost", port=25, sender="Salon <desk@example.org>", message_id_domain="example.org"
)
strange = some.text(
    some.one_of(some.sampled_from("aa .=\t\n\r-_äक✓"), some.characters(exclude_categories=["Cs"])),
    max_size=300,
)
PARCEL = Parcel(
    ref="msg-1", channel=Channel.EMAIL, address="asha@example.com", subject="Booked", text="Hello"
)


def read(parcel: Parcel, server: MailServer = SERVER) -> EmailMessage:
    """Write a mail and read it with the standard library, which knows nothing of our policy."""
    content = write_letter(parcel, server).content
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert content.endswith(b"\r\n")
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    return message_from_bytes(content, policy=policy.default)


def test_a_mail_says_who_when_and_which() -> None:
    mail = read(PARCEL)
    assert mail["From"] == "Salon <desk@example.org>"
    assert mail["To"] == "asha@example.com"
    assert mail["Message-ID"] == "<msg-1@example.org>"
    assert parsedate_to_datetime(mail["Date"]).year >= 2025
    assert mail["MIME-Version"] == "1.0"
    assert [key for key in mail if mail.get_all(key) != [mail[key]]] == []
    assert mail.get_content() == "Hello\r\n"


def test_text_and_html_are_alternatives_of_one_mail() -> None:
    mail = read(replace(PARCEL, html="<p>Hello ✓</p>"))
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert text is not None
    assert html is not None
    assert text.get_content() == "Hello\r\n"
    assert html.get_content() == "<p>Hello ✓</p>\r\n"


@pytest.mark.parametrize(
    "subject",
    [
        "Booked",
        "",
        "Zoë ✓ आपकी बुकिंग की पुष्टि हो गई है",
        "A long subject " * 20,
        "एक लंबा विषय " * 20,
        "x" * 900,
        "Wörter" * 100,
    ],
)
def test_every_subject_arrives_as_it_was_written(subject: str) -> None:
    found = read(replace(PARCEL, subject=subject))["Subject"]
    assert " ".join(found.split()) == " ".join(subject.split())


@pytest.mark.parametrize(
    "name",
    [
        'Zoë\'s "Salon"',
        "Salon, Spa; & more: <3",
        "美容院",
        "A very long name of a salon " * 5,
        "Ünicode " * 20,
    ],
)
def test_every_name_of_a_sender_arrives_as_it_was_written(name: str) -> None:
    quoted = name.strip().replace("\\", "\\\\").replace('"', '\\"')
    server = replace(SERVER, sender=f'"{quoted}" <desk@example.org>')
    # Not by the newer parser: it puts spaces between the encoded words of a name (RFC 2047, 6.2).
    found = message_from_bytes(write_letter(PARCEL, server).content)["From"]
    encoded, address = parseaddr(found)
    assert (str(make_header(decode_header(encoded))), address) == (name.strip(), "desk@example.org")


@pytest.mark.parametrize(
    "text",
    ["", "\n", ".", "..\n.\n", "From me\n", "x" * 5000, "ä" * 5000, "a\r\nb\rc\nd", "trailing "],
)
def test_every_text_arrives_as_it_was_written(text: str) -> None:
    found = read(replace(PARCEL, text=text)).get_content()
    assert found.splitlines() == (text.splitlines() or [""])


@given(text=strange, subject=strange)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_is_written_is_read_by_the_standard_library(text: str, subject: str) -> None:
    subject = CONTROL.sub("", subject)
    mail = read(replace(PARCEL, text=text, html=f"<p>{text}", subject=subject))
    body = mail.get_body(["plain"])
    assert body is not None
    assert body.get_payload(decode=True) == as_sent(text)
    assert " ".join(mail["Subject"].split()) == " ".join(subject.split())
    for line in write_letter(replace(PARCEL, text=text), SERVER).content.split(b"\r\n"):
        assert len(line) <= 78
        assert line == line.rstrip()


def as_sent(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return (lines + "\n").replace("\n", "\r\n").encode()


def test_only_a_mail_of_ours_says_that_it_was_made_by_a_program() -> None:
    assert read(PARCEL)["Auto-Submitted"] == "auto-generated"
    assert read(replace(PARCEL, category="conversation"))["Auto-Submitted"] is None
    assert read(replace(PARCEL, category="campaign"))["Auto-Submitted"] is None


def test_a_campaign_can_be_left_with_one_click() -> None:
    url = "https://desk.example.org/unsubscribe/" + "t" * 120
    mail = read(replace(PARCEL, category="campaign", unsubscribe_url=url))
    assert mail["List-Unsubscribe"] == f"<{url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_text_that_speaks_of_boundaries_does_not_end_its_part() -> None:
    first = write_letter(replace(PARCEL, html="<p>"), SERVER).content
    boundary = re.search(rb'boundary="([^"]+)"', first)
    assert boundary is not None
    mail = read(replace(PARCEL, text=f"--{boundary[1].decode()}--\nstill here", html="<p>"))
    text = mail.get_body(["plain"])
    assert text is not None
    assert "still here" in text.get_content()


def test_two_copies_of_a_mail_carry_the_same_message_id() -> None:
    assert read(PARCEL)["Message-ID"] == read(replace(PARCEL, attempt=2))["Message-ID"]
