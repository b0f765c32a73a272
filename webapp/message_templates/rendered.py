"""What a template becomes for one recipient, and why it may not."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from webapp.message_templates.language import NotRenderable


class Rendered(NamedTuple):
    """A message's words, ready to leave; ``template`` is WhatsApp's name, language, components."""

    subject: str | None
    body: str
    html: str | None = None
    template: dict[str, Any] | None = None
    #: What it is charged as: segments of an SMS, 1 for anything else.
    units: int = 1
    #: What else a WhatsApp message shows around its body.
    header: str | None = None
    footer: str | None = None
    buttons: tuple[str, ...] = ()


class Renderer(Protocol):
    """One version of a template, read once."""

    names: frozenset[str]
    #: Those of the names whose values must be addresses of the web.
    links: frozenset[str]

    def render(self, values: Mapping[str, str], *, unsubscribe_url: str | None = None) -> Rendered:
        """Make the message for one recipient. Raises NotRenderable."""
        ...


class TooLong(NotRenderable):
    """With these values the text is longer than its channel carries."""

    code = "too_long"


class NothingLeft(NotRenderable):
    """With these values the text is empty."""

    code = "nothing_left"

    def __init__(self) -> None:
        super().__init__("With these values nothing is left of the text.")


class BadLink(NotRenderable):
    """A value makes a link lead nowhere."""

    code = "bad_link"

    def __init__(self, address: str) -> None:
        super().__init__(
            f"“{address[:100]}” is not an address of the web: a link begins with https://."
        )
