"""What programs send and get, one value at a time: checked so that nothing odd reaches the database."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from webapp.customers.contacts import one_line

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NO_MOMENT = (
    "Give a moment such as 2026-03-01T09:30:00Z or 2026-03-01T09:30:00+05:30; after the ? of an "
    "address, + is written %2B."
)


class Strict(Schema):
    """What a program sends: a field that is not known is a slip of the pen, and is named."""

    class Meta:
        """Settings of marshmallow."""

        unknown = RAISE


class Line(fields.String):
    """One line of text, without what cannot be seen and without spaces around it."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        return one_line(super()._deserialize(value, *rest, **more))


class Lines(fields.String):
    """A text of several lines, without what no message carries."""

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> str:
        text = super()._deserialize(value, *rest, **more)
        return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class Moment(fields.AwareDateTime):
    """A moment with its zone, such as 2026-03-01T09:30:00+05:30."""

    def __init__(self, **more: Any) -> None:
        super().__init__(format="iso", error_messages={"invalid": NO_MOMENT}, **more)

    def _deserialize(self, value: Any, *rest: Any, **more: Any) -> Any:
        moment = super()._deserialize(value, *rest, **more)
        # Other zones could not show the very first and last moments that Python can write.
        if not 2000 <= moment.year < 3000:
            raise ValidationError("Give a moment of this century.")
        return moment


def line(most: int, *, least: int = 0, **more: Any) -> Line:
    """Return a field for a line of at most so many characters."""
    return Line(validate=validate.Length(min=least, max=most), **more)


def told(text: str, **more: Any) -> dict[str, Any]:
    """Return a field's words for the description of the API, with an example if there is one."""
    return {"metadata": {"description": text, **more}}
