"""When something is not well: each rule says what is the matter, what to do, and where."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from webapp.health import thresholds
from webapp.health.looking import Look
from webapp.health.words import listed, span_words
from webapp.jobs.kinds import POLICIES, Queue
from webapp.jobs.pausing import NAMES as QUEUES
from webapp.messages.stopping import NAMES


class Rule(NamedTuple):
    """One kind of trouble."""

    key: str
    title: str
    #: What is the matter, in a sentence; None: nothing.
    says: Callable[[Look], str | None]
    advice: str
    #: The page on which to do it.
    endpoint: str
    #: A line of its own stands across every page already.
    has_banner: bool = False


def _no_redis(look: Look) -> str | None:
    return None if look.redis else "Redis cannot be reached, so no new work begins."


def _no_worker(look: Look) -> str | None:
    return None if look.workers else "No worker is running, so everything waits."


def _vanished(look: Look) -> str | None:
    problems = [*_gone(look), *_lost(look)]
    return " ".join(problems) or None


def _gone(look: Look) -> Iterator[str]:
    names = look.vanished
    if names:
        one = len(names) == 1
        yield (
            f"{'A worker' if one else f'{len(names)} workers'} on {listed(sorted(set(names)))} "
            "vanished without signing off."
        )


def _lost(look: Look) -> Iterator[str]:
    count = sum(look.lost.values())
    if count:
        titles = listed(sorted(POLICIES[kind].title for kind in look.lost))
        yield (
            f"{count} {'job' if count == 1 else 'jobs'} lost the worker in the middle in the last "
            f"quarter of an hour: {titles}."
        )


def _beat(look: Look) -> str | None:
    if look.beat_at is None:
        return "The clock (beat) has never been heard, so nothing happens by itself."
    silent = look.moment - look.beat_at
    if silent < thresholds.BEAT_SILENT or not look.workers:
        return None  # without a worker there is nobody to hear it
    said = span_words(silent.total_seconds())
    return f"The clock (beat) has not been heard for {said}, so nothing happens by itself."


def _waiting(look: Look) -> str | None:
    if look.waiting <= look.most_waiting:
        return None
    return f"{look.waiting:,} jobs wait. More than {look.most_waiting:,} are too many."


def _oldest(look: Look) -> str | None:
    slow = {
        queue: depth.oldest
        for queue, depth in look.depths.items()
        if queue in (Queue.URGENT, Queue.MESSAGES) and queue not in look.paused
    }
    longest = max(slow.values(), default=0.0)
    if longest <= thresholds.OLDEST.total_seconds():
        return None
    return f"A job for which somebody waits has waited for {span_words(longest)}."


def _nothing_sent(look: Look) -> str | None:
    if not look.stuck:
        return None
    names = listed([NAMES[channel] for channel in look.stuck])
    span = span_words(thresholds.NOTHING_SENT.total_seconds())
    return f"{names}: messages have been due for {span}, and none has left meanwhile."


def _stopped(look: Look) -> str | None:
    told = [f"{NAMES[channel]} has stopped: {reason}" for channel, reason in look.stopped]
    return " ".join(told) or None


def _silent(look: Look) -> str | None:
    told = [
        f"{NAMES[silence.channel]}: the provider has reported nothing for "
        f"{span_words((look.moment - silence.since).total_seconds())}, though messages were sent."
        for silence in look.silent
    ]
    return " ".join(told) or None


def _errors(look: Look) -> str | None:
    told = []
    for share in look.shares:
        part = share.failed / share.ended if share.ended else 0.0
        usual = share.failed_before / share.ended_before if share.ended_before else 0.0
        rises = part >= max(thresholds.LEAST_SHARE, usual * thresholds.TIMES_USUAL)
        if share.failed >= thresholds.FAILURES and rises:
            title = POLICIES[share.kind].title
            told.append(
                f"“{title}” fails more than usual: {share.failed} of {share.ended} lately, "
                f"against {usual * 100:.0f} % the day before."
            )
    return " ".join(told) or None


def _missed(look: Look) -> str | None:
    if not look.missed:
        return None
    return f"Did not run when it should have: {listed(list(look.missed))}."


def _stalled(look: Look) -> str | None:
    if not look.stalled:
        return None
    many = "A job is" if look.stalled == 1 else f"{look.stalled} jobs are"
    return (
        f"{many} being worked on and {'has' if look.stalled == 1 else 'have'} not got on for long."
    )


def _paused(look: Look) -> str | None:
    told = [
        f"The queue “{QUEUES[queue]}” has been paused for {span_words((look.moment - since).total_seconds())}."
        for queue, since in look.paused.items()
        if look.moment - since > thresholds.QUEUE_PAUSED
    ]
    return " ".join(told) or None


RULES = (
    Rule("redis", "Redis is away", _no_redis,
         "Start Redis again, empty or not. Nothing is lost; work goes on by itself.",
         "health.index", has_banner=True),
    Rule("workers", "No worker is running", _no_worker,
         "Start the worker process, and read its last lines if it ends at once. Nothing is lost.",
         "health.index", has_banner=True),
    Rule("lost", "Workers fail", _vanished,
         "Look for a lack of memory on that machine, and read the worker's log. The jobs go on elsewhere.",
         "jobs.index"),
    Rule("beat", "The clock is silent", _beat,
         "Start the beat process. Until then reminders, clean-up and reports do not happen.",
         "health.index"),
    Rule("sending", "Nothing is being sent", _nothing_sent,
         "Look at the channel under Messages, and at the workers; the jobs that send may have failed.",
         "messages.index"),
    Rule("channel", "A channel has stopped", _stopped,
         "Mend it at the provider, then choose Start again under Messages.",
         "messages.index", has_banner=True),
    Rule("provider", "A provider is silent", _silent,
         "Compare the address at the provider with PUBLIC_URL, and look at the provider's own status page.",
         "messages.index"),
    Rule("waiting", "Too many jobs wait", _waiting,
         "Add a worker, or look for what has asked for so many. They are done in the order of their queues.",
         "jobs.index"),
    Rule("oldest", "Somebody waits too long", _oldest,
         "Add a worker for the queues urgent and messages, or pause the queue bulk for a while.",
         "jobs.index"),
    Rule("errors", "More fails than usual", _errors,
         "Look at the jobs that failed: those of one cause stand together, and can be run again together.",
         "jobs.index"),
    Rule("schedule", "A scheduled run was missed", _missed,
         "See whether the clock and a worker were running then; run it now if it is still wanted.",
         "schedules.index"),
    Rule("stalled", "A job does not get on", _stalled,
         "Open it: its page says since when, and what it did last. Stop it, or restart its worker.",
         "jobs.index"),
    Rule("paused", "A queue is still paused", _paused,
         "Let it go on under Workers, or say that you know.",
         "workers.index"),
)  # fmt: skip
#: The database cannot write down that it is away: see blackout.py.
DATABASE = Rule(
    "database", "The database is away", lambda _: None,
    "Start the database again, or look at its connection. Pages answer again by themselves.",
    "health.index",
)  # fmt: skip
BY_KEY = {rule.key: rule for rule in (*RULES, DATABASE)}


def troubles(look: Look) -> dict[str, str]:
    """Return what is the matter, by the key of its rule."""
    said = ((rule.key, rule.says(look)) for rule in RULES)
    return {key: sentence for key, sentence in said if sentence}
