"""The pages of the tokens."""

from flask import Blueprint

bp = Blueprint("tokens", __name__, url_prefix="/tokens")
