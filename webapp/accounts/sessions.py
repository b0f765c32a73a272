"""The sessions: begun at sign-in, prolonged while somebody is there, ended from either side."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from webapp.accounts import in_passing, tokens
from webapp.accounts.models import Session, User
from webapp.clock import now
from webapp.extensions import db
from webapp.states import rows_changed

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)


class Visit(NamedTuple):
    """The session of this request, as it was when the request began."""

    session_id: int
    began_at: datetime
    seen_at: datetime


def begin(user: User, *, address: str, browser: str) -> str:
    """Open a session for a person and return its token, which is stored nowhere."""
    token, moment = tokens.new(), now()
    db.session.add(
        Session(
            token_hash=tokens.fingerprint(token),
            user_id=user.id,
            created_at=moment,
            seen_at=moment,
            expires_at=moment + IDLE,
            address=address[:64],
            browser=browser[:300],
        )
    )
    return token


def find(token: str) -> Session | None:
    """Return the living session of a token, with its user, by one query."""
    asked = {"fingerprint": tokens.fingerprint(token), "moment": now()}
    session = db.session.scalar(_LIVING, asked)
    return session if session and session.user.active else None


# Built once: it is part of every request of somebody who is signed in.
_LIVING = select(Session).where(
    Session.token_hash == bindparam("fingerprint"), Session.expires_at > bindparam("moment")
)


def of(user: User) -> list[Session]:
    """Return a person's living sessions, the one used last first."""
    living = select(Session).where(Session.user_id == user.id, Session.expires_at > now())
    return list(db.session.scalars(living.order_by(Session.seen_at.desc(), Session.id.desc())))


def end(user: User, session_id: int) -> bool:
    """End one session of a person; False when it is not his or has already ended."""
    ended = db.session.execute(
        delete(Session).where(Session.id == session_id, Session.user_id == user.id)
    )
    return bool(rows_changed(ended))


def end_all(user: User, *, but: int | None = None) -> int:
    """End a person's sessions, except the one that is named; return how many there were."""
    theirs = delete(Session).where(Session.user_id == user.id)
    ended = db.session.execute(theirs if but is None else theirs.where(Session.id != but))
    return rows_changed(ended)


def due(visit: Visit) -> bool:
    """Say whether it is time to write down that the person is still there."""
    return now() - visit.seen_at >= SEEN_EVERY


def prolong(visit: Visit) -> bool:
    """Write down that the person is still there; False when another writer is at work."""
    moment = now()
    return in_passing.write(
        update(Session)
        .where(Session.id == visit.session_id, Session.seen_at < moment)
        .values(seen_at=moment, expires_at=min(moment + IDLE, visit.began_at + ABSOLUTE))
    )


BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def browser_name(user_agent: str) -> str:
    """Say in people's words which browser this is; the order of the names matters."""
    browser = next((name for sign, name in BROWSERS.items() if f"{sign}/" in user_agent), None)
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    other = re.match(r"[A-Za-z][\w.-]{1,30}", user_agent)
    return browser or system or (other.group() if other else "Unknown browser")
