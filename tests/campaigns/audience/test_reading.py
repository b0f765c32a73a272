"""Lists of recipients are read as they come, each row once, and every bad row says why."""

import pytest

from tests.campaigns.audience.lists import (
    a_campaign,
    bad_rows,
    counts,
    read,
    recipients,
)
from webapp.campaigns.audience import placeholders
from webapp.campaigns.models import SourceState


def test_a_list_becomes_recipients_and_bad_rows(db, queue):
    campaign = a_campaign()
    source = read(
        queue,
        campaign,
        "Name,Phone,E-mail,City\n"
        "Anil,9812345678,anil@example.org,Pune\n"
        "Meera,+91 98123 45679,,\n"
        "Office,+44 20 7946 0958,,London\n"
        "Nobody,,,Delhi\n"
        "Anil again,+919812345678,,Pune\n",
    )

    assert source.state == SourceState.READ
    assert counts(source) == (2, 2, 1, 0)
    anil, meera = recipients(source)
    assert (anil.key, anil.name, anil.email) == ("+919812345678", "Anil", "anil@example.org")
    assert (anil.row, anil.zone, anil.country) == (2, "Asia/Kolkata", "IN")
    assert anil.values == {
        "name": "Anil", "phone": "9812345678", "e_mail": "anil@example.org", "city": "Pune",
        "email": "anil@example.org",
    }  # fmt: skip
    assert meera.values == {"name": "Meera", "phone": "+91 98123 45679"}
    assert [(bad.row, bad.problem) for bad in bad_rows(source)] == [(4, "landline"), (5, "nobody")]
    assert bad_rows(source)[0].cells == ["Office", "+44 20 7946 0958", "", "London"]
    db.session.refresh(campaign)
    assert campaign.total == 2
    assert placeholders(campaign) == ["name", "phone", "e_mail", "city", "email"]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""), ("cp1252", b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_recognised(db, queue, encoding, mark, delimiter):
    rows = [["Name", "Telefon", "Ort"], ["Jürgen Müller", "+4915112345678", "Köln"],
            ["Zoë Weiß", "+4915112345679", "Straße 5"]]  # fmt: skip
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)

    source = read(queue, a_campaign(), mark + text.encode(encoding))

    assert (source.encoding, source.delimiter) == (encoding, delimiter)
    assert counts(source) == (2, 0, 0, 0)
    assert [one.name for one in recipients(source)] == ["Jürgen Müller", "Zoë Weiß"]
    assert recipients(source)[1].values["ort"] == "Straße 5"
