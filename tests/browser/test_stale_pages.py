"""Two tabs, old links, ended sessions, wrong roles: a plain sentence each time, and a way on."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from tests.browser.conftest import Opens
from tests.browser.house import House
from webapp.accounts.models import Role, Session


def test_confirming_what_another_tab_has_cancelled_is_explained(house: House, opens: Opens) -> None:
    booking = house.booking("Tess Twotabs")
    one = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    stale = one.context.new_page()
    stale.goto(f"/bookings/{booking.id}")
    stops_asking(stale)
    one.get_by_role("link", name="Cancel the booking").click()
    one.get_by_role("button", name="Cancel the booking").click()
    expect(one.locator("#booking .state").first).to_have_text("Cancelled")
    confirms(stale)
    expect(stale.get_by_role("heading", level=1)).to_have_text("That is not possible any more")
    expect(stale.locator("main")).to_contain_text("has been cancelled in the meantime")
    stale.get_by_role("link", name="Back to the page").click()
    expect(stale.locator("#booking .state").first).to_have_text("Cancelled")


def test_confirming_twice_from_two_tabs_is_once(house: House, opens: Opens) -> None:
    booking = house.booking("Tom Twice")
    one = opens(Role.OPERATOR, at=f"/bookings/{booking.id}")
    stale = one.context.new_page()
    stale.goto(f"/bookings/{booking.id}")
    stops_asking(stale)
    confirms(one)
    expect(one.locator("#booking .state").first).to_have_text("Confirmed")
    confirms(stale)
    expect(stale.locator("#booking .state").first).to_have_text("Confirmed")
    expect(stale.locator(".job", has_text="Tell the customer")).to_have_count(1)


def test_a_form_for_cancelling_what_is_cancelled_says_so(house: House, opens: Opens) -> None:
    booking = house.booking("Carla Cancelled")
    one = opens(Role.OPERATOR, at=f"/bookings/{booking.id}/cancel")
    stale = one.context.new_page()
    stale.goto(f"/bookings/{booking.id}/cancel")
    one.get_by_role("button", name="Cancel the booking").click()
    expect(one.locator("#booking .state").first).to_have_text("Cancelled")
    stale.get_by_label(re.compile("What becomes")).fill("Another note.")
    stale.get_by_role("button", name="Cancel the booking").click()
    expect(stale.locator("main")).to_contain_text("has been cancelled already")


def stops_asking(page: Page) -> None:
    """Let the page grow old."""
    page.route("**/*seen=*", lambda route: route.fulfill(status=204))


def confirms(page: Page) -> None:
    page.get_by_role("button", name="Confirm by hand").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm by hand").click()


@pytest.mark.parametrize(
    "path",
    ["/booked/an-old-link", "/bookings/999999", "/jobs/00000000-0000-0000-0000-000000000000",
     "/messages/00000000-0000-0000-0000-000000000000", "/no/such/page"],
)  # fmt: skip
def test_an_old_link_leads_to_a_plain_sentence(house: House, opens: Opens, path: str) -> None:
    page = opens(Role.VIEWER)
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()


def test_a_used_link_says_what_to_do(house: House, opens: Opens) -> None:
    page = opens(at="/password/an-old-link")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_service_that_is_gone_offers_the_others(house: House, opens: Opens) -> None:
    page = opens(at="/book/gone-since-yesterday")
    expect(page.get_by_role("alert")).to_contain_text("not offered any more")
    expect(page.get_by_role("link", name="Consultation").first).to_be_visible()


def test_whoever_may_not_is_told_whom_to_ask(house: House, opens: Opens) -> None:
    page = opens(Role.VIEWER)
    answer = page.goto("/people")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_role("heading", level=1)).to_have_text("You may not do that")
    expect(page.locator("main")).to_contain_text("Ask an admin")


def test_a_viewer_sees_no_button_that_would_be_refused(house: House, opens: Opens) -> None:
    booking = house.booking()
    page = opens(Role.VIEWER)
    for path in (f"/bookings/{booking.id}", "/jobs", "/messages", "/services", "/customers", "/"):
        page.goto(path)
        offered = page.locator("main form[method=post]")
        expect(offered).to_have_count(0)
        expect(page.get_by_role("link", name=re.compile("^(New|Edit|Cancel)"))).to_have_count(0)


def test_after_the_session_ended_one_signs_in_and_is_where_one_was(
    house: House, opens: Opens
) -> None:
    page = opens(Role.OPERATOR, at="/customers")
    page.context.clear_cookies()
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "next=" in page.url


def test_a_form_from_an_ended_session_loses_nobody(house: House, opens: Opens) -> None:
    booking = house.booking()
    page = opens()
    page.context.add_cookies([house.new_cookie(Role.OPERATOR)])
    page.goto(f"/bookings/{booking.id}")
    stops_asking(page)
    with house.stack.session() as session:
        newest = session.query(Session).order_by(Session.id.desc()).first()
        assert newest is not None
        session.execute(delete(Session).where(Session.id == newest.id))
        session.commit()
    confirms(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")
