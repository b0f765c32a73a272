"""What is changed of a service."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record
from webapp.extensions import db
from webapp.services.models import Service


class AddressTaken(Exception):
    """Another service has this address."""


def add(values: dict[str, Any]) -> Service:
    """Add a service. Raises AddressTaken."""
    service = Service(**values)
    _flush(service)
    record("service.added", f"Added the service “{service.name}”", about=service)
    return service


def change(service: Service, values: dict[str, Any]) -> None:
    """Store what the form says. Raises AddressTaken."""
    changed = [name for name, value in values.items() if getattr(service, name) != value]
    for name in changed:
        setattr(service, name, values[name])
    if changed:
        _flush(service)
        record(
            "service.changed",
            f"Changed the service “{service.name}”",
            about=service,
            changed={name: values[name] for name in changed},
        )


def _flush(service: Service) -> None:
    db.session.add(service)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise AddressTaken from None
