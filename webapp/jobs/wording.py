"""What each kind of job is said to do, how safe it is to run again, and where its troubles are mended."""

from typing import NamedTuple

from webapp.jobs.kinds import JobKind


class Words(NamedTuple):
    """How people are told of a kind."""

    #: What it does while it runs; ``{thing}`` is what it is about, by its name.
    doing: str
    #: What running it again does, and above all what it does not do twice.
    again: str
    #: What is said in the place of ``{thing}`` where that is not known.
    thing: str = ""
    #: The page on which what it needs is set up, if that may be the cause of a failure.
    set_up: str | None = None


SETTINGS = "home.settings_page"
_ONLY_REMOVES = "Running it again is safe: it removes what is left to be removed, and nothing else."

WORDS: dict[JobKind, Words] = {
    JobKind.BOOKING_NOTIFY: Words(
        "Telling the customer about {thing}",
        "Running it again sends nothing twice: only what was refused goes out again, to the customer's address of now.",
        "a booking",
        SETTINGS,
    ),
    JobKind.PAYMENT_ORDER: Words(
        "Preparing the payment of {thing}",
        "Running it again charges nobody twice: an order that the provider has already is found and used.",
        "a booking",
        SETTINGS,
    ),
    JobKind.PAYMENT_CHECK: Words(
        "Asking for payments that nobody reported",
        "Running it again only asks once more: a payment is counted once.",
        set_up=SETTINGS,
    ),
    JobKind.AUDIENCE_READ: Words(
        "Reading the recipients of {thing}",
        "Running it again adds nobody twice: it goes on after the last row that was stored.",
        "a campaign",
    ),
    JobKind.AUDIENCE_REMOVE: Words(
        "Taking a list of recipients out of {thing}", _ONLY_REMOVES, "a campaign"
    ),
    JobKind.CAMPAIGN_CHECK: Words(
        "Checking every recipient of {thing}",
        "Running it again sends nothing: it only looks at the recipients anew.",
        "a campaign",
    ),
    JobKind.CAMPAIGN_SEND: Words(
        "Writing the messages of {thing}",
        "Running it again writes to nobody twice: it goes on after the last recipient who was written to.",
        "a campaign",
    ),
    JobKind.CAMPAIGN_RETRY: Words(
        "Putting messages of {thing} back to be sent again",
        "Running it again sends nothing twice: only messages that have still failed are put back.",
        "a campaign",
    ),
    JobKind.CAMPAIGN_CLEAR: Words(
        "Taking back the messages of {thing} that have not left", _ONLY_REMOVES, "a campaign"
    ),
    JobKind.TEMPLATES_FETCH: Words(
        "Fetching the templates from WhatsApp",
        "Running it again changes only what WhatsApp has changed.",
        set_up=SETTINGS,
    ),
    JobKind.DOCUMENT_READ: Words(
        "Reading {thing}",
        "Running it again stores no page twice: it goes on after the last one that was stored.",
        "a document",
    ),
    JobKind.DOCUMENTS_READ_AGAIN: Words(
        "Asking for documents to be read again",
        "Running it again asks only for those that still wait for it.",
    ),
    JobKind.SOURCE_REMOVE: Words("Removing {thing}", _ONLY_REMOVES, "a source"),
    JobKind.READINGS_CLEAR: Words("Removing what older readings have left", _ONLY_REMOVES),
    JobKind.PASSAGES_EMBED: Words(
        "Learning what passages mean",
        "Running it again does only what is left; the model is asked again for nothing that is stored.",
        set_up=SETTINGS,
    ),
    JobKind.QUESTION_ANSWER: Words(
        "Answering {thing}",
        "Running it again asks the model once more, and puts its answer in the place of the last one.",
        "a question",
        SETTINGS,
    ),
    JobKind.FILES_CLEAN: Words("Removing files that nothing needs", _ONLY_REMOVES),
    JobKind.WEBSITE_CRAWL: Words(
        "Reading {thing}",
        "Running it again stores no page twice: a page takes the place of what was read of it before.",
        "a website",
    ),
    JobKind.WEBSITES_DUE: Words(
        "Looking which websites are due to be read",
        "Running it again is safe: a website that is being read is not read a second time.",
    ),
    JobKind.EXPORT_WRITE: Words(
        "Writing {thing}",
        "Running it again writes the file from its beginning, with what is true by then.",
        "a file",
    ),
    JobKind.EXPORTS_CLEAN: Words("Removing files whose time is over", _ONLY_REMOVES),
    JobKind.NOTICES_SEND: Words(
        "Notifying the team of {thing}",
        "Running it again tells nobody twice: who has the notice is left out.",
        "an announcement",
    ),
    JobKind.SESSIONS_CLEAN: Words("Removing old sessions", _ONLY_REMOVES),
    JobKind.JOBS_RETRY: Words(
        "Asking for many jobs to run again",
        "Running it again asks only for those that still wait for it.",
    ),
    JobKind.JOBS_CANCEL: Words(
        "Asking many jobs to stop",
        "Running it again asks only those that have neither ended nor been asked.",
    ),
    JobKind.JOBS_TAKE_BACK: Words(
        "Taking back what was asked of many jobs",
        "Running it again is safe: what has begun meanwhile is left alone.",
    ),
    JobKind.HISTORY_WRITE: Words(
        "Adding up what was done",
        "Running it again adds up the same rows: nothing is counted twice.",
    ),
    JobKind.BOOKINGS_REMIND: Words(
        "Reminding customers of their bookings",
        "Running it again reminds nobody twice: a reminder that has been written is not written again.",
    ),
    JobKind.REPORT_WRITE: Words(
        "Writing {thing}",
        "Running it again writes the report from its beginning, with what is true by then.",
        "a report",
    ),
    JobKind.RETENTION_CLEAN: Words("Removing data whose time is over", _ONLY_REMOVES),
    JobKind.CUSTOMER_ERASE: Words(
        "Erasing everything about {thing}",
        "Running it again erases what is left. What has been erased does not come back.",
        "a customer",
    ),
    JobKind.NOTHING: Words(
        "Testing that a worker answers", "Running it again does no more than answer once more."
    ),
}
