"""A ledger of a million jobs, as years of a busy house leave it: written by COPY, or in bulk on SQLite."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Table, insert, text

from webapp.clock import now
from webapp.extensions import db
from webapp.jobs import causes, words
from webapp.jobs.kinds import POLICIES, JobKind

SPAN = timedelta(days=400)
PEOPLE, BATCH = 40, 20_000
FIRST_NAMES = (
    "Asha Ravi Meera Anil Priya Sanjay Divya Kiran Lakshmi Arjun Zoë José Łukasz Nguyễn Müller Åsa Olga "
    "Fatima Omar Chen Wei Yuki 田中 佐藤 李 王 김 Ana João Sofía Marta Piotr Elif Deniz Kofi Ama Tariq Leila "
    "Rahul Neha Vikram Pooja Suresh Kavita Rohan Isha Manoj Rekha Carlos Lucía Hans Greta Pierre Chloé "
    "Giulia Marco Ivan Anya Bjørn Freja Seán Aoife Yusuf Amina Minh Linh Diego Inés Tomáš Jana Aisha Emeka"
)
LAST_NAMES = (
    "Rao Iyer Kumar Singh Patel Sharma Nair Reddy Das Gupta Ångström Nowak Silva García Müller Schmidt "
    "Okafor Mensah Yılmaz Khan Hussain Tanaka Suzuki 健太 花子 小明 Rossi Bianchi Dubois Lefèvre O’Brien Smith "
    "Menon Pillai Bose Sen Joshi Mehta Shah Desai Naidu Bhat Chopra Kapoor Kowalski Jones Brown Martin "
    "Petrov Novák Hansen Larsen Murphy Kelly Demir Ali Tran Le Fernández López Svoboda Adeyemi Eze Schulz"
)
FIRST, LAST = FIRST_NAMES.split(), LAST_NAMES.split()
SERVICES = ("Consultation", "Deep tissue massage", "Hair cut", "Dental check-up", "Yoga class")
TOPICS = (
    "Spring offer",
    "Diwali greetings",
    "We have moved",
    "New prices",
    "Survey",
    "Summer closing",
)


class Fault(NamedTuple):
    """A cause of failures: the kind that fails, its share, and its sentence; {} is what differs."""

    kind: JobKind
    share: float
    sentence: str
    advice: str


FAULTS = (
    Fault(JobKind.BOOKING_NOTIFY, .25, "The number {phone} cannot be reached.", "Correct the number."),
    Fault(JobKind.BOOKING_NOTIFY, .16, "The provider refused our key.", "Ask an admin to look at the key."),
    Fault(JobKind.BOOKING_NOTIFY, .10, "The mail server did not take “{email}”.", "Correct the address."),
    Fault(JobKind.PAYMENT_ORDER, .12, "The payment provider did not answer for {digits} seconds.", "Wait."),
    Fault(JobKind.PAYMENT_CHECK, .08, "The payment provider does not know the order {digits}.", "Ask them."),
    Fault(JobKind.BOOKING_NOTIFY, .07, "Something went wrong on our side.", "Try it again."),
    Fault(JobKind.DOCUMENT_READ, .06, "This file is protected by a password.", "Take the password off."),
    Fault(JobKind.DOCUMENT_READ, .05, "Page {digits} of “{file}” cannot be read.", "Upload it again."),
    Fault(JobKind.WEBSITE_CRAWL, .05, "The website answers with the code {digits}.", "Look at the website."),
    Fault(JobKind.CAMPAIGN_SEND, .03, "The template was paused by WhatsApp.", "Choose another one."),
    Fault(JobKind.EXPORT_WRITE, .02, "The place for files did not answer.", "It is tried again."),
    Fault(JobKind.QUESTION_ANSWER, .01, "The model did not answer.", "Look at its settings."),
)  # fmt: skip
#: What goes well, is stopped or is under way: the kind, its share, and whether the clock asks for it.
OTHERS = (
    (JobKind.BOOKING_NOTIFY, .40, False), (JobKind.PAYMENT_ORDER, .15, False),
    (JobKind.DOCUMENT_READ, .05, False), (JobKind.CAMPAIGN_SEND, .02, False),
    (JobKind.WEBSITE_CRAWL, .02, False), (JobKind.EXPORT_WRITE, .02, False),
    (JobKind.NOTHING, .01, False), (JobKind.PAYMENT_CHECK, .25, True),
    (JobKind.WEBSITES_DUE, .05, True), (JobKind.FILES_CLEAN, .03, True),
)  # fmt: skip
ENDS = (("SUCCESS", .83), ("REVOKED", .12), ("PENDING", .03), ("RETRY", .015), ("PROGRESS", .005))  # fmt: skip
TYPES = {
    JobKind.BOOKING_NOTIFY: "booking", JobKind.PAYMENT_ORDER: "booking", JobKind.DOCUMENT_READ: "document",
    JobKind.WEBSITE_CRAWL: "website", JobKind.CAMPAIGN_SEND: "campaign", JobKind.EXPORT_WRITE: "export",
    JobKind.QUESTION_ANSWER: "question",
}  # fmt: skip
#: Who is asked for by a person now and then, and not by a customer or the clock.
BY_PEOPLE = {kind for kind, about in TYPES.items() if about != "booking"} | {JobKind.NOTHING}


class Thing(NamedTuple):
    """A subject to be."""

    id: int
    type: str
    ref: str
    name: str
    found_by: tuple[str, ...] = ()


def fill(jobs: int, failures: int, customers: int, *, vacuumed: bool = True) -> None:
    """Write it all into empty tables."""
    rng = random.Random(1)
    things = list(_things(rng, customers))
    _copy("users", ("id", "name", "email", "role", "active", "created_at"),
          ((n, f"{rng.choice(FIRST)} {rng.choice(LAST)}", f"u{n}@desk.example", "operator", True, now())
           for n in range(1_000, 1_000 + PEOPLE)))  # fmt: skip
    _copy("subjects", ("id", "type", "ref", "name"), (one[:4] for one in things))
    _copy(
        "subject_words",
        ("subject_id", "word"),
        ((one.id, word) for one in things for word in words.kept((one.name, *one.found_by))),
    )
    _copy(
        "causes", ("id", "fingerprint", "text", "advice", "place", "first_at", "last_at"), _causes()
    )
    made = _jobs(rng, jobs, failures, things)
    own: list[tuple[uuid.UUID, str]] = []
    _copy("jobs", COLUMNS, _apart(made, own))
    _copy("job_words", ("job_id", "word"), own)
    db.session.commit()
    if vacuumed:
        vacuum()


def vacuum() -> None:
    """Do as autovacuum does after so many rows; until then an index alone cannot answer."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        on_postgresql = db.engine.dialect.name == "postgresql"
        connection.execute(text("VACUUM ANALYZE" if on_postgresql else "ANALYZE"))
    db.session.commit()


COLUMNS = (
    "id", "kind", "queue", "args", "state", "subject_type", "subject_id", "about_id", "routine",
    "done", "attempt", "failures", "lost", "max_attempts", "run_at", "asked_by_id", "created_at",
    "finished_at", "cause_id", "error", "advice", "version",
)  # fmt: skip


def _things(rng: random.Random, customers: int) -> Iterator[Thing]:
    number = 0
    for customer in range(customers):
        name = f"{rng.choice(FIRST)} {rng.choice(LAST)}"
        phone = f"+9198{rng.randrange(10**8):08d}"
        address = f"{name.split()[0].lower()}.{customer}@{rng.choice(('gmail.com', 'example.org', 'web.de'))}"
        for _ in range(rng.choice((1, 1, 2, 3))):
            number += 1
            day = f"{rng.randrange(1, 29)} {rng.choice(('March', 'April', 'May', 'June'))} {rng.randrange(9, 18)}:00"
            told = f"{name}, {rng.choice(SERVICES)}, {day}"
            yield Thing(number, "booking", str(number), told, (phone, address, f"R{number:07d}"))
    for kind, many in (
        ("campaign", 500),
        ("document", 4_000),
        ("website", 200),
        ("export", 2_000),
        ("question", 3_000),
    ):
        for ref in range(many):
            number += 1
            yield Thing(number, kind, str(ref), _called(rng, kind, ref))


def _called(rng: random.Random, kind: str, ref: int) -> str:
    topic = rng.choice(TOPICS)
    return {
        "campaign": f"{topic} {ref}",
        "document": f"{topic.lower().replace(' ', '-')}_{ref}.pdf",
        "website": f"https://www.{topic.lower().replace(' ', '')}{ref}.example/help",
        "export": f"{topic}, {ref}.csv",
        "question": f"When is {topic.lower()} number {ref}?",
    }[kind]


def _causes() -> Iterator[tuple[Any, ...]]:
    for number, fault in enumerate(FAULTS, start=1):
        plain = causes.parted(
            fault.sentence.format(
                phone="+919812345678", email="a@b.example", digits="12", file="a.pdf"
            )
        )
        yield number, f"{number:064d}", plain.same, fault.advice, None, now() - SPAN, now()


def _jobs(
    rng: random.Random, jobs: int, failures: int, things: Sequence[Thing]
) -> Iterator[tuple[Any, ...]]:
    about: dict[str, list[Thing]] = {}
    for thing in things:
        about.setdefault(thing.type, []).append(thing)
    begin, step = datetime.now(UTC) - SPAN, SPAN / jobs
    fault_shares, other_shares = [one.share for one in FAULTS], [one[1] for one in OTHERS]
    ends, end_shares = [one[0] for one in ENDS], [one[1] for one in ENDS]
    for number in range(jobs):
        at = begin + step * number
        if rng.random() < failures / jobs:
            cause = rng.choices(range(len(FAULTS)), fault_shares)[0]
            kind, state, routine = FAULTS[cause].kind, "FAILURE", False
        else:
            kind, _, routine = rng.choices(OTHERS, other_shares)[0]
            cause, state = None, rng.choices(ends, end_shares)[0]
            # What is not finished is new.
            state = (
                "SUCCESS"
                if state in {"PENDING", "RETRY", "PROGRESS"} and number < jobs * 0.9
                else state
            )
        near = about.get(TYPES.get(kind, ""))
        # A thing's jobs lie near each other in time.
        thing = (
            near[min(len(near) - 1, max(0, int(len(near) * number / jobs + rng.gauss(0, 30))))]
            if near
            else None
        )
        sentence, own = _sentence(rng, cause)
        asked_by = rng.randrange(1_000, 1_000 + PEOPLE) if kind in BY_PEOPLE else None
        ended = at + timedelta(seconds=3) if state in {"FAILURE", "SUCCESS", "REVOKED"} else None
        yield (
            _id(rng, at), kind.value, POLICIES[kind].queue.value, "{}", state,
            thing and thing.type, thing and thing.ref, thing and thing.id, routine, 0, 1, 0, 0, 4, at,
            asked_by, at, ended,
            None if cause is None else cause + 1, sentence,
            None if cause is None else FAULTS[cause].advice, 3, own,
        )  # fmt: skip


def _sentence(rng: random.Random, cause: int | None) -> tuple[str | None, tuple[str, ...]]:
    if cause is None:
        return None, ()
    sentence = FAULTS[cause].sentence
    if "{" not in sentence:
        return sentence, ()
    digits = rng.randrange(10**8)
    parts = {
        "phone": f"+9197{digits:08d}", "email": f"x{digits}@gmail.com", "digits": str(digits % 900 + 100),
        "file": f"list-{digits}.pdf",
    }  # fmt: skip
    return sentence.format(**parts), tuple(
        value for name, value in parts.items() if f"{{{name}}}" in sentence
    )


def _apart(
    rows: Iterable[tuple[Any, ...]], own: list[tuple[uuid.UUID, str]]
) -> Iterator[tuple[Any, ...]]:
    for *row, different in rows:
        own.extend((row[0], word) for word in words.kept(different))
        yield tuple(row)


def _id(rng: random.Random, at: datetime) -> uuid.UUID:
    random_bits = rng.getrandbits(74)
    high = int(at.timestamp() * 1000) << 80 | 7 << 76 | (random_bits >> 62) << 64
    return uuid.UUID(int=high | 2 << 62 | random_bits & (1 << 62) - 1)


def _copy(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    table = db.metadata.tables[name]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    for index in indexes:
        index.drop(db.session.connection())
    if db.engine.dialect.name == "postgresql":
        driver: Any = db.session.connection().connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
    else:
        _insert(table, columns, rows)
    for index in indexes:
        index.create(db.session.connection())
    db.session.commit()


def _insert(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(dict(zip(columns, row, strict=True)))
        if len(batch) == BATCH:
            db.session.execute(insert(table), batch)
            batch = []
    if batch:
        db.session.execute(insert(table), batch)
