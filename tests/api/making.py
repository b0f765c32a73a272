"""What a program books, and says to many."""

from datetime import datetime
from typing import Any

from tests.bookings.making import a_service, a_time
from webapp.services.models import Service


def a_free_service(**more: Any) -> Service:
    """Return a service that costs nothing, so a booking is confirmed at once."""
    return a_service(price=0, **more)


def wanted(service: Service, hour: int = 10, **more: Any) -> dict[str, Any]:
    """Return the body that books a service at an hour of the next day that it offers."""
    start: datetime = a_time(service, hour)
    return {
        "service": service.slug,
        "start": start.isoformat(),
        "name": "Asha Rao",
        "phone": "+919812345678",
        **more,
    }


CAMPAIGN: dict[str, Any] = {
    "name": "We close early",
    "messages": [{"channel": "sms", "text": "We close at four today."}],
    "recipients": ["+919812345678", "98123 45679", "no number", "+919812345678"],
}
