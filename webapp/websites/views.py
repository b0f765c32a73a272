"""The pages of a website that is read."""

from flask import Blueprint

bp = Blueprint("websites", __name__, url_prefix="/websites")
