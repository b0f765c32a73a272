"""Accounts at a terminal: the first link, and the way back in when nobody can sign in."""

import click
from flask.cli import AppGroup

from webapp.accounts import links, people
from webapp.accounts.forms import EMAIL_LENGTH, NAME_LENGTH, one_line
from webapp.accounts.models import Role, User
from webapp.accounts.people import NotPossible
from webapp.extensions import db

user = AppGroup("user", help="Add people, change their role, make links for their password.")
ROLE = click.Choice([role.value for role in Role])


@click.command("setup-link")
def setup_link() -> None:
    """Print the link that makes the first account; nothing once there is one."""
    try:
        link = links.for_setup()
    except links.AccountExists:
        db.session.rollback()
        click.echo("There is an account already. Sign in, or see `flask user --help`.", err=True)
        return
    db.session.commit()
    click.echo(link)


@user.command("add")
@click.argument("email")
@click.option("--name", help="The person's name; otherwise what stands before the @.")
@click.option("--role", type=ROLE, default=Role.OPERATOR.value, show_default=True)
def add(email: str, name: str | None, role: str) -> None:
    """Add a person and print the link at which a password is set."""
    address = people.normal_email(email)
    if address is None or len(address) > EMAIL_LENGTH:
        raise click.ClickException(f"{email} does not look like an e-mail address.")
    called = (one_line(name) or address.partition("@")[0])[:NAME_LENGTH]
    try:
        _, link = people.invite(name=called, email=address, role=Role(role))
    except NotPossible as problem:
        raise click.ClickException(str(problem)) from None
    db.session.commit()
    click.echo(link)


@user.command("role")
@click.argument("email")
@click.argument("role", type=ROLE)
def role(email: str, role: str) -> None:
    """Give a person another role, and end his sessions."""
    person = _find(email)
    try:
        people.change(person, name=person.name, role=Role(role))
    except NotPossible as problem:
        raise click.ClickException(str(problem)) from None
    db.session.commit()
    click.echo(f"{person.name} is now {person.role.value}.")


@user.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a new link at which a person sets a password; older ones stop working."""
    try:
        made = people.new_link(_find(email))
    except NotPossible as problem:
        raise click.ClickException(str(problem)) from None
    db.session.commit()
    click.echo(made)


def _find(email: str) -> User:
    person = people.by_email(email)
    if person is None:
        raise click.ClickException(f"Nobody here has the e-mail address {email}.")
    return person
