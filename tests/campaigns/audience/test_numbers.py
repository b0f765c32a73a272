"""Numbers are read as lists hold them, and each that cannot be used says why."""

import pytest

from webapp.campaigns.audience.numbers import read_number
from webapp.campaigns.audience.problems import PROBLEMS, Refused


@pytest.mark.parametrize(
    ("typed", "kept", "country", "zone"),
    [
        ("9812345678", "+919812345678", "IN", "Asia/Kolkata"),
        ("098123 45678", "+919812345678", "IN", "Asia/Kolkata"),
        ("'+91 (98123) 45.678", "+919812345678", "IN", "Asia/Kolkata"),
        ("\u202a+91 98123 45678\u202c", "+919812345678", "IN", "Asia/Kolkata"),
        ("919812345678", "+919812345678", "IN", "Asia/Kolkata"),
        ("919812345678.0", "+919812345678", "IN", "Asia/Kolkata"),
        ("9.19812345678E+11", "+919812345678", "IN", "Asia/Kolkata"),
        ("9,19812345678e11", "+919812345678", "IN", "Asia/Kolkata"),
        ("0044 7400 123456", "+447400123456", "GB", "Europe/London"),
        ("447400123456", "+447400123456", "GB", "Europe/London"),
        ("+1 212-555-0123", "+12125550123", "US", "America/New_York"),
        ("+491511 2345678", "+4915112345678", "DE", "Europe/Berlin"),
        ("+243812345678", "+243812345678", "CD", None),
        ("+882161234567890", "+882161234567890", None, None),
    ],
)
def test_a_number_is_kept_in_one_form(typed, kept, country, zone):
    assert read_number(typed, "IN") == (kept, country, zone)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("9.19E+11", "phone_shortened"), ("9,19812E+11", "phone_shortened"),
        ("hello", "phone_unreadable"), ("=cmd()", "phone_unreadable"), ("", "phone_unreadable"),
        ("1" * 61, "phone_unreadable"), ("12", "phone_short"), ("+1", "phone_unreadable"),
        ("+919812", "phone_short"), ("+9198123456789012345", "phone_long"),
        ("+999123456789", "phone_country"), ("+447400", "phone_short"),
        ("+910000000000", "phone_wrong"), ("+44 20 7946 0958", "landline"),
        ("020 2612 2345", "landline"), ("1800 123 456", "phone_kind"), ("+1 900 234 5678", "phone_kind"),
    ],
)  # fmt: skip
def test_a_number_that_cannot_be_used_says_why(typed, code):
    with pytest.raises(Refused) as problem:
        read_number(typed, "IN")

    assert problem.value.code == code
    assert code in PROBLEMS
    assert str(problem.value).endswith(".")


def test_how_to_mend_a_number_that_a_spreadsheet_has_shortened_is_told():
    with pytest.raises(Refused, match="Format the column as text"):
        read_number("9.19E+11", "IN")


def test_without_a_country_a_number_needs_its_own():
    with pytest.raises(Refused):
        read_number("9812345678", None)
    assert read_number("919812345678", None).country == "IN"
