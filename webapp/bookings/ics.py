"""A booking as a calendar entry (RFC 5545)."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from webapp.bookings.models import Booking, BookingState
from webapp.bookings.telling import link
from webapp.clock import now
from webapp.extensions import settings

LINE = 75  # octets, without the line's end


def entry(booking: Booking) -> bytes:
    """Return the calendar file. The same UID with a higher SEQUENCE updates the entry."""
    config = settings()
    host = urlsplit(config.public_url).hostname or "localhost"
    description = f"Reference {booking.reference}\n{link(booking)}"
    cancelled = booking.state != BookingState.CONFIRMED
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Bellhop//Bookings//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:booking-{booking.id}-{booking.reference}@{host}",
        f"SEQUENCE:{booking.version}",
        f"DTSTAMP:{_utc(now())}",
        f"DTSTART:{_utc(booking.starts_at)}",
        f"DTEND:{_utc(booking.ends_at)}",
        f"SUMMARY:{escape(f'{booking.service.name}, {config.business_name}')}",
        f"DESCRIPTION:{escape(description)}",
        f"URL:{link(booking)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) + b"\r\n" for line in lines)


def escape(text: str) -> str:
    """Escape a TEXT value (section 3.3.11)."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def fold(line: str) -> bytes:
    """Break a line into pieces of at most 75 octets, never inside a character (section 3.1)."""
    pieces, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece])


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
