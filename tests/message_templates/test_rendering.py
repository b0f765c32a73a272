"""A version of a template becomes the message for one recipient, or says why it cannot."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from selectolax.lexbor import LexborHTMLParser

from webapp.message_templates import rendering
from webapp.message_templates.mail import MailRenderer
from webapp.message_templates.models import Template, TemplateVersion
from webapp.message_templates.rendering import (
    BadLink,
    BadTemplate,
    MissingValue,
    NothingLeft,
    TooLong,
)
from webapp.messages.channels import Channel

NASTY = "<b>Asha</b> [x](javascript:alert(1)) *y* \"&' {{ name }}"


def version(channel: Channel, body: str, **fields: Any) -> TemplateVersion:
    return TemplateVersion(
        template=Template(channel=channel, name="hello", language="en"), body=body,
        **{"subject": "", **fields},
    )  # fmt: skip


def sms(body: str, **values: str) -> rendering.Rendered:
    return rendering.renderer(version(Channel.SMS, body)).render(values)


def test_an_sms_knows_what_it_costs() -> None:
    assert sms("Hello {{ name }}", name="Asha") == rendering.Rendered(None, "Hello Asha", units=1)
    assert sms("Hello {{ name }}", name="Asha’s " * 10).units == 2


def test_an_sms_that_gets_too_long_or_empty_with_its_values_is_a_row_error() -> None:
    with pytest.raises(TooLong, match="takes 11 parts"):
        sms("{{ name }}", name="a" * (153 * 10 + 1))
    with pytest.raises(NothingLeft):
        sms("{{ name|default:'' }}")
    with pytest.raises(MissingValue):
        sms("{{ name }}")
    with pytest.raises(BadTemplate):
        sms("  ")


def mail(app: Flask, body: str, subject: str = "News", **values: str) -> rendering.Rendered:
    assert app
    return rendering.renderer(version(Channel.EMAIL, body, subject=subject)).render(values)


MARKDOWN = """\
# Hello {{ name|first }}

It is **ready** on *{{ day }}*.
Look at [your order]({{ link }}), [the shop](https://shop.example/?n={{ name }}&b=1)
or write to <desk@shop.example>.

1. one
2. two
   - deep

> said {{ name }}

---

    code {{ day }}
"""


def test_markdown_becomes_words_and_html(app: Flask) -> None:
    found = mail(
        app, MARKDOWN, "For {{ name }}", name="Asha Rao", day="Monday", link="https://o.example/?a=1&b=2"
    )  # fmt: skip
    assert found.subject == "For Asha Rao"
    assert found.body == (
        "Hello Asha\n\nIt is ready on Monday.\n"
        "Look at your order (https://o.example/?a=1&b=2), the shop (https://shop.example/?n=Asha%20Rao&b=1)\n"
        "or write to desk@shop.example.\n\n1. one\n2. two\n   - deep\n\n> said Asha Rao\n\n----\n\n"
        "code Monday\n\nBellhop"
    )
    page = LexborHTMLParser(found.html or "")
    assert page.css_first("title").text() == "For Asha Rao"
    assert page.css_first("h1").text() == "Hello Asha"
    assert [link.attributes["href"] for link in page.css("a")] == [
        "https://o.example/?a=1&b=2", "https://shop.example/?n=Asha%20Rao&b=1",
        "mailto:desk@shop.example",
    ]  # fmt: skip
    assert page.css_first("strong").text() == "ready"
    assert page.css_first("em").text() == "Monday"


def test_the_way_out_stands_in_both_forms_of_a_mail(app: Flask) -> None:
    letter = MailRenderer("News", "Hello")
    url = "https://desk.example/out?a=1&b=2"
    assert app
    found = letter.render({}, unsubscribe_url=url)
    assert found.body.endswith(f"Bellhop\nUnsubscribe: {url}")
    page = LexborHTMLParser(found.html or "")
    assert page.css_first("a").attributes["href"] == url
    assert "nsubscribe" not in str(letter.render({}))


def test_a_value_stays_a_value(app: Flask) -> None:
    found = mail(app, "Dear {{ name }}, **{{ name }}** `{{ name }}`", "For {{ name }}", name=NASTY)
    assert found.subject == f"For {NASTY}"
    assert found.body.startswith(f"Dear {NASTY}, {NASTY} {NASTY}")
    page = LexborHTMLParser(found.html or "")
    assert page.css("b, script, a, em") == []
    assert page.css_first("title").text() == f"For {NASTY}"
    assert page.css_first("p").text() == f"Dear {NASTY}, {NASTY} {NASTY}"


def test_what_an_author_types_as_html_stays_words(app: Flask) -> None:
    found = mail(
        app, "<script>alert(1)</script> <b>x</b> ![p](https://x.example/p.png) [y](javascript:1)"
    )
    page = LexborHTMLParser(found.html or "")
    assert page.css("script, b, img") == []
    assert [link.attributes["href"] for link in page.css("a")] == ["https://x.example/p.png"]


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "www.example.org", "//x.example", "https://", "data:x", "https://x y"],
)
def test_a_link_from_a_value_leads_into_the_web_or_is_a_row_error(app: Flask, link: str) -> None:
    with pytest.raises(BadLink) as caught:
        mail(app, "[here]({{ link }})", link=link)
    assert caught.value.code == "bad_link"


def test_a_link_that_leads_nowhere_is_told_to_the_author(app: Flask) -> None:
    with pytest.raises(BadTemplate, match="leads nowhere"):
        mail(app, "[here](prices.html)")


def test_a_subject_is_one_line_of_bounded_length(app: Flask) -> None:
    found = mail(app, "x", "For {{ name }}", name="A\r\nBcc: x@y.example " + "z" * 300)
    assert found.subject is not None
    assert "\n" not in found.subject
    assert len(found.subject) == 200
    assert found.subject.endswith("…")


def test_a_mail_that_gets_too_long_or_empty_is_a_row_error(app: Flask) -> None:
    with pytest.raises(TooLong):
        mail(app, "{{ x }}", x="a" * 100_001)
    with pytest.raises(NothingLeft):
        mail(app, "{{ x|default:'' }}")
    with pytest.raises(NothingLeft):
        mail(app, "x", "{{ x|default:'' }}")
    for subject, body in (("", "x"), ("x", " ")):
        with pytest.raises(BadTemplate):
            mail(app, body, subject)


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    body=some.lists(
        some.sampled_from(
            ["{{ x }}", "[a]({{ x }})", "[", "](", ")", "<", ">", "*", "_", "`", "\n", "# ", "- ", "1. ",
             "> ", "https://a.example/", "zq0zq", "zq0zqp0x", "&lt;", "\\", "    ", "a", " ", "![", "<br>"]
        ),
        min_size=1, max_size=12,
    ).map("".join),
    value=some.one_of(some.just("https://a.example/?b=<i>"), some.just(NASTY), some.text(min_size=1)),
)  # fmt: skip
def test_whatever_is_typed_no_value_becomes_markup_and_no_mark_is_left(
    app: Flask, body: str, value: str
) -> None:
    try:
        found = mail(app, body, "s", x=value)
    except (BadTemplate, rendering.NotRenderable):
        return
    page = LexborHTMLParser((found.html or "").partition("<body>")[2])
    assert page.css("script, b, i, img, iframe") == []
    for link in page.css("a"):
        assert (
            (link.attributes["href"] or "").lower().startswith(("https://", "http://", "mailto:"))
        )
    if "zq" not in body + value:
        assert "zq0zq" not in (found.html or "") + found.body
