"""Turn a provider's code into what to do and words for a person; the table is outcomes.toml."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from webapp.messages.channels import Channel, Outcome, OutcomeKind

LONGEST_WAIT = 3600.0
SMTP_CODE = re.compile(r"(session )?(\d{3})(?: (\d\.\d{1,3}\.\d{1,3}))?")


class Flag(StrEnum):
    """What to do beside the kind; the words are explained at the head of outcomes.toml."""

    ALERT = "alert"
    SUPPRESS_MARKETING = "suppress_marketing"
    SUPPRESS_CHANNEL = "suppress_channel"
    HARD_BOUNCE = "hard_bounce"
    BAD_ADDRESS = "bad_address"
    PAUSE_ON_RUN = "pause_on_run"
    NEEDS_TEMPLATE = "needs_template"
    REUPLOAD_MEDIA = "reupload_media"
    SAME_RECIPIENT = "same_recipient"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row of the table."""

    sentence: str
    advice: str
    kind: OutcomeKind
    flags: frozenset[Flag] = frozenset()
    wait: float | None = None
    growth: float = 1.0
    retries: int | None = None

    def delay(self, attempt: int) -> float | None:
        """Return the seconds to wait after an attempt (the first is 1), or None: as usual."""
        if self.wait is None:
            return None
        # The exponent is bounded so that a row of many attempts cannot overflow a float.
        return min(self.wait * self.growth ** min(max(attempt - 1, 0), 64), LONGEST_WAIT)


def explain(channel: Channel, code: str | None) -> Explanation:
    """Say what a code of this channel's provider means; every code gets an answer."""
    if code is None:
        return _table()["any"]["no_answer"]
    row = find(channel, code)
    if row:
        return row
    # "fault 123" is an unknown code that came with a 5xx.
    number = code.removeprefix("fault ")
    row = _table()["any"]["unknown_code" if number == code else "unknown_fault"]
    return replace(row, sentence=row.sentence.format(code=number))


def find(channel: Channel, code: str) -> Explanation | None:
    """Return the most exact row for a code, or None."""
    table = _table()
    for key in _keys(channel, code):
        row = table[channel].get(key) or table["any"].get(key)
        if row:
            return row
    return None


def outcome(
    channel: Channel,
    code: str,
    *,
    attempt: int = 1,
    detail: str | None = None,
    retry_after: float | None = None,
) -> Outcome:
    """Make the outcome for a code; a `retry_after` of the provider outweighs the table's wait."""
    row = explain(channel, code)
    wait = retry_after if retry_after is not None else row.delay(attempt)
    return Outcome(row.kind, code=code, detail=detail, retry_after=wait)


def rows() -> dict[str, dict[str, Explanation]]:
    """Return the whole table: section (a channel, or `any`) -> key -> row."""
    return _table()


def _keys(channel: Channel, code: str) -> Iterator[str]:
    yield code
    if channel is Channel.EMAIL and (match := SMTP_CODE.fullmatch(code)):
        yield from _smtp_keys(*match.groups())
    elif code.startswith("http "):
        yield f"{code[:6]}xx"
    elif code.isdecimal():
        number = int(code)
        yield from (key for low, high, key in _ranges(channel) if low <= number <= high)


def _smtp_keys(session: str | None, reply: str, enhanced: str | None) -> Iterator[str]:
    if session:
        yield f"session {reply}"
        yield f"session {reply[0]}xx"
    # Some servers answer 450 with a 5.x.x; the reply code decides whether it may be tried again.
    if enhanced and enhanced[0] == reply[0]:
        yield f"{reply} {enhanced}"
        yield enhanced
        yield f"{enhanced.rpartition('.')[0]}.x"
    yield reply
    yield f"{reply[0]}xx"


@cache
def _table() -> dict[str, dict[str, Explanation]]:
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        section: {key: _row(values) for key, values in entries.items()}
        for section, entries in raw.items()
    }


@cache
def _ranges(channel: Channel) -> tuple[tuple[int, int, str], ...]:
    spans = (key for key in _table()[channel] if re.fullmatch(r"\d+-\d+", key))
    return tuple((int(key.split("-")[0]), int(key.split("-")[1]), key) for key in spans)


def _row(values: dict[str, Any]) -> Explanation:
    kind = OutcomeKind(values.pop("kind"))
    flags = frozenset(Flag(flag) for flag in values.pop("flags", ()))
    return Explanation(kind=kind, flags=flags, **values)
