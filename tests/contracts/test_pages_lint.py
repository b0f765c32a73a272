"""What holds for every page, whatever stands on it."""

import re
from collections import Counter
from collections.abc import Iterator

from flask import Flask
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from werkzeug.test import TestResponse

from tests.contracts.world import HTMX, World, is_page, rules

HANDLER = re.compile(r"^on[a-z]+$")
NEED_NO_LABEL = {"hidden", "submit", "button", "image", "reset"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self';"


def answers(
    client: FlaskClient, world: World, **headers: str
) -> Iterator[tuple[str, TestResponse]]:
    for rule in rules(world.app, "GET"):
        path = world.address(rule)
        yield path, client.get(path, headers=headers)


def test_every_page_is_well_made(ada: FlaskClient, client: FlaskClient, world: World) -> None:
    seen, problems = 0, {}
    for browser in (ada, client):
        for path, answer in answers(browser, world):
            assert answer.status_code < 500, path
            if is_page(answer):
                seen += 1
                if found := [*faults_of_a_whole(answer), *faults(answer)]:
                    problems[path] = found
    assert seen > 30
    assert problems == {}


def test_every_fragment_is_well_made(ada: FlaskClient, world: World) -> None:
    problems, fragments = {}, 0
    for path, answer in answers(ada, world, **HTMX):
        if not is_page(answer):
            continue
        fragments += "<html" not in answer.text
        if found := faults(answer):
            problems[path] = found
    assert problems == {}
    assert fragments >= 6


def test_every_answer_carries_the_headers_that_protect_it(ada: FlaskClient, world: World) -> None:
    for headers in ({}, HTMX):
        for path, answer in answers(ada, world, **headers):
            assert "HX-Request" in answer.vary, path
            assert answer.headers["Content-Security-Policy"].startswith(POLICY), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["X-Request-ID"], path


def test_the_pages_of_errors_are_well_made_too(
    app: Flask, ada: FlaskClient, vera: FlaskClient
) -> None:
    for browser, path, status in (
        (ada, "/nothing", 404), (vera, "/people", 403), (ada, "/sign-out", 405),
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == status
        assert [*faults_of_a_whole(answer), *faults(answer)] == []


def test_a_browser_finds_its_icon_where_it_looks_by_itself(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as answer:
        assert answer.status_code == 200
        assert answer.data[:4] == b"\0\0\1\0"


def faults_of_a_whole(answer: TestResponse) -> Iterator[str]:
    """Name what a page lacks as a whole."""
    page = LexborHTMLParser(answer.text)
    for wanted in ("html[lang]", "head title", "main", "h1", "main h1", "meta[name=viewport]"):
        if (count := len(page.css(wanted))) != 1:
            yield f"{count} times {wanted}"
    title = " ".join((page.css_first("head title") or page.root).text().split())
    if len(title.partition("·")[0].strip()) < 3:
        yield f"the title says nothing: {title!r}"


def faults(answer: TestResponse) -> list[str]:
    """Name what is wrong in a page or a part of one."""
    page = LexborHTMLParser(answer.text)
    looks = (twins, nameless, unprotected, inline, dangling)
    return [fault for look in looks for fault in look(page)]


def twins(page: LexborHTMLParser) -> Iterator[str]:
    ids = Counter(node.attributes["id"] for node in page.css("[id]"))
    yield from (f"{name} stands {count} times" for name, count in ids.items() if count > 1)


def nameless(page: LexborHTMLParser) -> Iterator[str]:
    fields = page.css("input, select, textarea")
    yield from (f"no label: {node.html}" for node in fields if not labelled(page, node))


def unprotected(page: LexborHTMLParser) -> Iterator[str]:
    for form in page.css("form[method=post]"):
        ours = not (form.attributes.get("action") or "").startswith("http")
        if ours != bool(form.css("input[name=csrf_token]")):
            yield f"the CSRF token is missing, or goes to a stranger: {shown(form)}"


def inline(page: LexborHTMLParser) -> Iterator[str]:
    """Name what the policy would block, or would have to allow."""
    for node in page.css("*"):
        if "style" in node.attributes or any(map(HANDLER.match, node.attributes)):
            yield f"inline: {shown(node)}"
    for node in page.css("script:not([src]), style, [href^='javascript:']"):
        yield f"inline: {shown(node)}"


def dangling(page: LexborHTMLParser) -> Iterator[str]:
    """Name the references to what is not there; a fragment may mean something of its page."""
    if page.css_first("head title") is None:
        return
    ids = {node.attributes["id"] for node in page.css("[id]")}
    for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
        for node in page.css(f"[{attribute}]"):
            missing = set((node.attributes[attribute] or "").split()) - ids
            yield from (f"{attribute} names {name}, which is not there" for name in missing)


def shown(node: LexborNode) -> str:
    return (node.html or "")[:120]


def labelled(page: LexborHTMLParser, node: LexborNode) -> bool:
    """Say whether a field has a name that a screen reader can say."""
    attributes = node.attributes
    if (attributes.get("type") or "text") in NEED_NO_LABEL or "hidden" in attributes:
        return True
    if attributes.get("aria-label") or attributes.get("aria-labelledby"):
        return True
    parent = node.parent
    while parent is not None:
        if parent.tag == "label":
            return True
        parent = parent.parent
    return bool(attributes.get("id") and page.css(f'label[for="{attributes["id"]}"]'))
