"""What is changed of a template: a text is never changed, another version of it is added."""

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel


class NameTaken(Exception):
    """Another template of the channel has this name."""


def add(channel: Channel, name: str, *, subject: str = "", body: str) -> Template:
    """Add a template with its first version. Raises NameTaken."""
    template = Template(channel=channel, name=name)
    _name(template, name)
    _add_version(template, subject, body)
    record("template.added", f"Added the template “{name}”", about=template)
    return template


def change(template: Template, name: str, *, subject: str = "", body: str) -> bool:
    """Store what the form says. Raises NameTaken. Say whether the text became a new version."""
    before = template.name
    if name != before:
        _name(template, name)
        template.version += 1
        record("template.renamed", f"Renamed the template “{before}” to “{name}”", about=template)
    newest = newest_of(template)
    if (newest.subject, newest.body) == (subject, body):
        return False
    added = _add_version(template, subject, body)
    record(
        "template.changed",
        f"Wrote version {added.number} of the template “{name}”",
        about=template,
        number=added.number,
    )
    return True


def use_again(template: Template, version: TemplateVersion) -> bool:
    """Make an older text the newest. Say whether it was not that already."""
    newest = newest_of(template)
    if (newest.subject, newest.body) == (version.subject, version.body):
        return False
    added = _add_version(template, version.subject, version.body)
    record(
        "template.changed",
        f"Took version {version.number} of the template “{template.name}” again, as {added.number}",
        about=template,
        number=added.number,
    )
    return True


def archive(template: Template) -> None:
    """Offer it no longer; campaigns that have chosen it keep it."""
    if template.archived_at is None:
        template.archived_at = now()
        template.version += 1
    record("template.archived", f"Archived the template “{template.name}”", about=template)


def restore(template: Template) -> None:
    """Offer it again."""
    if template.archived_at is not None:
        template.archived_at = None
        template.version += 1
    record("template.restored", f"Restored the template “{template.name}”", about=template)


def newest_of(template: Template) -> TemplateVersion:
    """Return the version that is used from now on."""
    return db.session.scalars(_versions(template).limit(1)).one()


def _versions(template: Template) -> Select[TemplateVersion]:
    mine = TemplateVersion.template_id == template.id
    return select(TemplateVersion).where(mine).order_by(TemplateVersion.number.desc())


def _name(template: Template, name: str) -> None:
    try:
        with db.session.begin_nested():
            template.name = name
            db.session.add(template)
    except IntegrityError:
        raise NameTaken from None


def _add_version(template: Template, subject: str, body: str) -> TemplateVersion:
    """Add a version behind the newest, also when somebody else adds one in this very moment."""
    while True:
        newest = db.session.scalar(_versions(template).limit(1))
        version = TemplateVersion(
            template_id=template.id,
            number=newest.number + 1 if newest else 1,
            subject=subject,
            body=body,
            created_by_id=who().user_id,
        )
        try:
            with db.session.begin_nested():
                db.session.add(version)
        except IntegrityError:
            continue
        template.version += 1
        db.session.flush()
        return version
