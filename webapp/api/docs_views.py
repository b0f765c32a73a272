"""The description of the API: the document for programs, and a page of it for people."""

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.accounts.scopes import MEANINGS, Scope
from webapp.api import reading
from webapp.extensions import settings
from webapp.pages import render

bp = Blueprint("api_docs", __name__, url_prefix="/api")
bp.add_app_template_filter(reading.marked)


@bp.get("/openapi.json")
@public
def document() -> ResponseReturnValue:
    """Give the description as OpenAPI says. It tells of no house more than of another, so it is open."""
    return jsonify(current_app.extensions["api_document"])


@bp.get("/docs")
@public
def page() -> ResponseReturnValue:
    """Show the description to people."""
    described = current_app.extensions["api_document"]
    return render(
        "api/docs.html",
        description=described["info"]["description"],
        groups=reading.groups(described, settings().public_url),
        error=reading.fields_of({"$ref": "#/components/schemas/Error"}, described),
        words={scope.value: MEANINGS[scope].text for scope in Scope},
        read_rate=settings().api_rate,
        write_rate=settings().api_write_rate,
    )
