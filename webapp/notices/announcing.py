"""One notice for many: asked for at once, given by a job."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Exists, Select, exists, func, select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record
from webapp.accounts.models import Role, User
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.queue import enqueue
from webapp.notices.models import Announcement, Level, Notice
from webapp.notices.telling import give

SOME = 500


class Nobody(Exception):
    """There is nobody to tell; the text says why."""


def send_bulk_notifications(
    title: str,
    message: str,
    *,
    level: Level,
    form_key: str,
    role: Role | None = None,
    users: Sequence[int] | None = None,
) -> Announcement:
    """Ask for a notice to these users, to all of a role, or else to everybody who works here.

    The same form sent again is the same announcement. Raises Nobody.
    """
    if (made := _made(form_key)) is not None:
        return made
    announcement = Announcement(
        form_key=form_key,
        level=level,
        title=title,
        text=message,
        role=role,
        picked=None if users is None else sorted(set(users)),
        recipients=0,
    )
    announcement.recipients = _count(_whom(announcement).where(User.active.is_(True)))
    if not announcement.recipients:
        raise Nobody("Nobody who works here now is meant by this.")
    try:
        with db.session.begin_nested():
            db.session.add(announcement)
    except IntegrityError:  # the same form, in this very moment
        if (made := _made(form_key)) is not None:
            return made
        raise
    enqueue(
        JobKind.NOTICES_SEND,
        about=announcement,
        key=str(announcement.id),
        announcement_id=announcement.id,
    )
    record(
        "announcement.made",
        f"Told {people(announcement.recipients)} “{title}”",
        about=announcement,
    )
    return announcement


def give_some(announcement: Announcement, *, most: int = SOME) -> int:
    """Give the notice to some who have it not yet; return to how many, 0 when all have it.

    Who has it is read from the notices themselves, so it goes on wherever it was broken off.
    """
    return give(
        _left(announcement).order_by(User.id).limit(most),
        announcement.title,
        announcement.text,
        level=announcement.level,
        key=announcement.key,
    )


def given(announcement: Announcement) -> int:
    """Return how many have the notice."""
    return _count(select(User.id).where(_has(announcement)))


def said(announcement: Announcement) -> str:
    """Say how many were told."""
    return f"Told {people(given(announcement))}."


def title_of(announcement_id: str) -> str | None:
    """Return what an announcement is called."""
    wanted = select(Announcement.title).where(Announcement.id == int(announcement_id))
    return db.session.scalar(wanted)


def people(count: int) -> str:
    """Say how many they are."""
    return "1 person" if count == 1 else f"{count:,} people"


def _left(announcement: Announcement) -> Select[Any]:
    return _whom(announcement).where(User.active.is_(True), ~_has(announcement))


def _has(announcement: Announcement) -> Exists:
    return exists().where(Notice.user_id == User.id, Notice.key == announcement.key)


def _whom(announcement: Announcement) -> Select[Any]:
    users = select(User.id)
    if announcement.created_at is not None:  # whoever comes later was not meant
        users = users.where(User.created_at <= announcement.created_at)
    if announcement.picked is not None:
        return users.where(User.id.in_(announcement.picked))
    return users if announcement.role is None else users.where(User.role == announcement.role)


def _count(users: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(users.subquery())) or 0


def _made(form_key: str) -> Announcement | None:
    return db.session.scalar(select(Announcement).where(Announcement.form_key == form_key))
