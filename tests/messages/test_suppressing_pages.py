"""The pages of those who want no offers: the desk's list, and the link in a message."""

from urllib.request import urlopen

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from sqlalchemy import select

from tests.messages.conftest import MAIL, PHONE
from webapp.accounts.models import AuditEntry
from webapp.customers.models import Customer
from webapp.messages import suppressing
from webapp.messages.channels import Channel
from webapp.messages.models import SuppressedBecause, Suppression

LIST = "/messages/do-not-contact"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def token(client):
    meta = HTMLParser(client.get("/messages").text).css_first("meta[name=csrf-token]")
    return {"csrf_token": meta.attributes["content"]}


@pytest.fixture
def mail(written):
    return written(Channel.EMAIL)


@pytest.fixture
def link(mail):
    return suppressing.unsubscribe_url(mail.id).removeprefix("http://desk.example")


def off(channel=Channel.EMAIL, address=MAIL):
    return suppressing.is_suppressed(channel, address)


# The link in a message


def test_an_offer_by_mail_carries_the_link_where_mail_programs_look(db, mail, queue, sandbox):
    mail.category = "campaign"
    db.session.commit()
    queue.run()

    [arrived] = sandbox.messages(ref=str(mail.id))
    with urlopen(f"{sandbox.url}/mail/{arrived['provider_id']}/source", timeout=30) as answer:
        source = answer.read().decode()

    assert f"\r\nList-Unsubscribe: <http://desk.example/unsubscribe/{mail.id}>\r\n" in source
    assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in source


def test_following_the_link_changes_nothing(client, link):
    for method in (client.get, client.head):
        assert method(link).status_code == 200

    page = client.get(link).text
    assert "No more offers" in page
    assert "a…@example.com" in page
    assert MAIL not in page
    assert not off()


def test_one_click_of_a_mail_program_needs_neither_login_nor_token(client, link):
    assert client.post(link, data=ONE_CLICK).status_code == 200

    assert off()
    assert not off(Channel.SMS, PHONE)


def test_the_form_may_come_in_parts(client, link):
    answer = client.post(link, data=ONE_CLICK, content_type="multipart/form-data")

    assert answer.status_code == 200
    assert off()


def test_the_button_of_the_page_does_the_same(client, link):
    button = HTMLParser(client.get(link).text).css_first("form")
    fields = {field.attributes["name"]: field.attributes["value"] for field in button.css("input")}

    page = client.post(button.attributes["action"], data=fields).text

    assert "You will get no more offers" in page
    assert off()


def test_unsubscribing_again_changes_nothing(client, link, db):
    for _ in range(3):
        assert client.post(link, data=ONE_CLICK).status_code == 200

    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions.count("suppression.added") == 1


def test_a_post_that_asks_for_nothing_changes_nothing(client, link):
    assert client.post(link).status_code == 400

    assert not off()


def test_who_unsubscribed_by_mistake_takes_it_back(client, link):
    page = HTMLParser(client.post(link, data=ONE_CLICK).text)
    again = page.css_first("form").attributes["action"]

    assert "You will get offers again" in client.post(again).text
    assert not off()
    assert client.post(again).status_code == 200


def test_what_the_desk_decided_is_not_taken_back_by_the_link(client, link, db):
    suppressing.suppress(Channel.EMAIL, MAIL, SuppressedBecause.BY_HAND)
    db.session.commit()

    page = client.post(f"{link}/again").text

    assert "please ask" in page
    assert off()


@pytest.mark.parametrize("end", ["", "/again"])
@pytest.mark.parametrize("which", ["2490401f-37b1-40bf-be88-8a25a8dc7e28", "x", "%27--"])
def test_an_unknown_link_says_so_in_plain_words(client, which, end):
    for answer in (client.get(f"/unsubscribe/{which}"), client.post(f"/unsubscribe/{which}{end}")):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text


def test_the_link_of_a_rehearsal_unsubscribes_nobody(client, link, mail, db):
    mail.lane = f"rehearsal:{mail.lane}"
    db.session.commit()

    assert "only a rehearsal" in client.post(link, data=ONE_CLICK).text
    assert not off()


def test_one_link_is_not_pressed_for_ever(client, link, written):
    statuses = [client.post(link, data=ONE_CLICK).status_code for _ in range(21)]
    other = suppressing.unsubscribe_url(written().id).removeprefix("http://desk.example")

    assert statuses == [200] * 20 + [429]
    assert client.post(other, data=ONE_CLICK).status_code == 200


# The desk's list


def test_the_list_is_reached_from_the_messages_and_searched(db, vera):
    suppressing.suppress(Channel.EMAIL, MAIL, SuppressedBecause.BOUNCED)
    suppressing.suppress(Channel.SMS, PHONE, SuppressedBecause.STOP)
    db.session.commit()

    assert f'href="{LIST}"' in vera.get("/messages").text
    page = vera.get(LIST).text
    assert MAIL in page
    assert "Asked for no more offers" in page
    assert "Allow again" not in page
    found = vera.get(f"{LIST}?q=asha", headers={"HX-Request": "true"}).text
    assert MAIL in found
    assert PHONE not in found
    assert "Nothing found" in vera.get(f"{LIST}?q=nobody").text


def test_the_list_has_pages(db, vera):
    for number in range(60):
        suppressing.suppress(Channel.EMAIL, f"g{number}@example.org", SuppressedBecause.STOP)
    db.session.commit()

    first = HTMLParser(vera.get(LIST).text)
    older = first.css_first("a[rel=next]").attributes["href"]

    assert "g59@example.org" in first.html
    assert "g0@example.org" in vera.get(older).text


def test_the_desk_adds_an_address(db, otto):
    typed = {"channel": "sms", "address": "98123 45678", "note": "Asked at the desk"}

    assert otto.post(f"{LIST}/new", data={**token(otto), **typed}).status_code == 303

    [entry] = db.session.scalars(select(Suppression)).all()
    assert (entry.lane, entry.why, entry.note) == (f"sms:{PHONE}", "by_hand", "Asked at the desk")
    assert "Put on the list by Operator" in otto.get(LIST).text
    again = otto.post(f"{LIST}/new", data={**token(otto), **typed})
    assert again.status_code == 422
    assert "on the list already" in again.text


@pytest.mark.parametrize(
    ("channel", "address", "sentence"),
    [
        ("sms", "12", "cannot be right"),
        ("email", "x", "not an e-mail address"),
        ("whatsapp", "", "is needed"),
        ("pigeon", "x", "Not a valid choice"),
    ],
)
def test_what_cannot_be_an_address_is_said_at_the_field(db, otto, channel, address, sentence):
    typed = {"channel": channel, "address": address}

    answer = otto.post(f"{LIST}/new", data={**token(otto), **typed})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalar(select(Suppression)) is None


def test_the_desk_takes_an_address_off_and_says_why(db, otto):
    suppressing.suppress(Channel.SMS, PHONE, SuppressedBecause.STOP)
    db.session.commit()
    where = f"{LIST}/{suppressing.found(Channel.SMS, PHONE).id}/lift"

    assert "This person asked for it" in otto.get(where).text
    assert otto.post(where, data=token(otto)).status_code == 422
    answer = otto.post(where, data={**token(otto), "note": "They called.", "next": "/customers"})

    assert (answer.status_code, answer.location) == (303, "/customers")
    assert not off(Channel.SMS, PHONE)
    words = db.session.scalars(select(AuditEntry.text)).all()
    assert any(text.endswith("again: They called.") for text in words)


def test_who_only_looks_changes_nothing(db, vera):
    assert vera.get(f"{LIST}/new").status_code == 403


def test_the_page_of_a_customer_shows_and_changes_what_may_be_sent(db, otto):
    customer = Customer(name="Asha Rao", phone=PHONE)
    db.session.add(customer)
    db.session.commit()
    where = f"/customers/{customer.id}"
    offers = HTMLParser(otto.get(where).text).css(f"form[action^='{LIST}/customers/'] button")
    names = [button.text(strip=True) for button in offers]
    assert names == ["No offers by SMS", "No offers by WhatsApp"]

    stop = f"{LIST}/customers/{customer.id}"
    assert otto.post(f"{stop}/sms", data=token(otto)).status_code == 303
    assert otto.post(f"{stop}/email", data=token(otto)).status_code == 409
    assert otto.post(f"{stop}/pigeon", data=token(otto)).status_code == 404

    assert off(Channel.SMS, PHONE)
    page = HTMLParser(otto.get(where).text)
    lift = page.css_first("a[aria-label='Allow again by SMS']").attributes["href"]
    assert otto.get(lift).status_code == 200
