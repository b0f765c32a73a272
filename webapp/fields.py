"""What forms need beside WTForms' own fields."""

from typing import Any

from wtforms import SelectChoice as SelectChoice  # type: ignore[attr-defined]  # the stubs do not know it yet
from wtforms import StringField


class ReadField(StringField):
    """A text that the check of its form reads: what it means is in ``parsed`` once it is valid."""

    parsed: Any = None
