"""What each kind of job works on: its arguments, as data, from which forms are made."""

from typing import Any, NamedTuple

from webapp.jobs.kinds import JobKind


class Argument(NamedTuple):
    """One argument of a task, beside its run."""

    name: str
    label: str
    type: type = int
    #: The task has a default for it.
    optional: bool = False
    #: What a changed retry may say instead. What is not changeable is shown, and stays.
    changeable: bool = False
    hint: str = ""
    #: The values that it can have, each with its word.
    choices: tuple[tuple[str, str], ...] = ()
    #: The least and the most, of a number.
    least: int = 1
    most: int = 2**31 - 1

    @property
    def counts(self) -> bool:
        """Whether it is a number that is typed."""
        return self.type is int and not self.choices


TOLD = (
    ("confirmed", "It is confirmed"),
    ("cancelled", "It is cancelled"),
    ("refunded", "It is cancelled, and the money is given back"),
    ("refund_due", "The time is gone, and the money will be given back"),
)
MANY = (
    Argument("chosen", "Which jobs", dict),
    Argument("reason", "Why", str, optional=True),
)

#: Of each kind; what is not here takes none.
ARGUMENTS: dict[JobKind, tuple[Argument, ...]] = {
    JobKind.BOOKING_NOTIFY: (
        Argument("booking_id", "Booking"),
        Argument(
            "what",
            "What the customer is told",
            str,
            optional=True,
            changeable=True,
            choices=TOLD,
            hint="It is told only while it is true. What was written already is not written twice.",
        ),
    ),
    JobKind.PAYMENT_ORDER: (Argument("booking_id", "Booking"),),
    JobKind.AUDIENCE_READ: (Argument("source_id", "List of recipients"),),
    JobKind.AUDIENCE_REMOVE: (Argument("source_id", "List of recipients"),),
    JobKind.CAMPAIGN_CHECK: (Argument("campaign_id", "Campaign"),),
    JobKind.CAMPAIGN_SEND: (
        Argument("campaign_id", "Campaign"),
        Argument("batch_id", "Batch of messages", optional=True),
        Argument("starts_at", "Starts", str, optional=True),
    ),
    JobKind.CAMPAIGN_RETRY: (
        Argument("campaign_id", "Campaign"),
        Argument("batch_id", "Batch of messages"),
        Argument("state", "Whose message is", str),
        Argument("code", "Code of the provider", str, optional=True),
    ),
    JobKind.CAMPAIGN_CLEAR: (Argument("campaign_id", "Campaign"),),
    JobKind.DOCUMENT_READ: (Argument("source_id", "Document"),),
    JobKind.DOCUMENTS_READ_AGAIN: (
        Argument(
            "which",
            "Which documents",
            str,
            changeable=True,
            choices=(
                ("failed", "All that could not be read"),
                ("outdated", "All that were read with other settings"),
            ),
        ),
    ),
    JobKind.SOURCE_REMOVE: (Argument("source_id", "Source"),),
    JobKind.QUESTION_ANSWER: (Argument("question_id", "Question"),),
    JobKind.WEBSITE_CRAWL: (
        Argument("source_id", "Website"),
        Argument(
            "max_pages",
            "Pages to read, this time",
            optional=True,
            changeable=True,
            most=10_000,
            hint="Leave it empty to read as many as the settings of the website say.",
        ),
    ),
    JobKind.EXPORT_WRITE: (Argument("export_id", "File"),),
    JobKind.NOTICES_SEND: (Argument("announcement_id", "Announcement"),),
    JobKind.JOBS_RETRY: MANY,
    JobKind.JOBS_CANCEL: MANY,
    JobKind.JOBS_TAKE_BACK: (Argument("bulk_id", "Job that asked", str),),
    JobKind.REPORT_WRITE: (
        Argument(
            "period",
            "Days",
            str,
            optional=True,
            changeable=True,
            choices=(("7d", "The last 7 days"), ("30d", "The last 30 days"), ("90d", "90 days")),
        ),
        Argument("report_id", "Report", optional=True),
    ),
    JobKind.RETENTION_CLEAN: (
        Argument(
            "days",
            "Days that data is kept",
            optional=True,
            changeable=True,
            least=7,
            most=36_500,
            hint="Leave it empty to go by what is set for each kind of data.",
        ),
    ),
    JobKind.CUSTOMER_ERASE: (Argument("erasure_id", "Erasure"),),
}


def of(kind: JobKind) -> tuple[Argument, ...]:
    """Return the arguments of a kind."""
    return ARGUMENTS.get(kind, ())


def changeable(kind: JobKind) -> list[Argument]:
    """Return those that a changed retry may say otherwise."""
    return [one for one in of(kind) if one.changeable]


class BadArgument(ValueError):
    """A value cannot be meant; the text says why, ``name`` of which argument."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


def read(one: Argument, typed: str) -> Any:
    """Return what was typed as a value; None: nothing, where that is allowed. Raises BadArgument."""
    text = typed.strip()
    if not text:
        if one.optional:
            return None
        raise BadArgument(one.name, "This is needed.")
    if one.choices:
        if text not in dict(one.choices):
            raise BadArgument(one.name, "Choose one of these.")
        return text
    if one.type is int:
        return _number(one, text)
    return text


def _number(one: Argument, text: str) -> int:
    plain = text.replace(",", "")
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 12):
        raise BadArgument(one.name, "Write a whole number.")
    if not one.least <= int(plain) <= one.most:
        raise BadArgument(one.name, f"Write a number from {one.least:,} to {one.most:,}.")
    return int(plain)
