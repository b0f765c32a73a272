"""What is periodic here: one line each. What an admin changed stands in a row and goes before it."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from webapp.jobs.kinds import JobKind, Wake
from webapp.schedules.models import IfMissed

NOTHING: Mapping[str, Any] = MappingProxyType({})
#: A run that is later than this was missed; until then it is only late, as after a deploy.
TOLERANCE = timedelta(minutes=5)


class Periodic(NamedTuple):
    """Something that is asked for again and again."""

    #: Stands in the address of its page, and in its row: it stays what it is.
    name: str
    what: JobKind | Wake
    #: Five fields of cron by the clock of the house, or such as "every 5 minutes".
    timing: str
    title: str
    #: What it is good for, to people.
    sentence: str
    if_missed: IfMissed = IfMissed.RUN_ONCE
    args: Mapping[str, Any] = NOTHING
    tolerance: timedelta = TOLERANCE
    #: It never rests: shown apart, and paused only for a reason.
    always: bool = False

    @property
    def key(self) -> str:
        """What keeps a second job of it from being asked for while one is under way."""
        return f"periodic:{self.name}" if self.args else "periodic"


LEAVE_OUT = IfMissed.LEAVE_OUT

PERIODIC = (
    Periodic("old-data", JobKind.RETENTION_CLEAN, "0 2 * * *", "Remove old data",
             "What is older than it is to be kept (90 days, unless that was changed) is removed."),
    Periodic("old-sessions", JobKind.SESSIONS_CLEAN, "30 3 * * *", "Remove old sessions",
             "Sign-ins that have run out, and links for passwords that nobody used."),
    Periodic("reminders", JobKind.BOOKINGS_REMIND, "every 10 minutes", "Remind customers of their bookings",
             "Whoever has a booking that begins soon is reminded of it, once."),
    Periodic("websites", JobKind.WEBSITES_DUE, "every 10 minutes", "Read websites again",
             "Websites that are to be read each day, week or month are looked through when it is time."),
    Periodic("weekly-report", JobKind.REPORT_WRITE, "0 6 * * 1", "Weekly report",
             "How the last seven days went, compared with the seven before. The admins are told.",
             args=MappingProxyType({"period": "7d"})),
    Periodic("monthly-report", JobKind.REPORT_WRITE, "0 6 1 * *", "Monthly report",
             "How the last month went, compared with the one before. The admins are told.",
             args=MappingProxyType({"period": "month"})),
    Periodic("history", JobKind.HISTORY_WRITE, "every 5 minutes", "Add up what was done",
             "The figures behind the charts: how much was done, how much failed, how long it waited."),
    Periodic("exports", JobKind.EXPORTS_CLEAN, "10 * * * *", "Remove files that were downloaded",
             "Files that somebody asked for are kept for some days.", LEAVE_OUT),
    Periodic("readings", JobKind.READINGS_CLEAR, "25 * * * *", "Remove replaced texts",
             "What documents and websites said before they were read again.", LEAVE_OUT),
    Periodic("files", JobKind.FILES_CLEAN, "40 * * * *", "Remove files that nothing needs",
             "What uploads left behind that were broken off.", LEAVE_OUT),
    Periodic("payments", JobKind.PAYMENT_CHECK, "every minute", "Look after payments",
             "Times that were kept and not paid become free again, and the payment provider is asked "
             "about payments that it did not report.", always=True),
    Periodic("uncertain-messages", Wake.RECONCILE, "every 15 seconds", "Clear up uncertain messages",
             "The providers are asked about messages of which nobody knows whether they arrived.",
             LEAVE_OUT, always=True),
)  # fmt: skip

BY_NAME = {periodic.name: periodic for periodic in PERIODIC}
