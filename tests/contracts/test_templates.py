"""Every template can be read, and none lies about unused."""

import re
from pathlib import Path

from flask import Flask

WEBAPP = Path(__file__).parents[2] / "webapp"
TEMPLATES = WEBAPP / "templates"
NAME = re.compile(r"""["']([\w/-]+\.(?:html|txt))["']""")


def test_every_template_compiles(app: Flask) -> None:
    names = app.jinja_env.list_templates(extensions=["html", "txt"])
    assert names
    for name in names:
        app.jinja_env.get_template(name)


def test_every_template_is_used() -> None:
    sources = [*WEBAPP.rglob("*.py"), *TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]
    named = {name for path in sources for name in NAME.findall(path.read_text(encoding="utf-8"))}
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")}
    assert there - named == set()


def test_every_template_that_is_named_exists() -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")}
    missing = {
        name
        for path in [*WEBAPP.rglob("*.py"), *TEMPLATES.rglob("*.html")]
        for name in NAME.findall(path.read_text(encoding="utf-8"))
        if "/" in name.strip("/") and name not in there
    }
    assert missing == set()
