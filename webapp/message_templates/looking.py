"""What a text looks like where it arrives, with values made up for it."""

import html
import re
from typing import NamedTuple

import nh3
from flask import Blueprint
from markupsafe import Markup

from webapp.message_templates import markdown, segments, whatsapp
from webapp.message_templates.forms import TextForm
from webapp.message_templates.language import BadTemplate, NotRenderable
from webapp.message_templates.models import TemplateVersion
from webapp.message_templates.rendered import Rendered, Renderer
from webapp.message_templates.rendering import renderer
from webapp.message_templates.samples import samples
from webapp.messages.channels import Channel


class Look(NamedTuple):
    """A text as it arrives; None and a sentence when it cannot."""

    rendered: Rendered | None
    names: tuple[str, ...] = ()
    problem: str | None = None
    #: What is not wrong and yet hardly meant.
    doubts: tuple[str, ...] = ()


def at(version: TemplateVersion) -> Look:
    """Look at a version."""
    fillings: dict[str, str] = {}
    if version.template.channel == Channel.WHATSAPP:
        blanks = whatsapp.blanks(version.components or [])
        fillings = {blank.key: _plain(blank.example or blank.key) for blank in blanks}
    try:
        return _look(renderer(version, fillings))._replace(doubts=doubts(version.body))
    except BadTemplate as problem:
        return Look(None, problem=problem.sentence)


def at_typed(form: TextForm) -> Look:
    """Look at what stands in a form, finished or not."""
    try:
        return _look(form.renderer())._replace(doubts=doubts(form.body.data or ""))
    except BadTemplate as problem:
        return Look(None, problem=problem.sentence)


_HARDLY_MEANT = re.compile(
    r"(?<!\{)\{[ \w-]{1,40}\}(?!\})|\[\[[ \w-]{1,40}\]\]|\(\([ \w-]{1,40}\)\)|<<[ \w-]{1,40}>>|\{%.{1,40}%\}"
)


def doubts(text: str) -> tuple[str, ...]:
    """Say what looks like a placeholder and is none."""
    return tuple(
        f"“{found}” is sent as it stands. A placeholder has two braces on each side, such as {{{{ name }}}}."
        for found in dict.fromkeys(_HARDLY_MEANT.findall(text))
    )


def _look(reader: Renderer) -> Look:
    names = tuple(sorted(reader.names))
    try:
        return Look(reader.render(samples(reader)), names)
    except NotRenderable as problem:
        return Look(None, names, problem.sentence)


def _plain(text: str) -> str:
    """Return a provider's example as a text without placeholders."""
    return text.replace("{{", "").replace("}}", "") or "…"


_BODY = re.compile(r"<body>(.*)</body>", re.DOTALL)
_HEADING = re.compile(r"<(/?)h([1-6])>")


def mail_words(page: str) -> Markup:
    """Return the inside of an e-mail to be shown within a page of ours: words and links only."""
    found = _BODY.search(page)
    clean = nh3.clean(
        found[1] if found else page,
        tags=markdown.TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=markdown.SCHEMES,
        link_rel="noopener noreferrer",
    )
    # The headings of the mail are none of the page.
    return Markup(_HEADING.sub(_as_paragraph, clean))  # noqa: S704 - cleaned in the line above


def _as_paragraph(heading: re.Match[str]) -> str:
    return "</p>" if heading[1] else f'<p class="mail-h{heading[2]}">'


_MARKS = ((r"\*([^*\n]+)\*", "strong"), (r"_([^_\n]+)_", "em"), (r"~([^~\n]+)~", "s"))


def whatsapp_words(text: str) -> Markup:
    """Return a text with WhatsApp's own marks for bold, italic and struck out."""
    words = html.escape(text)
    for mark, tag in _MARKS:
        words = re.sub(rf"(?<!\w){mark}(?!\w)", rf"<{tag}>\1</{tag}>", words)
    return Markup(words)  # noqa: S704 - escaped before


def register(bp: Blueprint) -> None:
    """Let templates ask for what a preview needs."""
    for name, words in (
        ("count_segments", segments.count),
        ("segments_hint", segments.hint),
        ("mail_words", mail_words),
        ("whatsapp_words", whatsapp_words),
    ):
        bp.add_app_template_global(words, name)
