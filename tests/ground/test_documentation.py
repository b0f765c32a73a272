"""What the documentation leads to is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.places import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sandbox/*.md")])
PARTS = (
    "webapp",
    "worker",
    "extraction",
    "sandbox",
    "migrations",
    "tests",
    "benchmarks",
    "devtools",
)
FOLDERS = (*PARTS, "docs", "deploy", "requirements")
CODE = re.compile(r"`([\w./-]+)`")
#: Files of ours end so; the others that are named are of the world (robots.txt), or of a house (instance/).
OURS = re.compile(r"\.(py|md|html|css|js|conf|yml|yaml|service)$")


def everything() -> set[str]:
    """Return the path of every file and folder of the product."""
    inner = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    return {str(path.relative_to(ROOT)) for path in (*ROOT.iterdir(), *inner)}


def named(page: Path) -> Iterator[str]:
    """Go through the files and folders that a page names."""
    for found in CODE.findall(page.read_text()):
        path = found.rstrip("/")
        inside = path.split("/")[0] in FOLDERS and "/" in found
        if inside or (OURS.search(path) and not path.startswith("/")):
            yield path


@pytest.fixture(scope="module")
def ends() -> set[str]:
    """Return every path, and what is left of it without the folders around it: so people shorten it."""
    parts = [path.split("/") for path in everything()]
    return {"/".join(part[start:]) for part in parts for start in range(len(part))}


def test_every_file_that_the_documentation_names_is_there(ends: set[str]) -> None:
    names = {(page.name, path) for page in PAGES for path in named(page)}
    assert len(names) > 300
    assert {(page, path) for page, path in names if path not in ends} == set()
