"""Before the send: the text of every recipient is made once, and whoever gets none is told why."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from webapp.accounts.acting import record
from webapp.campaigns.composing import Composer, Letter, Trouble, composer, first_of
from webapp.campaigns.expanding import (
    SECONDS,
    Person,
    last_recipient,
    note_problems,
    people_after,
)
from webapp.campaigns.models import Campaign
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Run

ANYWHERE = "*"


def seal(campaign: Campaign) -> str:
    """Return a digest of all that a check depends on: texts, channels and recipients."""
    seen = [
        campaign.channels,
        campaign.sms_id,
        campaign.whatsapp_id,
        campaign.email_id,
        campaign.fillings,
        campaign.total,
        last_recipient(campaign.id),
    ]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def is_fresh(campaign: Campaign) -> bool:
    """Say whether the last check saw what would be sent now."""
    return campaign.checked is not None and campaign.checked == seal(campaign)


def ask(campaign: Campaign) -> Job:
    """Ask for a check; a second click, or a second operator, asks for the same one."""
    job = enqueue(
        JobKind.CAMPAIGN_CHECK,
        about=campaign,
        key=f"campaign:{campaign.id}",
        campaign_id=campaign.id,
    )
    record("campaign.check_asked", f"Checked the recipients of “{campaign.name}”", about=campaign)
    return job


@dataclass(slots=True)
class Findings:
    """What a check has found so far. Units and zones are counted by "channel country"."""

    seal: str
    reached: int = 0
    seen: int = 0
    good: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    #: Messages by the channel that is tried first, and how many could be told by a later one.
    first: Counter[str] = field(default_factory=Counter)
    spare: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    spare_units: Counter[str] = field(default_factory=Counter)
    #: By "channel zone"; the empty zone is that of the campaign.
    zones: Counter[str] = field(default_factory=Counter)
    checked_at: str | None = None

    def add(self, who: Person, found: Sequence[Letter | Trouble]) -> Letter | Trouble:
        """Count one recipient, and return what is sent first, or why nothing is."""
        first = first_of(found)
        self.seen += 1
        if isinstance(first, Trouble):
            self.problems[first.code] += 1
            return first
        self.good += 1
        self.first[first.channel] += 1
        self.zones[f"{first.channel} {who.zone or ''}"] += 1
        country = who.country or ANYWHERE
        self.units[f"{first.channel} {country}"] += first.text.units
        for later in found[found.index(first) + 1 :]:
            if isinstance(later, Letter):
                self.spare[later.channel] += 1
                self.spare_units[f"{later.channel} {country}"] += later.text.units
        return first

    def as_json(self) -> dict[str, Any]:
        """Return what is stored at the campaign."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Findings":
        """Return what was stored; unknown parts are left out."""
        known = {name: stored[name] for name in cls.__slots__ if name in stored}
        counters = {
            name: Counter(value) for name, value in known.items() if isinstance(value, dict)
        }
        return cls(**{**known, **counters})


def _plain(value: Any) -> Any:
    return {str(name): count for name, count in value.items()} if isinstance(value, dict) else value


def check(run: Run, campaign: Campaign) -> bool:
    """Make every text once, and note who gets none. False when a slice of it is left.

    Commits after each few recipients, with what was found so far, so that it goes on from there. When
    somebody has changed texts or recipients meanwhile, it begins anew.
    """
    wanted = seal(campaign)
    so_far = campaign.findings.get("under_way") or {}
    findings = Findings.of(so_far) if so_far.get("seal") == wanted else Findings(wanted)
    texts, total, number = composer(campaign), campaign.total, campaign.id
    end = time.monotonic() + SECONDS
    while check_some(number, findings, texts):
        _store(number, under_way=findings.as_json())
        run.step(
            findings.seen,
            max(findings.seen, total),
            f"Looked at {findings.seen:,} of {total:,} recipients.",
        )
        if time.monotonic() > end:
            return False
    findings.checked_at = now().isoformat()
    db.session.refresh(campaign)
    if seal(campaign) != wanted:
        return False
    _store(number, checked=wanted, **findings.as_json())
    return True


def check_some(campaign_id: int, findings: Findings, texts: Composer) -> bool:
    """Look at the next recipients; False when there is none. The caller commits."""
    people = people_after(campaign_id, findings.reached)
    suppressed = texts.suppressed(people)
    db.session.commit()  # on SQLite nobody else could write while the texts are made
    firsts = [findings.add(one, list(texts.each(one, suppressed=suppressed))) for one in people]
    note_problems(people, firsts)
    findings.reached = people[-1].id if people else findings.reached
    return bool(people)


def _store(campaign_id: int, *, checked: str | None = None, **findings: Any) -> None:
    values: dict[str, Any] = {"findings": findings, "version": Campaign.version + 1}
    if checked is not None:
        values["checked"] = checked
    db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
