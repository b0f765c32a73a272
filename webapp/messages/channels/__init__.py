"""Carry one message to one provider and say what became of it.

Plain asyncio: nothing here knows Flask, the database or Celery. This file holds the words the rest
of the product uses; one file per provider does the work.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from webapp.providers import MailServer as MailServer
from webapp.providers import TwilioAccount as TwilioAccount
from webapp.providers import WhatsAppAccount as WhatsAppAccount


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"


class OutcomeKind(StrEnum):
    """What the sender of a message does next."""

    ACCEPTED = "accepted"
    THROTTLED = "throttled"
    """Not accepted; wait, and count no retry."""
    TRANSIENT = "transient"
    """Not accepted; retry."""
    PERMANENT = "permanent"
    """Not accepted, and never will be: failed."""
    STOP_CAMPAIGN = "stop_campaign"
    STOP_CHANNEL = "stop_channel"
    """Not accepted, nor would any other message be: keep the rows queued and tell a person."""
    UNKNOWN = "unknown"
    """The request left and no answer came: never repeat it blindly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message, ready to leave."""

    ref: str
    """Our id of the message; comes back in every provider's callbacks, and is safe in a URL."""
    channel: Channel
    address: str
    """Phone number in E.164 (`+919812345678`) or a bare e-mail address."""
    text: str = ""
    subject: str | None = None
    html: str | None = None
    template: dict[str, Any] | None = None
    """WhatsApp: `{"name": ..., "language": "en", "components": [...]}`, sent and not the text."""
    attempt: int = 1
    """Which try this is, counted from 1, those that were throttled included."""
    category: str = "transactional"
    """`transactional`, `campaign` or `conversation`."""
    unsubscribe_url: str | None = None
    """E-mail: one-click address (RFC 8058) that takes a POST without a login."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a parcel. `code` is explained by `outcomes.explain`."""

    kind: OutcomeKind
    provider_id: str | None = None
    code: str | None = None
    detail: str | None = None
    """The provider's own words and its trace id, for the operator who calls the provider."""
    retry_after: float | None = None
    """Seconds to wait at least; None leaves it to the caller's schedule."""
    units: int | None = None
    """What the provider charges it as, where its answer says so: segments of an SMS."""


class Carrier(Protocol):
    """Takes parcels of one channel.

    Belongs to the event loop of its first `send`, opens its connections then, and keeps them.
    """

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand over one parcel; never raises for trouble at the provider or on the way there.

        Cancelled from outside, it may have sent: the caller counts that as unknown.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how many connections to keep."""

    connect: float = 5.0
    answer: float = 15.0
    verdict: float = 60.0
    """For a mail server's word on a whole mail: it may scan it for spam and viruses first."""
    http_connections: int = 32
    smtp_connections: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The provider of each channel; None where the channel is not in use."""

    whatsapp: WhatsAppAccount | None = None
    twilio: TwilioAccount | None = None
    mail: MailServer | None = None
    patience: Patience = Patience()


def open_carriers(accounts: Accounts) -> dict[Channel, Carrier]:
    """Make a carrier for every channel that has an account; none connects before its first send."""
    # Imported here: the web process needs the words above, not 0.5 s and the memory of two SDKs.
    from webapp.messages.channels.email import MailCarrier
    from webapp.messages.channels.sms import TwilioCarrier
    from webapp.messages.channels.whatsapp import WhatsAppCarrier

    carriers: dict[Channel, Carrier] = {}
    if accounts.whatsapp:
        carriers[Channel.WHATSAPP] = WhatsAppCarrier(accounts.whatsapp, accounts.patience)
    if accounts.twilio:
        carriers[Channel.SMS] = TwilioCarrier(accounts.twilio, accounts.patience)
    if accounts.mail:
        carriers[Channel.EMAIL] = MailCarrier(accounts.mail, accounts.patience)
    return carriers
