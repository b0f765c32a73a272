"""The page on which somebody asks a question, and sees what answers it."""

from flask import Blueprint

bp = Blueprint("ask", __name__, url_prefix="/knowledge/ask")
