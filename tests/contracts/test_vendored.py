"""The pages bring everything with them, and what they bring is what its makers published."""

import re
from pathlib import Path

import pytest

from devtools.vendor import STATIC, problems

TEMPLATES = STATIC.parent / "templates"
OWN_ASSETS = sorted([*STATIC.glob("*.css"), *STATIC.glob("*.js")])
PAGES = sorted(TEMPLATES.rglob("*.html"))
SYMBOLS = set(
    re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8"))
)

FOREIGN = re.compile(
    r"""(?:src|srcset|poster|hx-\w+)\s*=\s*["'](?:https?:)?//|<(?:link|use|image|base)\b[^>]*href=["'](?:https?:)?//"""
)
INLINE = re.compile(
    r"""<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)|\s(?:style|on[a-z]+)=["']"""
)
NAMED_FILE = re.compile(r"""url_for\(["']static["'], filename=["']([^"']+)["']""")
NAMED_ICON = re.compile(r"""(?:\bicon\(|icon_name=)["']([a-z0-9-]+)["']""")


def name(path: Path) -> str:
    """Return a short name for the report."""
    return path.relative_to(STATIC.parent).as_posix()


def test_the_vendored_files_are_the_ones_their_makers_published() -> None:
    assert problems() == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_template_names_no_asset_of_another_site(page: Path) -> None:
    assert FOREIGN.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("asset", OWN_ASSETS, ids=name)
def test_a_stylesheet_or_script_of_ours_names_no_other_site(asset: Path) -> None:
    assert re.findall(r"https?://|url\(\s*[\"']?//", asset.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_template_carries_no_style_or_script_that_the_policy_would_block(page: Path) -> None:
    assert INLINE.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_static_file_and_icon_a_template_names_is_here(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing_files = [file for file in NAMED_FILE.findall(text) if not (STATIC / file).is_file()]
    missing_icons = sorted(set(NAMED_ICON.findall(text)) - SYMBOLS)
    assert (missing_files, missing_icons) == ([], [])
