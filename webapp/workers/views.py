"""The pages of workers and queues."""

from flask import Blueprint

bp = Blueprint("workers", __name__, url_prefix="/workers")
