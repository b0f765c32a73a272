"""An alert opens once, does not flap, and is over when all has been well for a while."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, select, update

from webapp.accounts import acting
from webapp.accounts.acting import record
from webapp.accounts.models import Role, User
from webapp.clock import now
from webapp.extensions import db
from webapp.health.models import Alert, Watch
from webapp.health.rules import BY_KEY, Rule
from webapp.health.thresholds import HOLD, WELL
from webapp.health.words import span_words
from webapp.notices.models import Level
from webapp.notices.telling import give
from webapp.states import rows_changed

PAGE = "/status"
TOLD = "alert:{}:{}"


def rule_of(alert: Alert) -> Rule:
    """Return the rule by which an alert was opened."""
    return BY_KEY[alert.rule]


_STANDING = select(Alert).where(Alert.closed_at.is_(None)).order_by(Alert.id)
#: That an alert has been told of and is not over.
IS_OPEN = and_(Alert.closed_at.is_(None), Alert.opened_at.is_not(None))


def standing() -> Sequence[Alert]:
    """Return the alerts that are open, oldest first."""
    return db.session.scalars(_STANDING.where(IS_OPEN)).all()


def lately(count: int) -> Sequence[Alert]:
    """Return the last alerts that are over, newest first."""
    over = select(Alert).where(Alert.closed_at.is_not(None))
    return db.session.scalars(over.order_by(Alert.id.desc()).limit(count)).all()


def follow(troubles: Mapping[str, str]) -> None:
    """Open and close alerts after what is the matter now, by the key of its rule. The caller commits."""
    moment = now()
    known = {alert.rule: alert for alert in db.session.scalars(_STANDING)}
    for key, sentence in troubles.items():
        _still(known.get(key) or _notice(key, sentence, moment), sentence, moment)
    for key, alert in known.items():
        if key not in troubles:
            _well(alert, moment)


def _notice(key: str, sentence: str, moment: datetime) -> Alert:
    alert = Alert(rule=key, text=sentence, noticed_at=moment, seen_at=moment)
    db.session.add(alert)
    return alert


def _still(alert: Alert, sentence: str, moment: datetime) -> None:
    alert.text, alert.seen_at, alert.well_since = sentence, moment, None
    if alert.opened_at is None and moment - alert.noticed_at >= HOLD:
        _open(alert, moment)
    elif alert.opened_at and alert.known_until and alert.known_until <= moment:
        # Whoever knew of it wanted to be reminded now.
        alert.known_until, alert.mailed_at = None, None
        _tell_admins(alert, f"Still so: {rule_of(alert).title}", f"again:{moment:%Y%m%d%H%M}")


def _open(alert: Alert, moment: datetime) -> None:
    alert.opened_at = moment
    before = _known_before(alert.rule, moment)
    if before is not None:
        alert.known_by_id, alert.known_until = before.known_by_id, before.known_until
    record("alert.opened", alert.text, about=alert)
    if not alert.silenced:
        _tell_admins(alert, rule_of(alert).title, "open")


def _known_before(rule: str, moment: datetime) -> Alert | None:
    """Return the last alert of the rule of which somebody still knows: this is the same trouble."""
    last = select(Alert).where(Alert.rule == rule, Alert.known_until > moment)
    return db.session.scalars(last.order_by(Alert.id.desc()).limit(1)).first()


def _well(alert: Alert, moment: datetime) -> None:
    if alert.opened_at is None:
        db.session.delete(alert)  # it passed by itself
    elif alert.well_since is None:
        alert.well_since = moment
    elif moment - alert.well_since >= WELL:
        close(alert, moment)


def close(alert: Alert, moment: datetime) -> None:
    """Say that it is over. The caller commits."""
    alert.closed_at = moment
    record("alert.closed", end_words(alert), about=alert)
    if not alert.silenced:
        _tell_admins(alert, end_words(alert), "over", level=Level.OK, text="")


def end_words(alert: Alert) -> str:
    """Say that an alert is over, and how long it lasted."""
    ended = alert.well_since or alert.seen_at
    lasted = span_words((ended - alert.noticed_at).total_seconds())
    return f"Well again, after {lasted}: {rule_of(alert).title}"


def _tell_admins(
    alert: Alert, title: str, what: str, *, level: Level = Level.BAD, text: str | None = None
) -> None:
    db.session.flush()
    admins = select(User.id).where(User.role == Role.ADMIN)
    words = f"{alert.text} {rule_of(alert).advice}" if text is None else text
    give(admins, title, words, level=level, link=PAGE, key=TOLD.format(alert.id, what))


class AlreadyOver(Exception):
    """Nobody need say that he knows of what is over; the text is the sentence."""


def acknowledge(alert: Alert, span: timedelta) -> None:
    """Say that somebody knows of it, and need not be reminded for a while. Raises AlreadyOver."""
    until = now() + span
    kept = db.session.execute(
        update(Alert)
        .where(Alert.id == alert.id, Alert.closed_at.is_(None), Alert.opened_at.is_not(None))
        .values(known_by_id=acting.who().user_id, known_until=until)
    )
    if rows_changed(kept) != 1:
        raise AlreadyOver("It is over already: there is nothing to know any more.")
    db.session.execute(update(Watch).values(version=Watch.version + 1))
    db.session.refresh(alert)
    words = f"Knows of “{rule_of(alert).title}”, for {span_words(span.total_seconds())}"
    record("alert.acknowledged", words, about=alert)
