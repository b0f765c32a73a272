"""Bellhop's web application and its whole domain."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.config import Config


def create_app(config: "Config | None" = None) -> "Flask":
    """Build the application. A setting that is missing or wrong ends the process with one line."""
    # Imported here: beat wants the settings alone, and needs half the memory without the rest.
    from webapp.building import build

    return build(config)
