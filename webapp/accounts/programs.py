"""The tokens of programs: made, shown once, found, revoked."""

import re
import zlib
from collections.abc import Collection
from datetime import datetime, timedelta
from secrets import randbits

from sqlalchemy import bindparam, select, update

from webapp.accounts import in_passing, tokens
from webapp.accounts.acting import record
from webapp.accounts.models import ApiToken, User
from webapp.accounts.scopes import MEANINGS, Scope, covers
from webapp.clock import now
from webapp.extensions import db
from webapp.states import rows_changed

BITS = 256
#: The sign by which a scanner of public code knows one of ours, and the letters after it.
SIGN, LETTERS = "bh_", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM, CHECK = 43, 6  # letters that hold 256 and 32 bits
FORM = re.compile(rf"{SIGN}[0-9A-Za-z]{{{RANDOM + CHECK}}}")
SHOWN = 9
USED_EVERY = timedelta(minutes=1)


class NotPossible(Exception):
    """What was asked of a token cannot be done; the text says why."""


def make(
    name: str, scopes: Collection[Scope], *, by: User, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for a program; return it and its secret, which is stored nowhere."""
    secret = new_secret()
    made = ApiToken(
        name=name,
        prefix=secret[:SHOWN],
        token_hash=tokens.fingerprint(secret),
        scopes=[scope.value for scope in Scope if scope in scopes],
        user=by,
        expires_at=expires_at,
    )
    db.session.add(made)
    db.session.flush()
    record("token.made", f"Made the token “{name}” for a program", about=made, scopes=made.scopes)
    return made, secret


def revoke(token: ApiToken) -> None:
    """Let the program in no more, from the next request on. Raises NotPossible."""
    ended = db.session.execute(
        update(ApiToken)
        .where(ApiToken.id == token.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    db.session.refresh(token)
    if rows_changed(ended) != 1:
        raise NotPossible("This token has already been revoked.")
    record("token.revoked", f"Revoked the token “{token.name}”", about=token)


def everyone() -> list[ApiToken]:
    """Return the tokens, those that may still work first, then the newest first."""
    order = (ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
    return list(db.session.scalars(select(ApiToken).order_by(*order)))


def find(secret: str) -> ApiToken | None:
    """Return the token of a secret while it works, with who made it, by at most one query."""
    if not well_made(secret):
        return None
    token = db.session.scalar(_BY_SECRET, {"fingerprint": tokens.fingerprint(secret)})
    return token if token and token.state == "active" else None


# Built once: it is part of every request of a program.
_BY_SECRET = select(ApiToken).where(ApiToken.token_hash == bindparam("fingerprint"))


def may(token: ApiToken, scope: Scope) -> bool:
    """Say whether a program may do something: its token says so, and who made that still may."""
    return covers(token.scopes, scope) and token.user.can(MEANINGS[scope].role)


def note_use(token: ApiToken) -> None:
    """Write down that the token was used, at most once a minute; never waits.

    Call it before anything else is done in the session: its transaction ends here.
    """
    moment, token_id = now(), token.id
    if token.used_at is None or moment - token.used_at >= USED_EVERY:
        db.session.rollback()  # on SQLite it may hold the lock that the other connection needs
        in_passing.write(update(ApiToken).where(ApiToken.id == token_id).values(used_at=moment))


def new_secret() -> str:
    """Return a new secret: a sign, 256 random bits, and a checksum of them."""
    text = _written(randbits(BITS), RANDOM)
    return f"{SIGN}{text}{checksum(text)}"


def well_made(secret: str) -> bool:
    """Say whether this can be a secret of ours at all, without asking the database."""
    return bool(FORM.fullmatch(secret)) and secret.endswith(checksum(secret[len(SIGN) : -CHECK]))


def checksum(text: str) -> str:
    """Return the CRC-32 of a text in six letters."""
    return _written(zlib.crc32(text.encode()), CHECK)


def _written(number: int, length: int) -> str:
    text = ""
    while len(text) < length:
        number, rest = divmod(number, len(LETTERS))
        text = LETTERS[rest] + text
    return text
