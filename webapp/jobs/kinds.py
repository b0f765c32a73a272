"""What jobs there are, and how each is run."""

from enum import StrEnum
from typing import NamedTuple


class Queue(StrEnum):
    """The queues, by urgency: a worker takes from the first that holds something.

    What was tried before comes first, of whichever queue: it has waited already.
    """

    URGENT = "urgent"
    MESSAGES = "messages"
    DEFAULT = "default"
    BULK = "bulk"


class JobKind(StrEnum):
    """What a job does; the value is the Celery task's name."""

    BOOKING_NOTIFY = "bookings.notify"
    PAYMENT_ORDER = "payments.order"
    PAYMENT_CHECK = "payments.check"
    AUDIENCE_READ = "campaigns.read_audience"
    AUDIENCE_REMOVE = "campaigns.remove_audience"
    CAMPAIGN_CHECK = "campaigns.check"
    CAMPAIGN_SEND = "campaigns.send"
    CAMPAIGN_RETRY = "campaigns.retry"
    CAMPAIGN_CLEAR = "campaigns.clear"
    TEMPLATES_FETCH = "templates.fetch"
    DOCUMENT_READ = "documents.read"
    DOCUMENTS_READ_AGAIN = "documents.read_again"
    SOURCE_REMOVE = "knowledge.remove"
    READINGS_CLEAR = "knowledge.clear"
    PASSAGES_EMBED = "knowledge.embed"
    QUESTION_ANSWER = "knowledge.answer"
    FILES_CLEAN = "storage.clean"
    WEBSITE_CRAWL = "websites.crawl"
    WEBSITES_DUE = "websites.due"
    EXPORT_WRITE = "exports.write"
    EXPORTS_CLEAN = "exports.clean"
    NOTICES_SEND = "notices.send"
    SESSIONS_CLEAN = "accounts.clean_sessions"
    JOBS_RETRY = "jobs.retry_many"
    JOBS_CANCEL = "jobs.cancel_many"
    JOBS_TAKE_BACK = "jobs.take_back"
    HISTORY_WRITE = "charts.roll_up"
    BOOKINGS_REMIND = "bookings.remind"
    REPORT_WRITE = "reports.write"
    RETENTION_CLEAN = "retention.clean"
    CUSTOMER_ERASE = "retention.erase"
    NOTHING = "jobs.nothing"


class Wake(StrEnum):
    """Tasks without a row: they drain rows that come in thousands."""

    DELIVER = "messages.deliver"
    SEND_BATCHES = "messages.send_batches"
    RECEIVE = "messages.receive"
    RECONCILE = "messages.reconcile"


class Policy(NamedTuple):
    """How a kind is run. Times in seconds."""

    title: str
    queue: Queue
    max_attempts: int = 4
    soft_limit: int = 240
    hard_limit: int = 300
    #: What a stop in the middle leaves behind, where that must be known before: then a page asks first.
    half_done: str = ""
    #: How long it may say nothing new before it counts as stalled.
    quiet_for: int = 60


POLICIES: dict[JobKind, Policy] = {
    JobKind.BOOKING_NOTIFY: Policy("Tell the customer", Queue.MESSAGES),
    JobKind.PAYMENT_ORDER: Policy("Prepare the payment", Queue.URGENT),
    JobKind.PAYMENT_CHECK: Policy("Check the payment", Queue.DEFAULT),
    JobKind.AUDIENCE_READ: Policy("Read the recipients", Queue.DEFAULT),
    JobKind.AUDIENCE_REMOVE: Policy(
        "Take out recipients",
        Queue.DEFAULT,
        half_done="Some of the list has been taken out and some has not.",
    ),
    JobKind.CAMPAIGN_CHECK: Policy("Check every recipient", Queue.DEFAULT),
    JobKind.CAMPAIGN_SEND: Policy(
        "Write the messages",
        Queue.DEFAULT,
        half_done="Whoever has been written to gets the message; the others get none until this job runs again.",
    ),
    JobKind.CAMPAIGN_RETRY: Policy(
        "Send again",
        Queue.DEFAULT,
        half_done="Some have been put back to be sent again; the others have not.",
    ),
    JobKind.CAMPAIGN_CLEAR: Policy(
        "Take back what has not left",
        Queue.DEFAULT,
        half_done="Some messages have been taken back and some have not. None of them leaves.",
    ),
    JobKind.TEMPLATES_FETCH: Policy("Fetch the WhatsApp templates", Queue.DEFAULT),
    JobKind.DOCUMENT_READ: Policy("Read the document", Queue.BULK, quiet_for=90),
    JobKind.DOCUMENTS_READ_AGAIN: Policy("Read documents again", Queue.BULK),
    JobKind.SOURCE_REMOVE: Policy(
        "Remove a source",
        Queue.BULK,
        half_done="It is not found any more, and part of it is removed; the rest stays stored.",
    ),
    JobKind.READINGS_CLEAR: Policy("Remove old readings", Queue.BULK),
    JobKind.PASSAGES_EMBED: Policy("Learn what passages mean", Queue.BULK, quiet_for=150),
    # Somebody waits for it, but a model may take a minute: messages and payments go first.
    JobKind.QUESTION_ANSWER: Policy("Answer the question", Queue.DEFAULT, quiet_for=150),
    JobKind.FILES_CLEAN: Policy("Remove files that nothing needs", Queue.BULK),
    JobKind.WEBSITE_CRAWL: Policy(
        "Read the website",
        Queue.BULK,
        half_done="What was read stays; the rest of the website is not read.",
    ),
    JobKind.WEBSITES_DUE: Policy("See which websites are due", Queue.BULK),
    JobKind.EXPORT_WRITE: Policy("Write the file", Queue.BULK),
    JobKind.EXPORTS_CLEAN: Policy("Remove old files", Queue.BULK),
    JobKind.NOTICES_SEND: Policy(
        "Notify the team",
        Queue.BULK,
        half_done="Some of the team have been told and some have not.",
    ),
    JobKind.SESSIONS_CLEAN: Policy("Remove old sessions", Queue.BULK),
    # A person waits for these, and they only write rows.
    JobKind.JOBS_RETRY: Policy("Run jobs again", Queue.DEFAULT),
    JobKind.JOBS_CANCEL: Policy("Stop jobs", Queue.DEFAULT),
    JobKind.JOBS_TAKE_BACK: Policy("Take back what has not begun", Queue.DEFAULT),
    JobKind.HISTORY_WRITE: Policy("Add up what was done", Queue.DEFAULT),
    JobKind.BOOKINGS_REMIND: Policy("Remind customers of their bookings", Queue.DEFAULT),
    JobKind.REPORT_WRITE: Policy("Write the report", Queue.BULK),
    JobKind.RETENTION_CLEAN: Policy("Remove old data", Queue.BULK),
    JobKind.CUSTOMER_ERASE: Policy(
        "Erase a customer",
        Queue.DEFAULT,
        half_done="Part of what is known about the customer is erased, and part is not.",
    ),
    JobKind.NOTHING: Policy(
        "Test that a worker answers", Queue.DEFAULT, soft_limit=20, hard_limit=30
    ),
}

WAKE_QUEUES: dict[Wake, Queue] = {
    Wake.DELIVER: Queue.MESSAGES,
    Wake.SEND_BATCHES: Queue.DEFAULT,
    Wake.RECEIVE: Queue.MESSAGES,
    Wake.RECONCILE: Queue.DEFAULT,
}
