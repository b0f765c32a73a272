"""What other parts of the house know of a customer, for the page of that customer."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from webapp.customers.models import Customer


class Section(NamedTuple):
    """A part of the page: its heading, the template that shows ``rows``, and their source."""

    title: str
    template: str
    rows: Callable[[Customer], Sequence[Any]]


#: In the order in which they are shown. A part registers itself: this one knows none of them.
sections: dict[str, Section] = {}
