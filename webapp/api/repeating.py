"""The same request twice makes nothing twice: the answer to an ``Idempotency-Key`` is kept for a day."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Response, jsonify, request
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from webapp.accounts import bearer
from webapp.api.errors import refuse
from webapp.api.models import ApiAnswer
from webapp.clock import now
from webapp.extensions import db

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(days=1)
BAD_KEY = "Use 1 to 255 letters, digits and signs, without spaces."
OTHER = "This key was sent before with another request. Use a new key for each thing to be made."
BATCH = 500


class Made(NamedTuple):
    """What a request that makes something is answered with."""

    body: dict[str, Any]
    status: int
    location: str | None = None


def once(make: Callable[[], Made], body: dict[str, Any]) -> Response:
    """Make something and answer, or give the answer that the same request got before.

    ``body`` is what the request said. ``make`` must not commit: what it makes is stored in one
    transaction with its answer, so of two requests at once the second waits for the first, and an
    error leaves nothing behind. Commits.
    """
    key = _key()
    if key is None:
        made = make()
        db.session.commit()
        return _answer(made)
    fingerprint = digest(json.dumps(body, sort_keys=True, default=str))
    row = _claim(key, fingerprint)
    if row.status:
        return _again(row, fingerprint)
    made = make()
    row.body, row.status, row.location = made.body, made.status, made.location
    db.session.commit()
    return _answer(made)


def remembered(make: Callable[[], Made], fingerprint: str) -> Response:
    """Do the same for what has to commit while it is made, and by itself makes nothing twice.

    Of two requests at once, both run; the answer of whichever ends first is given to both.
    """
    key = _key()
    if key is None:
        return _answer(make())
    row = _kept(key)
    db.session.commit()
    if row is None:
        made = make()
        row = _claim(key, fingerprint)
        if not row.status:
            row.body, row.status, row.location = made.body, made.status, made.location
            db.session.commit()
            return _answer(made)
    return _again(row, fingerprint)


def forget_some(limit: int = BATCH) -> int:
    """Remove at most so many answers that are older than a day; return how many there were."""
    over = ApiAnswer.created_at <= now() - KEPT
    ids = db.session.scalars(select(ApiAnswer.id).where(over).limit(limit)).all()
    if ids:
        db.session.execute(delete(ApiAnswer).where(ApiAnswer.id.in_(ids)))
    return len(ids)


def digest(*parts: str) -> str:
    """Return the SHA-256 of what makes two requests the same."""
    asked = "\0".join([request.method, request.path, *parts])
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        refuse(**{HEADER: BAD_KEY})
    return key


def _kept(key: str) -> ApiAnswer | None:
    return db.session.scalar(
        select(ApiAnswer).where(
            ApiAnswer.token_id == bearer.token().id,
            ApiAnswer.key == key,
            ApiAnswer.created_at > now() - KEPT,
        )
    )


def _claim(key: str, fingerprint: str) -> ApiAnswer:
    """Return the row of a key: a new one, with status 0, or that of the request that came before.

    Whoever is second waits here until the first has ended; if that came to nothing, the row is new.
    """
    token_id = bearer.token().id
    while True:
        expired = ApiAnswer.created_at <= now() - KEPT
        db.session.execute(
            delete(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key, expired)
        )
        row = ApiAnswer(token_id=token_id, key=key, asked_hash=fingerprint, status=0, body={})
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            if (standing := _kept(key)) is not None:
                return standing
            continue  # it was taken back in this very moment
        return row


def _again(row: ApiAnswer, fingerprint: str) -> Response:
    if row.asked_hash != fingerprint:
        refuse(**{HEADER: OTHER})
    answer = _answer(Made(row.body, row.status, row.location))
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _answer(made: Made) -> Response:
    answer = jsonify(made.body)
    answer.status_code = made.status
    if made.location:
        answer.headers["Location"] = made.location
    return answer
