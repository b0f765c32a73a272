"""Which jobs are looked for: what the address of a list says, and back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from webapp.accounts.models import User
from webapp.extensions import db
from webapp.jobs import pausing
from webapp.jobs.kinds import POLICIES, JobKind, Queue
from webapp.jobs.known import Cause, Subject
from webapp.jobs.models import NOBODY, UNFINISHED, JobState
from webapp.jobs.words import MOST_TYPED, typed

LARGEST = 2**31 - 1
Choice = TypeVar("Choice", bound=StrEnum)


class Routine(StrEnum):
    """Whether what the clock asks for is looked for too."""

    WITHOUT = ""
    WITH = "with"
    ONLY = "only"


#: What ``show`` says in an address: the word on the page, and the states.
SHOWN: dict[str, tuple[str, tuple[JobState, ...]]] = {
    "": ("All", ()),
    "open": ("Not finished", UNFINISHED),
    "waiting": ("Waiting", (JobState.PENDING,)),
    "working": ("Working", (JobState.PROGRESS,)),
    "again": ("Trying again", (JobState.RETRY,)),
    "failed": ("Failed", (JobState.FAILURE,)),
    "done": ("Done", (JobState.SUCCESS,)),
    "stopped": ("Stopped", (JobState.REVOKED,)),
}
#: The types of things that jobs are about, as people call many of them.
TYPES = {
    "booking": "Bookings",
    "customer": "Customers",
    "campaign": "Campaigns",
    "document": "Documents",
    "website": "Websites",
    "question": "Questions",
    "export": "Files to download",
    "announcement": "Notices to the team",
}


class BadFilter(ValueError):
    """Something in the address cannot be meant; ``field`` is its name there."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Filter:
    """Which jobs are looked for. Whatever is empty leaves nothing out."""

    text: str = ""
    states: tuple[JobState, ...] = ()
    queue: Queue | None = None
    kind: JobKind | None = None
    #: The number of the user who asked for it, or ``NOBODY``.
    who: str = ""
    about_type: str = ""
    #: One thing: its type and number, such as "booking:12".
    about: str = ""
    cause: int | None = None
    #: As typed: a day, or a moment, by the clock of the house unless it names a zone. A day of
    #: ``until`` belongs to it.
    since: str = ""
    until: str = ""
    routine: Routine = Routine.WITHOUT

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Return what an address asks for. Raises BadFilter."""
        about_type = one_line(args.get("type"))
        found = cls(
            text=_text(args.get("q")),
            states=_states(args),
            queue=_one_of(Queue, "queue", args.get("queue"), "queue"),
            kind=_one_of(JobKind, "kind", args.get("kind"), "kind of job"),
            who=_who(one_line(args.get("who"))),
            about_type=about_type,
            about=_about(one_line(args.get("about"))),
            cause=_cause(one_line(args.get("cause"))),
            since=_moment("from", args.get("from")),
            until=_moment("to", args.get("to")),
            routine=_routine(args),
        )
        since, until = found.since_at, found.until_at
        if since is not None and until is not None and since >= until:
            raise BadFilter("to", "This is before the beginning.")
        return found

    def to_args(self) -> dict[str, str]:
        """Return what an address says to ask for the same."""
        shows = {states: show for show, (_, states) in SHOWN.items() if show}
        said = {
            "q": self.text,
            "show": shows.get(self.states, ""),
            "state": "" if self.states in shows else ",".join(self.states),
            "queue": self.queue or "",
            "kind": self.kind or "",
            "who": self.who,
            "type": self.about_type,
            "about": self.about,
            "cause": "" if self.cause is None else str(self.cause),
            "from": self.since,
            "to": self.until,
            "routine": self.routine,
        }
        return {name: str(value) for name, value in said.items() if value}

    def to_json(self) -> dict[str, Any]:
        """Return it as small JSON values, to be kept."""
        return {name: value for name, value in asdict(self).items() if value not in ("", (), None)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what was kept; what a newer version does not know any more is left out."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in kept.items() if name in known}
        kind, queue = values.get("kind"), values.get("queue")
        return cls(
            **{
                **values,
                "states": tuple(JobState(state) for state in values.get("states", ())),
                "queue": Queue(queue) if queue else None,
                "kind": JobKind(kind) if kind else None,
                "routine": Routine(values.get("routine", "")),
            }
        )

    @property
    def since_at(self) -> datetime | None:
        """The first moment that belongs to it."""
        return _at(self.since, later=timedelta(0))

    @property
    def until_at(self) -> datetime | None:
        """The first moment that does not belong to it any more."""
        return _at(self.until, later=timedelta(days=1))

    @property
    def without_routine(self) -> bool:
        """Whether what the clock asks for is left out: it is not where something is searched for."""
        return self.routine == Routine.WITHOUT and not self.text

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out, beside what is routine."""
        return self != type(self)(routine=self.routine)

    def words(self) -> str:
        """Say it: "Failed jobs about Mrs. Rao since 3 March"."""
        states = [word for word, states in SHOWN.values() if states and states == self.states]
        begin = f"{states[0]} jobs" if states else "Jobs"
        if self.states and not states:
            told = {states[0]: word for word, states in SHOWN.values() if len(states) == 1}
            begin = f"Jobs that are {' or '.join(told[state].lower() for state in self.states)}"
        return " ".join([begin, *filter(None, self._parts())])

    def _parts(self) -> list[str]:
        return [
            f"to “{POLICIES[self.kind].title}”" if self.kind else "",
            f"of “{pausing.NAMES[self.queue]}”" if self.queue else "",
            f"about {self.about_words()}" if self.about else "",
            f"about {TYPES.get(self.about_type, self.about_type).lower()}"
            if self.about_type and not self.about
            else "",
            f"asked for by {self._person()}" if self.who else "",
            f"that failed because: {self._reason()}" if self.cause is not None else "",
            f"with the words “{self.text}”" if self.text else "",
            f"since {self.since.replace('T', ' ')}" if self.since else "",
            f"until {self.until.replace('T', ' ')}" if self.until else "",
            {Routine.WITH: "with routine", Routine.ONLY: "of routine"}.get(self.routine, ""),
        ]

    def about_words(self) -> str:
        """Return the name of the one thing that they are about."""
        kind, _, ref = self.about.partition(":")
        name = db.session.scalar(
            select(Subject.name).where(Subject.type == kind, Subject.ref == ref)
        )
        return name or f"{kind} {ref}"

    def _person(self) -> str:
        if self.who == NOBODY:
            return "nobody here"
        user = db.session.get(User, int(self.who))
        return user.name if user else "somebody who is gone"

    def _reason(self) -> str:
        cause = db.session.get(Cause, self.cause)
        return cause.text if cause else "a cause that is gone"


def house_clock() -> ZoneInfo:
    """Return the zone of the house, as the slice that knows the services has given it to the pages."""
    return cast("Callable[[], ZoneInfo]", current_app.jinja_env.globals["house_clock"])()


def one_line(text: str | None) -> str:
    """Take out what cannot be seen, and the spaces around the rest."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text or "").split())


def _text(typed_text: str | None) -> str:
    text = one_line(typed_text)
    if len(text) > 200 or any(len(reading) > MOST_TYPED for reading in typed(text)):
        raise BadFilter("q", f"This is too much to look for. Type at most {MOST_TYPED} words.")
    return text


def _states(args: Mapping[str, str]) -> tuple[JobState, ...]:
    show, listed = args.get("show", ""), args.get("state", "")
    if show == "routine":  # as older addresses say it
        return ()
    if show:
        if show not in SHOWN:
            raise BadFilter("show", "There is no such state.")
        return SHOWN[show][1]
    named = [state for state in listed.split(",") if state]
    if any(state not in set(JobState) for state in named):
        raise BadFilter("state", "There is no such state.")
    return tuple(JobState(state) for state in dict.fromkeys(named))


def _routine(args: Mapping[str, str]) -> Routine:
    wanted = "only" if args.get("show") == "routine" else one_line(args.get("routine"))
    if wanted not in set(Routine):
        raise BadFilter("routine", "Choose one of these.")
    return Routine(wanted)


def _one_of(choices: type[Choice], field: str, value: str | None, called: str) -> Choice | None:
    if not value:
        return None
    if value not in set(choices):
        raise BadFilter(field, f"There is no such {called}. Choose another one.")
    return choices(value)


def _who(value: str) -> str:
    if value and value != NOBODY and not _is_number(value):
        raise BadFilter("who", "There is nobody like that. Choose one of these.")
    return value


def _about(value: str) -> str:
    kind, _, ref = value.partition(":")
    if value and not (kind and ref and len(kind) <= 32 and len(ref) <= 40):
        raise BadFilter("about", "Nothing is called so.")
    return value


def _cause(value: str) -> int | None:
    if value and not _is_number(value):
        raise BadFilter("cause", "There is no such cause.")
    return int(value) if value else None


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 11 and int(value) <= LARGEST


def _moment(field: str, value: str | None) -> str:
    text = one_line(value).replace(" ", "T")
    try:
        moment = _at(text, later=timedelta(days=1))
    except (ValueError, OverflowError):
        moment = None
    if text and (moment is None or not 1970 <= moment.year < 9999):
        raise BadFilter(field, "This is no date. Write it such as 2026-03-12.")
    return text


def _at(text: str, *, later: timedelta) -> datetime | None:
    """Return the moment that a text means; for a whole day its beginning, and so much later."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-03-12"):
        day = datetime.combine(moment.date() + later, time())
        return day.replace(tzinfo=house_clock()).astimezone(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=house_clock())).astimezone(UTC)
