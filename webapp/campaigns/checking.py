"""Before the send: the text of every recipient is made once, and whoever gets none is told why."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import update

from webapp.accounts.acting import record
from webapp.campaigns.composing import Composer, Letter, Trouble, composer, first_of
from webapp.campaigns.expanding import SECONDS
from webapp.campaigns.in_turn import (
    Person,
    being_read,
    last_recipient,
    note_problems,
    people_after,
)
from webapp.campaigns.models import NOT_SENT, Campaign
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Impossible, NotNow, Run
from webapp.message_templates.rendering import BadTemplate
from webapp.messages import no_offers
from webapp.messages.channels import Channel
from webapp.states import rows_changed

log = structlog.get_logger(__name__)

#: Where a check that is not finished keeps what it has found so far.
UNDER_WAY = "under_way"


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


def place(channel: Channel, country: str | None) -> str:
    """Return the key under which units are counted, as in ``Batch.billed``."""
    return f"{channel} {country or ''}".strip()


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
        self.units[place(first.channel, who.country)] += first.text.units
        for later in found[found.index(first) + 1 :]:
            if isinstance(later, Letter):
                self.spare[later.channel] += 1
                self.spare_units[place(later.channel, who.country)] += later.text.units
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

    Commits after each few recipients, with what was found so far, so that it goes on from there.
    When texts or recipients change meanwhile, it begins anew; when it is sent, it ends.
    """
    wanted, number, total = seal(campaign), campaign.id, campaign.total
    before = {name: value for name, value in campaign.findings.items() if name != UNDER_WAY}
    so_far = campaign.findings.get(UNDER_WAY, {})
    findings = Findings.of(so_far) if so_far.get("seal") == wanted else Findings(wanted)
    if UNDER_WAY in campaign.findings and so_far.get("seal") != wanted:
        log.info("Texts or recipients have changed, so the check begins anew")
    texts, end = _texts(campaign), time.monotonic() + SECONDS
    while check_some(number, findings, texts):
        if not _store(number, {**before, UNDER_WAY: findings.as_json()}):
            return True
        words = f"Looked at {findings.seen:,} of {total:,} recipients."
        run.step(findings.seen, max(findings.seen, total), words)
        if time.monotonic() > end:
            return False
    if being_read(number):
        raise NotNow(
            "Recipients are being read just now, so the check cannot be finished.",
            "There is nothing to do: it is tried again by itself when they have been read.",
        )
    log.info("Checked the recipients", good=findings.good, problems=findings.problems.total())
    findings.checked_at = now().isoformat()
    db.session.refresh(campaign)
    return _store(number, findings.as_json(), checked=wanted) and seal(campaign) == wanted


def _texts(campaign: Campaign) -> Composer:
    try:
        return composer(campaign)
    except BadTemplate as problem:
        raise Impossible(
            str(problem), "Choose another template for the campaign, or mend this one."
        ) from problem


def check_some(campaign_id: int, findings: Findings, texts: Composer) -> bool:
    """Look at the next recipients; False when there is none. The caller commits."""
    people = people_after(campaign_id, findings.reached)
    no_offers.come_back(texts.lanes(people))
    suppressed = texts.suppressed(people)
    db.session.commit()  # on SQLite nobody else could write while the texts are made
    firsts = [findings.add(one, list(texts.each(one, suppressed=suppressed))) for one in people]
    note_problems(people, firsts)
    findings.reached = people[-1].id if people else findings.reached
    return bool(people)


def _store(campaign_id: int, findings: dict[str, Any], **also: Any) -> bool:
    """Keep the findings with a campaign that has not been sent yet."""
    stored = db.session.execute(
        update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.state.in_(NOT_SENT))
        .values(findings=findings, version=Campaign.version + 1, **also)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(stored) == 1


def summary(campaign: Campaign) -> str:
    """Return what a check found, in a sentence."""
    db.session.refresh(campaign)
    good, bad = campaign.findings.get("good", 0), problems(campaign)
    if not bad:
        return f"All {good:,} can be sent to."
    return f"{good:,} can be sent to, {bad:,} cannot."


def problems(campaign: Campaign) -> int:
    """Return how many recipients get nothing."""
    return sum(campaign.findings.get("problems", {}).values())
