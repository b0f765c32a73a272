"""The page of a document."""

from flask import Blueprint

bp = Blueprint("documents", __name__, url_prefix="/documents")
