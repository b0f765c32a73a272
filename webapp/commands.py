"""The commands of ``flask --app wsgi``."""

import click
from flask import Flask

from webapp import releasing
from webapp.accounts import terminal


@click.command("release")
def release() -> None:
    """Make the tables ready for this version; run it before the new processes start."""
    releasing.release()


def init_app(app: Flask) -> None:
    """Add the commands."""
    for command in (release, terminal.setup_link, terminal.user):
        app.cli.add_command(command)
