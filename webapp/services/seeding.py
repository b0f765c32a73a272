"""The demo service, so that a new house has a door that opens."""

from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.extensions import db, settings
from webapp.services.models import Service


class Place(NamedTuple):
    """What a plain consultation costs somewhere, and what time it is there."""

    currency: str
    price: int
    zone: str


PLACES = {
    "IN": Place("INR", 500_00, "Asia/Kolkata"),
    "US": Place("USD", 50_00, "America/New_York"),
    "CA": Place("CAD", 60_00, "America/Toronto"),
    "GB": Place("GBP", 40_00, "Europe/London"),
    "IE": Place("EUR", 45_00, "Europe/Dublin"),
    "DE": Place("EUR", 45_00, "Europe/Berlin"),
    "FR": Place("EUR", 45_00, "Europe/Paris"),
    "ES": Place("EUR", 45_00, "Europe/Madrid"),
    "AE": Place("AED", 200_00, "Asia/Dubai"),
    "SG": Place("SGD", 60_00, "Asia/Singapore"),
    "AU": Place("AUD", 70_00, "Australia/Sydney"),
    "ZA": Place("ZAR", 600_00, "Africa/Johannesburg"),
}
ELSEWHERE = Place("USD", 50_00, "UTC")
WORKING_DAY = [[9 * 60, 12 * 60 + 30], [14 * 60, 18 * 60]]


def seed() -> Service | None:
    """Add the demo service when there is none at all. The caller commits."""
    if db.session.scalar(select(Service.id).limit(1)) is not None:
        return None
    place = PLACES.get(settings().phone_region, ELSEWHERE)
    hours: dict[str, Any] = {str(day): WORKING_DAY for day in range(6)}
    service = Service(
        name="Consultation",
        slug="consultation",
        description="Half an hour with us, about whatever you need. This is an example: change it "
        "under Services.",
        minutes=30,
        price=place.price,
        currency=place.currency,
        hours=hours,
        zone=place.zone,
        published=True,
    )
    db.session.add(service)
    return service
