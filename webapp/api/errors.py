"""How a request that was refused is answered: one form, whatever went wrong."""

from collections.abc import Iterator
from typing import Any, NoReturn

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnprocessableEntity

from webapp import errors, uploads
from webapp.api.fields import told
from webapp.extensions import db

WRONG = "Something in the request cannot be right. The fields that are named say what."


class ErrorSchema(Schema):
    """Why a request was refused."""

    error = fields.String(required=True, **told("What is wrong, as a sentence."))
    advice = fields.String(required=True, **told("What can be done about it."))
    fields_ = fields.Dict(
        data_key="fields",
        attribute="fields",
        required=True,
        keys=fields.String(),
        values=fields.List(fields.String()),
        **told("What is wrong in which field, such as “recipients.3”; empty where it is none."),
    )
    request_id = fields.String(required=True, **told("To be named when you ask for help."))


class BadFields(HTTPException):
    """Some fields of the request cannot be right."""

    code = 422

    def __init__(self, wrong: dict[str, list[str]]) -> None:
        super().__init__(WRONG)
        self.fields = wrong


def refuse(**wrong: str) -> NoReturn:
    """Answer 422: what is wrong in which field; two underscores stand for a dot."""
    raise BadFields({name.replace("__", "."): [sentence] for name, sentence in wrong.items()})


def not_possible(sentence: object) -> NoReturn:
    """Answer 409, with nothing changed."""
    db.session.rollback()
    abort(409, str(sentence))


def register(bp: Blueprint) -> None:
    """Answer what is wrong in a request of this blueprint with the names of the fields."""

    @bp.errorhandler(BadFields)
    def bad_fields(error: BadFields) -> ResponseReturnValue:
        db.session.rollback()
        return errors.answer(422, WRONG, fields=error.fields)

    @bp.errorhandler(UnprocessableEntity)
    def unreadable(error: UnprocessableEntity) -> ResponseReturnValue:
        """What marshmallow found, by the place where it stood."""
        found: dict[str, Any] = getattr(error, "data", {}).get("messages", {})
        return errors.answer(422, WRONG, fields=dict(flat(found)))

    @bp.errorhandler(RequestEntityTooLarge)
    def too_much(_error: RequestEntityTooLarge) -> ResponseReturnValue:
        db.session.rollback()
        uploads.throw_away()
        return errors.answer(413)


def flat(messages: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Go through marshmallow's messages without the name of the part of the request around them."""
    for part, found in messages.items():
        if isinstance(found, dict):
            yield from _flat(found, ())
        else:
            yield part, _texts(found)


def _flat(found: Any, path: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(found, dict):
        yield ".".join(path), _texts(found)
        return
    for name, inner in found.items():
        step = () if name == "_schema" else (str(name),)
        yield from _flat(inner, (*path, *step))


def _texts(found: Any) -> list[str]:
    return [str(text) for text in found] if isinstance(found, list) else [str(found)]
