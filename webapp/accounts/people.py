"""The people who work here: invited, given a role, let in and out."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.accounts import links, passwords, sessions
from webapp.accounts.acting import Actor, act_as, record, who
from webapp.accounts.models import Link, Role, User
from webapp.extensions import db


class NotPossible(Exception):
    """It cannot be done as asked; the text says why."""


LAST_ADMIN = (
    "{name} is the only admin who is left. Make somebody else an admin first, "
    "or nobody could look after the accounts any more."
)


def normal_email(text: str) -> str | None:
    """Return the one form in which an address is stored, or None when it cannot be one."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def by_email(text: str) -> User | None:
    """Return the person with an address, however it was typed."""
    email = normal_email(text)
    return db.session.scalar(select(User).where(User.email == email)) if email else None


def everybody() -> list[User]:
    """Return all people, those who work here now first."""
    return list(db.session.scalars(select(User).order_by(User.active.desc(), User.name, User.id)))


def make_first_admin(token: str, *, name: str, email: str, password: str) -> User | None:
    """Make the first account with a set-up link; None when it no longer works.

    Two people who use the link at once are told apart by the link's row, which one of them takes.
    """
    secret = passwords.hashed(password)
    link = links.find(token, slot=links.SETUP)
    if link is None or not links.use(link, token) or _somebody_is_there():
        return None
    user = _add(name=name, email=email, role=Role.ADMIN)
    user.password_hash = secret
    act_as(Actor(user.id, who().address))
    record("user.first", f"Made the first account, for {name}", about=user)
    return user


def invite(*, name: str, email: str, role: Role) -> tuple[User, str]:
    """Add a person and return the link at which a password is set. Raises NotPossible."""
    user = _add(name=name, email=email, role=role)
    record("user.invited", f"Invited {name} as {role.value}", about=user, role=role.value)
    return user, links.for_password(user)


def new_link(user: User) -> str:
    """Return a new link at which a person sets a password. Raises NotPossible."""
    if not user.active:
        raise NotPossible(f"{user.name} is deactivated. Reactivate the account first.")
    record("user.link", f"Made a link for {user.name} to set a password", about=user)
    return links.for_password(user)


def change(user: User, *, name: str, role: Role, session_id: int | None = None) -> None:
    """Give a person another name or role. Raises NotPossible.

    With another role his sessions end, except the one that is named.
    """
    before = {"name": user.name, "role": user.role.value}
    if user.role != role:
        if role is not Role.ADMIN:
            _keep_an_admin(user)
        user.role = role
        sessions.end_all(user, but=session_id)
        record(
            "user.role", f"Changed the role of {user.name} to {role.value}", about=user, was=before
        )
    if user.name != name:
        user.name = name
        record("user.name", f"Changed the name of {before['name']} to {name}", about=user)


def deactivate(user: User) -> None:
    """Let a person in no more: sessions and links end with it. Raises NotPossible."""
    if not user.active:
        return
    _keep_an_admin(user)
    user.active = False
    sessions.end_all(user)
    links.void(user)
    record("user.deactivated", f"Deactivated {user.name}", about=user)


def reactivate(user: User) -> None:
    """Let a person in again."""
    if not user.active:
        user.active = True
        record("user.reactivated", f"Reactivated {user.name}", about=user)


def set_password(link: Link, token: str, password: str) -> User | None:
    """Set the password of a link's person, and end every session; None when it no longer works."""
    user, secret = link.user, passwords.hashed(password)
    if user is None or not links.use(link, token):
        return None
    user.password_hash = secret
    sessions.end_all(user)
    act_as(Actor(user.id, who().address))
    record("user.password", f"{user.name} set a password with a link", about=user)
    return user


def change_password(user: User, secret: str, *, session_id: int | None) -> int:
    """Store another password's hash and end the other sessions; return how many there were."""
    user.password_hash = secret
    record("user.password", f"{user.name} changed the password", about=user)
    return sessions.end_all(user, but=session_id)


def _add(*, name: str, email: str, role: Role) -> User:
    user = User(name=name, email=email, role=role)
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        raise NotPossible(f"Somebody with the e-mail address {email} is already here.") from None
    return user


def _somebody_is_there() -> bool:
    return db.session.scalar(select(User.id).limit(1)) is not None


def _keep_an_admin(user: User) -> None:
    """Refuse to lose the last admin; the rows stay locked, so that two cannot demote each other."""
    admins = db.session.scalars(
        select(User.id)
        .where(User.role == Role.ADMIN, User.active.is_(True))
        .order_by(User.id)
        .with_for_update()
    ).all()
    if list(admins) == [user.id]:
        raise NotPossible(LAST_ADMIN.format(name=user.name))
