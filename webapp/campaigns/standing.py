"""What became of everybody: the parts of a campaign, and the reasons for what did not arrive."""

from collections.abc import Mapping
from typing import NamedTuple

from webapp.campaigns.models import Campaign
from webapp.messages.channels import Channel
from webapp.messages.channels.outcomes import Explanation, Flag, explain, find
from webapp.messages.models import Batch, MessageState


class Part(NamedTuple):
    """Some of all recipients: the state of the message to them, in words, and how many."""

    key: str
    word: str
    number: int


#: From the best end to the worst, as the bar shows them. The keys are the states of a message, and
#: "unwritten" and "problem" of those who have none.
WORDS = {
    "read": "Read",
    "delivered": "Delivered",
    "sent": "Sent",
    "sending": "Sending",
    "queued": "Waiting",
    "unknown": "Not certain",
    "failed": "Failed",
    "suppressed": "Not sent: wants none",
    "cancelled": "Stopped before it left",
    "unwritten": "Stopped before it was written",
    "problem": "Cannot be sent",
}


def parts(
    batch: Batch | None, total: int, problems: Mapping[str, int], *, over: bool
) -> list[Part]:
    """Return the parts; the numbers add up to the whole.

    Who has no message yet waits as well, unless the campaign is over: then it was stopped before.
    """
    counts = dict(batch.counts) if batch else {}
    numbers = {key: int(counts.get(key, 0)) for key in WORDS}
    numbers["problem"] = sum(problems.values())
    missing = max(0, total - sum(numbers.values()))
    numbers["unwritten" if over else "queued"] += missing
    return [Part(key, word, numbers[key]) for key, word in WORDS.items()]


def unsendable(campaign: Campaign) -> dict[str, int]:
    """Return how many recipients nothing can be sent to, by reason, as the last check found them."""
    found = campaign.findings.get("problems") or {}
    return {code: int(number) for code, number in found.items() if number}


class Reason(NamedTuple):
    """Why some did not get it: what is to be looked up, how many, and in words."""

    state: str
    code: str | None
    number: int
    sentence: str
    advice: str | None
    #: Whether it can be sent to them again.
    again: bool


UNWRITTEN = "Sending was stopped before a message to them was written."
UNKNOWN_ADVICE = "They may have it. Ask one of them, or look at the provider's own list, before you send it again."


def reasons(
    batch: Batch | None, problems: Mapping[str, int], order: list[Channel], *, unwritten: int = 0
) -> list[Reason]:
    """Return the reasons why people did not get it, the most frequent first.

    ``unwritten`` is how many had no message yet when somebody stopped it.
    """
    if batch is None:
        return [_of_problem(code, number) for code, number in problems.items()]
    found = [_of_code(code, number, order) for code, number in batch.reasons.items()]
    found += [
        Reason(state, None, batch.counts[state], sentence, advice, again)
        for state, (sentence, advice, again) in STATES.items()
        if batch.counts.get(state)
    ]
    found += [_of_problem(code, number) for code, number in problems.items()]
    if unwritten:
        found.append(Reason("unwritten", None, unwritten, UNWRITTEN, None, again=True))
    return sorted(found, key=lambda reason: -reason.number)


STATES: dict[str, tuple[str, str | None, bool]] = {
    MessageState.UNKNOWN: (
        "It left, and no answer came: they may have it or not.", UNKNOWN_ADVICE, True,
    ),
    MessageState.SUPPRESSED: (
        "They want no offers, or their address cannot be reached.",
        "Nothing to do: it is never sent to them.",
        False,
    ),
    MessageState.CANCELLED: ("Sending was stopped before it left.", None, True),
}  # fmt: skip


def _of_code(code: str, number: int, order: list[Channel]) -> Reason:
    known = None if code == NO_CODE else code
    words = explained(known, order)
    again = known is not None and not words.flags & FOR_GOOD
    return Reason(MessageState.FAILED, known, number, words.sentence, words.advice, again)


def _of_problem(code: str, number: int) -> Reason:
    return Reason("problem", code, number, *problem_words(code), again=False)


#: Whoever was refused with one of these is never asked again by this channel.
FOR_GOOD = {Flag.SUPPRESS_MARKETING, Flag.SUPPRESS_CHANNEL, Flag.HARD_BOUNCE}
#: How a batch counts what failed without a code.
NO_CODE = "none"
#: Why a recipient gets no message at all: a sentence, and what would help.
PROBLEMS: dict[str, tuple[str, str | None]] = {
    "no_address": (
        "There is no number or address for any channel of this campaign.",
        "Add it to the recipients, or add a channel that reaches them.",
    ),
    "suppressed": ("They have said that they want no messages like this.", None),
    "bounced": ("Their address could not be reached before.", "Ask them for another one."),
    "missing_value": (
        "Something that the text needs is missing in their row.",
        "Add it to the recipients, or give the text a word to fall back on.",
    ),
    "too_long": ("The text gets too long with their values.", "Shorten the text."),
    "nothing_left": ("With their values nothing is left of the text.", None),
    "bad_link": ("A link in the text becomes wrong with their values.", None),
}


def problem_words(code: str) -> tuple[str, str | None]:
    """Return why nothing can be sent to a recipient, in words, and what would help."""
    return PROBLEMS.get(code, (code.replace("_", " ").capitalize() + ".", None))


def explained(code: str | None, order: list[Channel]) -> Explanation:
    """Say what a provider's code means, by the first of the channels that knows it."""
    for channel in order:
        if code is not None and find(channel, code) is not None:
            return explain(channel, code)
    return explain(order[0] if order else Channel.SMS, code)
