"""What was uploaded or read to be found, and names somebody: a person must look at it."""

from typing import Any

from sqlalchemy import select

from webapp.knowledge.models import Part, Reading, Source
from webapp.looking import a_look
from webapp.message_templates.models import Template, TemplateVersion
from webapp.retention.words import Words

MOST = 50


def mentions(words: Words) -> list[dict[str, Any]]:
    """Return the documents, websites and templates that have one of the words: name and page."""
    with a_look() as look:
        # Case by case in the database, and then exactly: what it finds may be a little too much.
        sources = look.execute(
            select(Source.id, Source.kind, Source.name, Part.text)
            .join(Reading, Reading.source_id == Source.id)
            .join(Part, Part.reading_id == Reading.id)
            .where(Reading.live, words.stand_in(Part.text, by_name=True))
            .limit(MOST * 20)
        ).all()
        templates = look.execute(
            select(Template.id, Template.name, TemplateVersion.body)
            .join(TemplateVersion, TemplateVersion.template_id == Template.id)
            .where(words.stand_in(TemplateVersion.body, by_name=True))
            .limit(MOST)
        ).all()
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in sources:
        if words.stand_inside(row.text, by_name=True):
            kind = row.kind.value
            found[kind, row.id] = {"kind": kind, "id": row.id, "name": row.name}
    for one in templates:
        if words.stand_inside(one.body, by_name=True):
            found["template", one.id] = {"kind": "template", "id": one.id, "name": one.name}
    return list(found.values())[:MOST]
