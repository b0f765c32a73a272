"""Whether the parts are there: what the line across the top of every page says."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import g, url_for
from flask_login import current_user
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.bookings import finding
from webapp.campaigns import scheduling
from webapp.extensions import db, settings
from webapp.health import alerts, shown
from webapp.health.redis_there import broker
from webapp.jobs.pausing import NAMES
from webapp.messages import stopping
from webapp.pages import Banner
from webapp.services.times import when_words
from webapp.workers.house import house


def banners() -> Iterator[Banner]:
    """Yield what a person who works here should know now, the worst first."""
    if not current_user.is_authenticated:
        return
    try:
        troubles = _troubles()
        yield from _at_work()
        yield from _paused_queues(troubles.zone)
        yield from _told(troubles)
    except SQLAlchemyError:  # the page that shows this has trouble of its own to tell
        db.session.rollback()
    yield from _rehearsal()


def _at_work() -> Iterator[Banner]:
    if not broker.answers():
        yield Banner(
            "bad",
            "Redis cannot be reached, so new work waits. Nothing is lost: it goes on by itself when Redis is back.",
        )
    elif house().alive == 0:
        yield Banner(
            "bad",
            "No worker is running, so messages and other work wait. Start the worker process; nothing is lost.",
        )
    elif house().resting == house().alive:
        yield Banner(
            "warn",
            "Every worker has been asked to take nothing new, so all work waits.",
            url_for("workers.index"),
            "Look at it",
        )


def _paused_queues(zone: str) -> Iterator[Banner]:
    for pause in house().pauses:
        when = when_words(pause.since, zone)
        by = f" by {pause.by}" if pause.by else ""
        text = (
            f"The queue “{NAMES[pause.queue]}” is paused since {when}{by}: {pause.reason}"
            f"{'' if pause.reason.endswith(('.', '!', '?')) else '.'} What belongs to it waits."
        )
        yield Banner("warn", text, url_for("workers.index"), "Look at it")


class Troubles(NamedTuple):
    """Whether there is anything to tell, and the zone of the house."""

    stopped: bool
    overdue: bool
    alarmed: bool
    zone: str


def _troubles() -> Troubles:
    """Ask by one statement whether there is anything to tell: mostly there is not, on every page.

    With it comes the clock of the house, which nearly every page needs.
    """
    stopped, overdue, alarmed, zone = db.session.execute(
        select(
            exists().where(stopping.IS_STOPPED),
            exists().where(scheduling.is_overdue()),
            exists().where(alerts.IS_OPEN),
            finding.OLDEST_ZONE.scalar_subquery(),
        )
    ).one()
    g.house_clock = finding.zone_called(zone)
    return Troubles(stopped, overdue, alarmed, g.house_clock.key)


def _told(troubles: Troubles) -> Iterator[Banner]:
    if troubles.stopped:
        yield from _stopped_channels()
    if troubles.overdue:
        yield from _missed_starts()
    if troubles.alarmed:
        yield from _open_alerts()


def _stopped_channels() -> Iterator[Banner]:
    for row in stopping.stopped():
        text = f"{stopping.NAMES[row.channel]} has stopped: {row.reason} Its messages wait."
        yield Banner("bad", text, url_for("messages.index"), "Look at it")


def _missed_starts() -> Iterator[Banner]:
    for campaign in scheduling.overdue():
        when = when_words(campaign.starts_at, campaign.zone) if campaign.starts_at else "before"
        text = f"The campaign “{campaign.name}” should have started {when}. It waits for your word."
        href = url_for("campaigns.show", campaign_id=campaign.id)
        yield Banner("bad", text, href, "Decide")


def _open_alerts() -> Iterator[Banner]:
    """Tell of what no other line tells of already, and nobody knows yet."""
    rules = [alerts.rule_of(alert) for alert in shown.standing() if not alert.silenced]
    titles = [rule.title for rule in rules if not rule.has_banner]
    if titles:
        more = f", and {len(titles) - 1} more" if len(titles) > 1 else ""
        yield Banner("bad", f"{titles[0]}{more}.", url_for("health.index"), "What to do")


def _rehearsal() -> Iterator[Banner]:
    carriers = settings().carriers
    tried = [name for name, (_, rehearsal) in carriers.items() if rehearsal]
    if not tried:
        return
    what = "messages and payments go" if len(tried) == len(carriers) else _listed(tried)
    yield Banner(
        "info",
        f"You are trying it out: {what} to the sandbox, not to real people.",
        settings().sandbox_url,
        "Open the sandbox",
    )


def _listed(names: list[str]) -> str:
    words = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{words} {'go' if len(names) > 1 or names == ['Payments'] else 'goes'}"
