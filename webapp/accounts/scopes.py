"""What a program may be allowed to do, each thing by itself."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from webapp.accounts.models import Role


class Scope(StrEnum):
    """One thing that a token may open; who may write may read the same."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    METRICS_READ = "metrics:read"


class Meaning(NamedTuple):
    """A scope in the words of the page where it is ticked, and what a person needs to do the same."""

    text: str
    role: Role


MEANINGS = {
    Scope.TASKS_READ: Meaning("See jobs and how far they are", Role.VIEWER),
    Scope.TASKS_WRITE: Meaning("Run jobs again and stop them, one or many", Role.OPERATOR),
    Scope.BOOKINGS_READ: Meaning("See bookings", Role.VIEWER),
    Scope.BOOKINGS_WRITE: Meaning("Make bookings", Role.OPERATOR),
    Scope.DOCUMENTS_READ: Meaning("See how documents stand", Role.VIEWER),
    Scope.DOCUMENTS_WRITE: Meaning("Upload documents", Role.OPERATOR),
    Scope.CAMPAIGNS_READ: Meaning("See campaigns and their numbers", Role.VIEWER),
    Scope.CAMPAIGNS_WRITE: Meaning("Make campaigns and send them", Role.OPERATOR),
    Scope.METRICS_READ: Meaning("Read the figures for monitoring", Role.VIEWER),
}


def covers(given: Collection[str], needed: Scope) -> bool:
    """Say whether one of the scopes that were given opens what needs another."""
    noun, verb = needed.split(":")
    return needed in given or (verb == "read" and f"{noun}:write" in given)
