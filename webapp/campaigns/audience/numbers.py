"""A telephone number as lists hold it: read once, with its kind, country and time zone."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult
from phonenumbers.timezone import time_zones_for_geographical_number
from phonenumbers.tzdata import TIMEZONE_DATA

from webapp.campaigns.audience.problems import Refused
from webapp.clock import now

#: Numbers that get text messages. Where the plan of a country does not tell (USA), it may be one.
REACHED = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
#: What the data of telephone numbers still calls by an old name.
RENAMED = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
}
#: How a spreadsheet shows a long number: 9.19812E+11, or 9,19812E+11 where a comma is the point.
SCIENTIFIC = re.compile(r"([1-9])(?:[.,](\d+))?[eE]\+?(\d{1,2})")
#: What programs leave behind a whole number: 919812345678.0
POINT_ZERO = re.compile(r"(\d{7,})[.,]0+")
PLAIN = re.compile(r"\+\d{8,15}")
LONGEST = 60  # characters; what is longer is a text
MANY_DIGITS = 11  # from so many on, a number without + may hold its country


class Number(NamedTuple):
    """A number that gets messages."""

    e164: str
    country: str | None
    zone: str | None


def read_number(typed: str, region: str | None) -> Number:
    """Return the number with its country and zone; ``region`` is that of numbers without +.

    Raises Refused with the reason.
    """
    written = typed if PLAIN.fullmatch(typed) else _tidied(typed)
    number, kind = _parsed(written, region)
    if kind not in REACHED:
        _refuse(number, kind)
    national = phonenumbers.national_significant_number(number)
    e164 = f"+{number.country_code}{national}"
    country = phonenumbers.region_code_for_number(number)
    # Satellites and the like have "001".
    return Number(e164, country if country and len(country) == len("IN") else None, _zone(number))


def _tidied(typed: str) -> str:
    """Return what is meant by what spreadsheets and people make of a number."""
    text = typed.strip().lstrip("'`´’").strip()
    if len(text) > LONGEST:
        raise Refused("phone_unreadable", "This is a text and not a telephone number.")
    if shown := SCIENTIFIC.fullmatch(text):
        return _exact(text, *shown.groups())
    if whole := POINT_ZERO.fullmatch(text):
        return whole[1]
    return f"+{text[2:]}" if text.startswith("00") else text


def _exact(text: str, first: str, rest: str | None, power: str) -> str:
    digits = first + (rest or "")
    if len(digits) != int(power) + 1:
        raise Refused(
            "phone_shortened",
            f"A spreadsheet shortened this number to {text}, and its last digits are lost. "
            "Format the column as text there, enter the numbers anew, and save the file again.",
        )
    return digits


def _parsed(written: str, region: str | None) -> tuple[Any, int]:
    try:
        number = phonenumbers.parse(written, region)
        kind = phonenumbers.number_type(number)
    except NumberParseException as error:
        number, kind, problem = None, PhoneNumberType.UNKNOWN, error
    if kind == PhoneNumberType.UNKNOWN and (abroad := _with_plus(written)) is not None:
        return abroad, phonenumbers.number_type(abroad)
    if number is None:
        _refuse_unparsed(problem)
    return number, kind


def _with_plus(written: str) -> Any:
    """Read a number with its country but without +, which spreadsheets take away; None if it is none."""
    digits = re.sub(r"[\s().-]", "", written)
    if not digits.isdecimal() or len(digits) < MANY_DIGITS:
        return None
    try:
        number = phonenumbers.parse(f"+{digits}")
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _refuse_unparsed(problem: NumberParseException) -> None:
    kinds = NumberParseException
    if problem.error_type == kinds.INVALID_COUNTRY_CODE:
        raise Refused("phone_country", "No country has the code with which this number begins.")
    if problem.error_type == kinds.TOO_LONG:
        raise Refused("phone_long", "This number has too many digits.")
    if problem.error_type in {kinds.TOO_SHORT_NSN, kinds.TOO_SHORT_AFTER_IDD}:
        raise Refused("phone_short", "This number has too few digits.")
    raise Refused("phone_unreadable", "This is not a telephone number.")


def _refuse(number: Any, kind: int) -> None:
    if kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.UAN}:
        raise Refused("landline", "This is a landline, which gets no SMS and no WhatsApp.")
    if kind != PhoneNumberType.UNKNOWN:
        raise Refused("phone_kind", "This is a service number, which gets no messages.")
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in {ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY}:
        raise Refused("phone_short", "This number has too few digits.")
    if reason == ValidationResult.TOO_LONG:
        raise Refused("phone_long", "This number has too many digits.")
    if reason == ValidationResult.INVALID_COUNTRY_CODE:
        raise Refused("phone_country", "No country has the code with which this number begins.")
    raise Refused("phone_wrong", "No number of that country looks like this.")


def _zone(number: Any) -> str | None:
    """Return the zone if the number tells one clock."""
    zone = _one_clock(tuple(TIMEZONE_DATA.get(str(number.country_code), ())))
    return zone or _one_clock(tuple(time_zones_for_geographical_number(number)))


@lru_cache(maxsize=1000)
def _one_clock(zones: tuple[str, ...]) -> str | None:
    """Return a zone when all of them show the same time in winter and in summer."""
    days = (datetime(now().year, 1, 15, tzinfo=UTC), datetime(now().year, 7, 15, tzinfo=UTC))
    known = [zone for zone in zones if zone in available_timezones()]
    clocks = {tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in days) for zone in known}
    return RENAMED.get(known[-1], known[-1]) if len(clocks) == 1 else None
