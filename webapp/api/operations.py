"""How a route of the API is declared: who may, what it takes and gives, and all that can go wrong."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

from flask import Request, abort, request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs import core
from webargs.flaskparser import FlaskParser

from webapp import uploads
from webapp.accounts.bearer import bearer
from webapp.accounts.scopes import Scope
from webapp.api import errors
from webapp.api.errors import ErrorSchema
from webapp.extensions import csrf, db

View = Callable[..., Any]
NOT_JSON = "The body has to be JSON."
NO_OBJECT = "The body has to be one object: {…}."
TWICE = "This stands here twice. Say it once."
#: What any request can get; a route adds what is its own.
REFUSALS = {
    401: "There is no token, or it does not work.",
    403: "The token may not do this.",
    429: "That was too often: wait as many seconds as `Retry-After` says.",
    500: "Something went wrong on our side.",
    503: "The database or the place for files did not answer.",
}
CHALLENGE = {
    "WWW-Authenticate": {
        "description": "Which token is needed.",
        "schema": {"type": "string"},
    }
}
RETRY = {
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
IDEMPOTENCY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": (
        "Any text of yours, new for each thing to be made, such as a UUID. The same key with the "
        "same request within a day gives the same answer, and makes nothing twice."
    ),
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


class Parser(FlaskParser):
    """Reads what a program sends: JSON only where it is called JSON, and nothing unknown."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - as webargs declares it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return what stands after the ?, each once: of two, nobody could say which is meant."""
        twice = [name for name, values in req.args.lists() if len(values) > 1]
        if twice:
            raise errors.BadFields({name: [TWICE] for name in twice})
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs hands it over
        """Return the body; one that is empty is as good as an empty object."""
        raw = req.get_data(cache=True)
        if not raw:
            return core.missing
        if req.content_length is None and len(raw) >= (req.max_content_length or sys.maxsize):
            abort(413)  # it came in pieces, and was cut off where it is too much
        if not req.is_json:
            abort(415, NOT_JSON)
        try:
            found = json.loads(raw, object_pairs_hook=_each_once)
        except (ValueError, RecursionError):  # also numbers of too many digits, and wrong bytes
            abort(400, "The body is not valid JSON.")
        if not isinstance(found, dict):
            raise errors.BadFields({"": [NO_OBJECT]})
        return found

    def _handle_invalid_json_error(self, *_: Any, **__: Any) -> NoReturn:
        abort(400, "The body is not valid JSON.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of the body; of two values of one name, nobody could say which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise errors.BadFields({name: [TWICE] for name in found if names.count(name) > 1})
    return found


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest brings no types
    """The routes of the API."""

    ARGUMENTS_PARSER = Parser()


bp = ApiBlueprint("api", __name__, url_prefix="/api")
csrf.exempt(bp)  # a program has no form of ours; its token says who it is, and no cookie is read
errors.register(bp)


def operation(
    rule: str,
    scope: Scope,
    *,
    out: type[Schema],
    tag: str,
    post: bool = False,
    status: int = 200,
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    file: bool = False,
    once: bool = False,
    also: dict[int, str] | None = None,
    given: dict[int, type[Schema] | None] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> Callable[[View], View]:
    """Declare a route of the API, with its description.

    ``also`` are refusals of its own; ``given`` are answers that are none; ``once``: it heeds an
    ``Idempotency-Key``; ``file``: it takes a form with a file. The view's docstring is what the
    description says.
    """
    refusals = {**REFUSALS, **_of_input(rule, body, query, file=file, once=once), **(also or {})}

    def declare(view: View) -> View:
        made = bp.response(status, out)(view)
        for code, schema in (given or {}).items():
            made = bp.alt_response(code, schema=schema, success=True)(made)
        for code, words in refusals.items():
            headers = {401: CHALLENGE, 403: CHALLENGE, 429: RETRY}.get(code)
            made = bp.alt_response(code, schema=ErrorSchema, description=words, headers=headers)(
                made
            )
        if body is not None:
            made = bp.arguments(body, required=bool(_needed(body)))(made)
        if query is not None:
            made = bp.arguments(query, location="query")(made)
        made = bp.doc(**_described(scope, once=once, file=file, parameters=parameters))(made)
        made = bearer(scope)(_prepared(made, file=file))
        bp.route(rule, methods=["POST" if post else "GET"], tags=[tag])(made)
        return made

    return declare


def _prepared(view: View, *, file: bool) -> View:
    """Return the view; whoever got so far may send as large a file as a person may."""
    if not file:
        return view

    @wraps(view)
    def prepared(*args: Any, **values: Any) -> Any:
        request.max_content_length = uploads.most_bytes() + uploads.FORM_BYTES
        db.session.commit()  # an upload takes long, and must not keep other writers out
        return view(*args, **values)

    return prepared


def _of_input(
    rule: str, body: type[Schema] | None, query: type[Schema] | None, *, file: bool, once: bool
) -> dict[int, str]:
    """Return what is refused because of what was sent."""
    found = {}
    if "<" in rule:
        found[404] = "There is nothing of this number."
    if body or query or file or once:
        found[422] = "Something in the request cannot be right; `fields` says what."
    if body:
        found[400] = "The body is not valid JSON."
        found[415] = "The body is not called JSON."
    if body or file:
        found[413] = "The body is too large."
    return found


def _needed(schema: type[Schema]) -> list[str]:
    return [name for name, field in schema().fields.items() if field.required]


def _described(
    scope: Scope, *, once: bool, file: bool, parameters: list[dict[str, Any]] | None
) -> dict[str, Any]:
    known: dict[str, Any] = {"security": [{"token": [scope.value]}]}
    extra = [*(parameters or []), *([IDEMPOTENCY] if once else [])]
    if extra:
        known["parameters"] = extra
    if file:
        known["requestBody"] = {"required": True, "content": {"multipart/form-data": FILE_FORM}}
    return known


FILE_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "The file, with its name.",
            }
        },
    }
}
