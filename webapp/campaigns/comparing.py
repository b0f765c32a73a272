"""What was said before a campaign was sent, beside what came of it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from webapp.campaigns import prices
from webapp.campaigns.models import Campaign
from webapp.campaigns.words import span_words
from webapp.messages.models import Batch
from webapp.messages.tallying import LEFT


class Row(NamedTuple):
    """One thing, as expected and as it came."""

    what: str
    expected: str
    came: str


def compare(campaign: Campaign, batch: Batch | None) -> list[Row]:
    """Return what can be held against its forecast; nothing when there was none."""
    said: dict[str, Any] = campaign.findings.get("forecast") or {}
    if batch is None or not said:
        return []
    left = sum(batch.counts.get(state, 0) for state in LEFT)
    units, billed = sum(said["units"].values()), sum(batch.billed.values())
    rows = [
        Row("Messages that leave", f"{said['messages']:,}", f"{left:,}"),
        Row("Charged for", f"{units:,}", f"{billed:,}{_beside(billed, units)}"),
    ]
    return [*rows, *_cost(said, batch), *_time(said, campaign)]


def _cost(said: dict[str, Any], batch: Batch) -> list[Row]:
    least, most = said["cost"], said["most_cost"]
    if not least and not most:
        return []
    words = prices.sum_words(least)
    if most != least:
        words = f"{words}, at most {prices.sum_words(most)}"
    came = prices.total(prices.bill(batch.billed))
    beside = _beside(sum(came.values()), sum(least.values())) if came.keys() == least.keys() else ""
    return [Row("Cost", words, f"{prices.sum_words(came)}{beside}")]


def _time(said: dict[str, Any], campaign: Campaign) -> list[Row]:
    if not said.get("ends") or campaign.started_at is None or campaign.finished_at is None:
        return []
    begun = datetime.fromisoformat(said["at"])
    soon, late = (datetime.fromisoformat(moment) - begun for moment in said["ends"])
    took = campaign.finished_at - campaign.started_at
    return [Row("Time", span_words(soon, late), span(took))]


def span(took: timedelta) -> str:
    """Say a span of time that has passed."""
    seconds = max(0, round(took.total_seconds()))
    if seconds < 120:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return span_words(took, took)


def _beside(came: int, expected: int) -> str:
    """Say how far a figure is from the one that was expected."""
    if not expected or came == expected:
        return ""
    share = 100 * (came - expected) / expected
    return f" ({abs(share):.1f} % {'more' if share > 0 else 'less'})"
