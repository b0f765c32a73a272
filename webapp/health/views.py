"""The pages of health, and what programs ask."""

from flask import Blueprint

bp = Blueprint("health", __name__)
