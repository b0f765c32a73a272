"""The API as a whole: put together, and described by a document that is made from its code."""

from typing import Any

from flask import Flask
from flask_smorest import Api

from webapp.accounts.scopes import MEANINGS, Scope
from webapp.api import bookings, campaigns, documents, task_wishes, tasks
from webapp.api.errors import ErrorSchema
from webapp.api.operations import bp

VERSION = "1"
#: Whose routes stand in the description, by their nouns, in this order; the first says what they are.
PARTS = {
    tasks.TAG: (tasks, task_wishes),
    bookings.TAG: (bookings,),
    documents.TAG: (documents,),
    campaigns.TAG: (campaigns,),
}
OPENAPI = "3.1.0"
DESCRIPTION = """What people do at the desk, for programs.

Each request carries a token in its header: `Authorization: Bearer bh_…`. An admin makes one on the page “API tokens”
and says what it may do. Whatever is refused is answered with the same form: a sentence, an advice, the fields, and the
number of the request.
"""


class Description(Api):  # type: ignore[misc]  # flask-smorest brings no types
    """The API, whose errors are those of the whole house."""

    ERROR_SCHEMA = ErrorSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to ``webapp.errors``."""


def init_app(app: Flask) -> None:
    """Put the API into the app."""
    described = Description(
        app,
        spec_kwargs={
            "title": "Bellhop",
            "version": VERSION,
            "openapi_version": OPENAPI,
            "info": {"description": DESCRIPTION},
            "servers": [{"url": "/", "description": "This house"}],
        },
    )
    described.spec.components.security_scheme(
        "token",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "bh_ and 49 letters and digits",
            "description": "A token may do what was ticked when it was made:\n\n" + _scopes(),
        },
    )
    described.register_blueprint(bp)
    app.extensions["api_document"] = document(described)


def document(described: Api) -> dict[str, Any]:
    """Return the description of the API, as OpenAPI says."""
    made: dict[str, Any] = described.spec.to_dict()
    made["tags"] = [{"name": tag, "description": parts[0].__doc__} for tag, parts in PARTS.items()]
    return made


def _scopes() -> str:
    return "\n".join(f"- `{scope}`: {MEANINGS[scope].text}" for scope in Scope)
