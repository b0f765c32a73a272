"""What every page has to do that takes files: let large bodies in, and refuse larger ones so that it is heard.

Werkzeug reads a form, and with it the file, before any view runs; a file goes to the temporary
folder meanwhile and is never whole in memory.
"""

import time
from collections.abc import Callable, Mapping
from typing import IO, Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from webapp import errors
from webapp.accounts.models import Role
from webapp.extensions import db, settings

MEGABYTE = 1024 * 1024
FORM_BYTES = 64 * 1024  # what the form has beside the files
#: Seconds for which a body that is too large is thrown away, so that the browser hears the answer.
PATIENCE = 20.0
PART = 256 * 1024


def accept(
    bp: Blueprint, endpoints: Mapping[str, Role], *, refused: Callable[[], ResponseReturnValue]
) -> None:
    """Let people of a role send files of UPLOAD_MEGABYTES to some endpoints of a blueprint.

    Whoever may not gets the limit of every other request. What is too large by its Content-Length
    is answered by ``refused`` before it is read, then thrown away; what has no length, as soon as
    it is too long.
    """

    def may() -> bool:
        role = endpoints.get(request.endpoint or "")
        return role is not None and current_user.is_authenticated and bool(current_user.can(role))

    @bp.url_value_preprocessor
    def allow(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        if request.method == "POST" and may():
            request.max_content_length = most_bytes() + FORM_BYTES
            db.session.rollback()  # an upload takes long, and must not keep other writers out

    @bp.errorhandler(RequestEntityTooLarge)
    def too_much(_error: RequestEntityTooLarge) -> ResponseReturnValue:
        if not may():
            return errors.answer(413)
        answer = refused()
        db.session.rollback()
        throw_away()
        return answer


def most_bytes() -> int:
    """Return how large a file may be."""
    return settings().upload_megabytes * MEGABYTE


def too_large() -> str:
    """Return the sentence for a file that is larger."""
    return f"This file is larger than {settings().upload_megabytes} MB."


def size_of(stream: IO[bytes]) -> int:
    """Return the bytes of a file that can be gone back in; leaves it at its beginning."""
    size = stream.seek(0, 2)
    stream.seek(0)
    return size


def throw_away() -> None:
    """Read what is still being sent, for a while: a connection closed before shows it no answer at all."""
    left, end = request.content_length or 0, time.monotonic() + PATIENCE
    source = request.environ["wsgi.input"]
    while left > 0 and time.monotonic() < end:
        part = source.read(min(PART, left))
        if not part:
            return
        left -= len(part)
