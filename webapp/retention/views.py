"""The pages of retention."""

from flask import Blueprint

bp = Blueprint("retention", __name__, url_prefix="/retention")
