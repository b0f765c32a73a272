"""The pages of the schedules."""

from flask import Blueprint

bp = Blueprint("schedules", __name__, url_prefix="/schedules")
