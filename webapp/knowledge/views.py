"""The pages of what is known: the sources, their text, their passages."""

from flask import Blueprint

bp = Blueprint("knowledge", __name__, url_prefix="/knowledge")
