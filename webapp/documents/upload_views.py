"""The pages on which documents are uploaded and replaced."""

from flask import Blueprint

bp = Blueprint("uploads", __name__, url_prefix="/documents")
