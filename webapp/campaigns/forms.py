"""What is typed about a campaign."""

import re
from collections.abc import Sequence
from datetime import date
from datetime import time as clock_time
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from webapp.campaigns import prices
from webapp.customers.contacts import one_line
from webapp.customers.forms import KnownZone, email_field, phone_field
from webapp.fields import ReadField, SelectChoice
from webapp.messages.channels import Channel
from webapp.messages.stopping import NAMES
from webapp.services.money import CURRENCIES

MOST_A_MINUTE = 1_000_000
COUNTRY = re.compile(r"[A-Z]{2}|\*")
NOT_A_DAY = "Write the day such as 2026-11-23."
NOT_A_TIME = "Write the time such as 09:30."


class Day(DateField):
    """A day, with a sentence of ours for what is none."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read what was typed. Raises ValueError."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NOT_A_DAY) from None


class Clock(TimeField):
    """A time of day, with a sentence of ours for what is none."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read what was typed. Raises ValueError."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NOT_A_TIME) from None


class NameForm(Form):
    """A campaign's name, for the desk."""

    name = StringField(
        "Name",
        [DataRequired("A name is needed."), Length(max=100, message="At most 100 characters.")],
        filters=[one_line],
    )


class TestForm(Form):
    """Where a test goes."""

    phone = phone_field()
    email = email_field()

    def wanted(self, order: Sequence[Channel]) -> dict[Channel, str]:
        """Return the address for each channel that can be tried."""
        phone, email = (getattr(self[name], "parsed", None) for name in ("phone", "email"))
        found = {channel: email if channel == Channel.EMAIL else phone for channel in order}
        return {channel: address for channel, address in found.items() if address}

    def say_what_is_missing(self) -> None:
        """Ask for an address where none was typed."""
        if not self.errors:
            self.phone.errors = ["Type your own number, or the address below, to get a test."]

    def refuse(self, channel: Channel, sentence: str) -> None:
        """Say why this recipient's text cannot be sent."""
        field = self.email if channel == Channel.EMAIL else self.phone
        field.errors = [f"{NAMES[channel]}: {sentence}"]


class QuietForm(Form):
    """When recipients are left in peace."""

    on = BooleanField("Keep quiet hours, by each recipient's own clock")
    begin = Clock("From")
    end = Clock("Until")

    def validate_begin(self, field: Any) -> None:
        """Ask for both times while the quiet hours are on."""
        if self.on.data and field.data is None:
            raise ValidationError(NOT_A_TIME)

    def validate_end(self, field: Any) -> None:
        if not self.on.data:
            return
        if field.data is None:
            raise ValidationError(NOT_A_TIME)
        if field.data == self.begin.data:
            raise ValidationError("The quiet hours would never end. Choose another time.")

    def values(self) -> tuple[str | None, str | None]:
        """Return the two times of day as they are stored; None when it is switched off."""
        if not self.on.data:
            return None, None
        return _stored(self.begin.data), _stored(self.end.data)


def _stored(clock: clock_time | None) -> str | None:
    return f"{clock:%H:%M}" if clock else None


class RateForm(Form):
    """How many messages may leave by a channel in a minute."""

    per_minute = IntegerField(
        "Messages a minute",
        [
            InputRequired("A whole number; 0 for as fast as the provider can."),
            NumberRange(0, MOST_A_MINUTE, message=f"A whole number from 0 to {MOST_A_MINUTE:,}."),
        ],
    )


class StartForm(Form):
    """When it starts, and on whose clock."""

    day = Day("Day", [InputRequired(NOT_A_DAY)])
    time = Clock("Time", [InputRequired(NOT_A_TIME)])
    zone = StringField("Time zone", [KnownZone()], filters=[one_line])

    @property
    def when(self) -> tuple[date, clock_time, str]:
        """What was typed; only to be asked once it is valid."""
        return self.day.data, self.time.data, self.zone.data  # type: ignore[return-value]  # valid, so none is None


class PriceForm(Form):
    """What one costs."""

    channel = SelectField(
        "Channel", choices=[SelectChoice(one.value, NAMES[one]) for one in Channel]
    )
    country = StringField("Country", filters=[one_line, lambda typed: (typed or "").upper()])
    price = ReadField("Price of one", [InputRequired("A price is needed.")], filters=[one_line])
    currency = SelectField("Currency", choices=sorted(CURRENCIES))

    def validate_country(self, field: Any) -> None:
        if not COUNTRY.fullmatch(field.data or ""):
            raise ValidationError("Two letters, such as IN, or * for any other country.")

    def validate_price(self, field: Any) -> None:
        try:
            field.parsed = prices.parse(field.data or "")
        except prices.NotAPrice as problem:
            raise ValidationError(str(problem)) from None
