"""Templates are written, looked at, kept by version, and put aside."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from tests.bookings.asking import HTMX, at_once, audited, csrf
from tests.message_templates.making import a_whatsapp_template, some_templates
from webapp.message_templates import choosing, editing
from webapp.message_templates.models import Template, TemplateVersion
from webapp.messages.channels import Channel

SMS = {"name": "Ready", "body": "Hello {{ first_name|default:'there' }}, it is ready."}
MAIL = {"name": "News", "subject": "For {{ name }}", "body": "# Hello\n\nDear {{ name }}"}


def an_sms(body: str = "One") -> Template:
    return editing.add(Channel.SMS, "Ready", body=body)


def texts(db: Any) -> list[tuple[int, str]]:
    rows = db.session.scalars(select(TemplateVersion).order_by(TemplateVersion.number)).all()
    return [(row.number, row.body) for row in rows]


def write(browser: Any, where: str, typed: dict[str, str], **more: Any) -> Any:
    return browser.post(where, data={**csrf(browser), **typed}, **more)


def test_an_sms_is_written_and_shown_as_it_arrives(otto, db):
    answer = write(otto, "/templates/new/sms", SMS)

    template = db.session.scalars(select(Template)).one()
    assert answer.location == f"/templates/{template.id}"
    assert texts(db) == [(1, SMS["body"])]
    page = HTMLParser(otto.get(answer.location).text)
    assert page.css_first(".bubble").text() == "Hello Asha, it is ready."
    assert "1 SMS" in page.css_first(".preview-count").text()
    assert "first_name" in page.css_first(".preview-names").text()
    assert [entry.text for entry in audited(db, "template.added")] == ["Added the template “Ready”"]


def test_a_mail_is_written_and_shown_without_anything_that_runs(otto, db):
    typed = {**MAIL, "body": MAIL["body"] + " <script>alert(1)</script> [x](https://a.example)"}
    answer = write(otto, "/templates/new/email", typed)

    page = HTMLParser(otto.get(answer.location).text)
    body = page.css_first(".mail-body")
    assert page.css_first(".mail-subject").text().split() == ["Subject", "For", "Asha", "Rao"]
    assert body.css_first(".mail-h1").text() == "Hello"
    assert body.css("h1, script") == []
    assert "<script>alert(1)</script>" in body.text()
    assert body.css_first("a").attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    ("channel", "field", "typed", "sentence"),
    [
        ("sms", "name", " ", "A name is needed."),
        ("sms", "body", "", "A text is needed."),
        ("sms", "body", "Hi {{ name", "is not closed: }} is missing. (character 4)"),
        ("sms", "body", "Hi\r\n{{ name|uper }}", "Did you mean “upper”? (line 2, character 9)"),
        ("sms", "body", "न" * 671, "takes 11 parts of SMS"),
        ("email", "subject", "", "A subject is needed."),
        ("email", "subject", "{{ a.b }}", "without “.”"),
        ("email", "body", "[x](y.html)", "leads nowhere"),
        ("email", "body", "x" * 20_001, "At most 20,000 characters."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    otto, db, channel, field, typed, sentence
):
    given = {**(SMS if channel == "sms" else MAIL), field: typed}
    answer = write(otto, f"/templates/new/{channel}", given)

    page = HTMLParser(answer.text)
    assert answer.status_code == 422
    assert sentence in page.css_first(f"#{field}-error").text()
    assert given["name"].strip() == page.css_first("#name").attributes["value"]
    assert texts(db) == []


def test_a_name_is_given_once_for_a_channel(otto, db):
    an_sms()
    other = editing.add(Channel.SMS, "Other", body="Two")
    for where in ("/templates/new/sms", f"/templates/{other.id}/edit"):
        answer = write(otto, where, SMS)
        assert answer.status_code == 422
        assert "Another template has this name" in answer.text
    assert write(otto, "/templates/new/email", {**MAIL, "name": "Ready"}).status_code == 303
    db.session.refresh(other)
    assert other.name == "Other"


@pytest.mark.parametrize(
    ("channel", "typed", "words"),
    [
        ("sms", SMS, "Hello Asha, it is ready."),
        ("sms", {"name": "", "body": "It’s {{ name }}"}, "write ' instead of ’"),
        ("sms", {"name": "", "body": "It is {{ name"}, "is not closed"),
        ("sms", {"name": "", "body": ""}, "As soon as there is a text"),
        ("sms", {"name": "", "body": "x" * 2000}, "takes 14 parts of SMS"),
        ("sms", {"name": "", "body": "Hello {name}"}, "“{name}” is sent as it stands."),
        ("email", MAIL, "Dear Asha Rao"),
        ("email", {**MAIL, "subject": ""}, "A subject is needed."),
    ],
)
def test_a_preview_follows_what_is_typed_and_stores_nothing(otto, db, channel, typed, words):
    where = f"/templates/new/{channel}"
    look = write(otto, where, {**typed, "preview": "1"}, headers=HTMX)
    page = write(otto, where, {**typed, "preview": "1"})

    for answer in (look, page):
        assert answer.status_code == 200
        assert words in answer.text.replace("&#39;", "'")
    assert "<html" not in look.text
    assert "<html" in page.text
    assert HTMLParser(page.text).css_first("#body").text().strip() == typed["body"]
    assert texts(db) == []


def test_saving_adds_a_version_and_never_changes_one(otto, db):
    template = an_sms("One")
    where = f"/templates/{template.id}/edit"

    assert "One" in otto.get(where).text
    write(otto, where, {"name": "Ready", "body": "Two"})
    assert texts(db) == [(1, "One"), (2, "Two")]
    write(otto, where, {"name": "Ready", "body": "Two\r\n "})
    assert texts(db) == [(1, "One"), (2, "Two")], "the same text makes none"
    write(otto, where, {"name": "Renamed", "body": "Two"})
    assert texts(db) == [(1, "One"), (2, "Two")]
    assert template.name == "Renamed"
    assert [entry.action for entry in audited(db, "template.changed")] == ["template.changed"]

    page = HTMLParser(otto.get(f"/templates/{template.id}").text)
    assert [title.text() for title in page.css(".version-title")] == ["Version 2", "Version 1"]
    assert "Operator" in page.css_first(".version-head").text()


def test_an_older_text_is_used_again_as_the_newest(otto, db):
    template = an_sms("One")
    editing.change(template, "Ready", body="Two")
    where = f"/templates/{template.id}/versions"

    assert write(otto, f"{where}/1/use", {}).status_code == 303
    assert write(otto, f"{where}/3/use", {}).status_code == 303
    assert write(otto, f"{where}/9/use", {}).status_code == 404
    assert texts(db) == [(1, "One"), (2, "Two"), (3, "One")]


def test_two_who_save_at_once_both_keep_their_text(app, otto, db):
    template = an_sms("One")
    db.session.commit()
    token, where = csrf(otto), f"/templates/{template.id}/edit"
    cookie = otto.get_cookie(app.config["SESSION_COOKIE_NAME"])

    def save(text: str) -> Any:
        def task(browser: Any) -> Any:
            browser.set_cookie(cookie.key, cookie.value)
            return browser.post(where, data={**token, "name": "Ready", "body": text})

        return task

    answers = at_once(app, [save("Two"), save("Three")])

    db.session.commit()  # what this test has read is old by now
    assert [answer.status_code for answer in answers] == [303, 303]
    assert [number for number, _ in texts(db)] == [1, 2, 3]
    assert {text for _, text in texts(db)} == {"One", "Two", "Three"}


def test_what_is_archived_is_offered_no_longer_until_it_is_restored(otto, db):
    template = an_sms()
    where = f"/templates/{template.id}"

    write(otto, f"{where}/archive", {})
    assert choosing.why_not(template) == "It is archived."
    assert "Ready" not in otto.get("/templates").text
    assert "Ready" in otto.get("/templates?show=archived").text
    assert "It cannot be chosen for a campaign." in otto.get(where).text
    write(otto, f"{where}/restore", {})
    assert choosing.why_not(template) is None
    assert "Ready" in otto.get("/templates").text


def test_the_list_is_narrowed_down(vera, db):
    some_templates()

    def names(query: str) -> list[str]:
        page = HTMLParser(vera.get(f"/templates{query}").text)
        return [link.text() for link in page.css("td:first-child a")]

    assert names("") == ["paused", "approved", "A mail", "A text"]
    assert names("?show=sms") == ["A text"]
    assert names("?show=whatsapp") == ["paused", "approved"]
    assert names("?q=MAIL") == ["A mail"]
    assert names("?show=sms&q=mail") == []
    assert vera.get("/templates?show=fax").status_code == 404


def test_a_template_of_whatsapp_says_what_it_needs_and_why_it_cannot_be_chosen(otto, db):
    header = {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}
    body = {"type": "BODY", "text": "Hello *{{1}}*, <b>", "example": {"body_text": [["{{ Asha"]]}}
    buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}]}
    fine = a_whatsapp_template("fine", [header, body, buttons])
    paused = a_whatsapp_template("paused", status="PAUSED")
    media = a_whatsapp_template("media", [{"type": "HEADER", "format": "IMAGE"}, body])

    page = HTMLParser(otto.get(f"/templates/{fine.id}").text)
    assert page.css_first(".bubble p + p").html == "<p>Hello <strong>Asha</strong>, &lt;b&gt;</p>"
    assert page.css_first(".bubble-button").text() == "Thanks"
    assert [item.text(strip=True)[:20] for item in page.css(".blanks li")] == [
        "{{1}} of the header", "{{1}} of the textsuc"
    ]  # fmt: skip
    assert "WhatsApp has paused it" in otto.get(f"/templates/{paused.id}").text
    assert "only text is supported yet" in otto.get(f"/templates/{media.id}").text
    assert choosing.why_not(fine) is None
    for path in ("edit", "versions/1/use"):
        assert write(otto, f"/templates/{fine.id}/{path}", SMS).status_code == 404


def test_only_sms_and_mail_are_written_here(otto):
    for channel in ("whatsapp", "fax"):
        assert otto.get(f"/templates/new/{channel}").status_code == 404
        assert write(otto, f"/templates/new/{channel}", SMS).status_code == 404
