"""The pages about accounts."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)

from webapp.accounts.views import activity, entrance, own, people  # noqa: E402 - they need the blueprint

__all__ = ["activity", "bp", "entrance", "own", "people"]
