"""Phone numbers and addresses as people type them, and in the one form in which we keep them."""

from typing import NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from webapp.extensions import settings


def one_line(text: str | None) -> str:
    """Take out what cannot be seen, and the spaces around the rest."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())


class NotAContact(ValueError):
    """What was typed cannot be a phone number or an address; the text says it to the person."""


class Contact(NamedTuple):
    """Who somebody is and how to reach them; the phone in E.164, the address normalised."""

    name: str
    phone: str | None
    email: str | None


def parse_phone(typed: str) -> str:
    """Return the number in E.164; its country is PHONE_REGION unless said. Raises NotAContact."""
    region = settings().phone_region
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        raise NotAContact(
            f"This is not a phone number. Write it such as {_example(region)}."
        ) from None
    if not phonenumbers.is_valid_number(number):
        raise NotAContact(f"This number cannot be right. Write it such as {_example(region)}.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def parse_email(typed: str) -> str:
    """Return the address normalised, without asking its domain. Raises NotAContact."""
    try:
        address = validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise NotAContact(
            "This is not an e-mail address. Write it such as name@example.org."
        ) from None
    if len(address) > 254:
        raise NotAContact("This e-mail address is too long.")
    return address.lower()


def _example(region: str) -> str:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return "+44 7400 123456"
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
