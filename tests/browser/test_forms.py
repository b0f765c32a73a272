"""What is typed is never lost, and a form that is sent twice does its work once."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests.browser.conftest import Opens
from tests.browser.house import House
from webapp.accounts.models import Role
from webapp.bookings.models import Booking
from webapp.jobs.models import Job


def test_a_form_that_was_wrong_keeps_what_was_typed_and_leads_to_the_mistake(
    house: House, opens: Opens
) -> None:
    page = opens(Role.ADMIN, at="/people/new")
    page.get_by_label("Name").fill("Ivy Invited")
    page.get_by_label("E-mail").fill("not an address")
    page.locator("form[method=post] [name=role]").last.evaluate("(node) => node.value")
    page.locator("main form").last.evaluate("(form) => { form.noValidate = true; }")
    page.get_by_role("button", name="Invite").click()
    summary = page.get_by_role("alert").filter(has_text="Please look at these again")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Ivy Invited")
    field = page.get_by_label("E-mail")
    expect(field).to_have_value("not an address")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}").inner_text()
    summary.get_by_role("link").click()
    expect(field).to_be_focused()


def test_a_customer_who_mistypes_loses_nothing(house: House, opens: Opens) -> None:
    page = details(house, opens)
    page.get_by_label("Your name").fill("Nora Nearly")
    page.get_by_label("Telephone").fill("12")
    page.get_by_role("button", name="Go on to payment").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Nora Nearly")
    expect(page.get_by_label("Telephone")).to_have_value("12")
    expect(page.get_by_label("Telephone")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Telephone").fill("98123 11111")
    page.get_by_role("button", name="Go on to payment").click()
    page.wait_for_url("**/booked/**")


def test_a_double_click_books_once(house: House, opens: Opens) -> None:
    page = details(house, opens)
    page.get_by_label("Your name").fill("Dora Double")
    page.get_by_label("E-mail").fill("dora@example.org")
    page.get_by_role("button", name="Go on to payment").dblclick()
    page.wait_for_url("**/booked/**")
    assert bookings_of(house, "Dora Double") == 1


def test_a_double_click_on_a_button_of_the_desk_asks_once(house: House, opens: Opens) -> None:
    page = opens(Role.OPERATOR, at="/jobs")
    before = jobs(house)
    page.get_by_role("button", name="Test the worker").dblclick()
    page.wait_for_url(re.compile("/jobs/[0-9a-f-]{36}"))
    expect(page.locator(".job [data-state]")).to_have_attribute("data-state", "SUCCESS")
    expect(page.locator(".job")).to_contain_text("A worker is there and answers.")
    assert jobs(house) == before + 1


def test_the_way_back_after_booking_books_nothing_again(house: House, opens: Opens) -> None:
    page = details(house, opens)
    page.get_by_label("Your name").fill("Bea Back")
    page.get_by_label("E-mail").fill("bea@example.org")
    page.get_by_role("button", name="Go on to payment").click()
    page.wait_for_url("**/booked/**")
    first = page.url
    page.go_back()
    send = page.get_by_role("button", name="Go on to payment")
    if send.count():
        expect(send).to_be_enabled()
        if not page.get_by_label("Your name").input_value():
            page.get_by_label("Your name").fill("Bea Back")
            page.get_by_label("E-mail").fill("bea@example.org")
        send.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert bookings_of(house, "Bea Back") == 1
    page.goto(first)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Pay|One moment"))


def details(house: House, opens: Opens) -> Page:
    page: Page = opens(at=f"/book/{house.service()}")
    page.locator(".slots a").nth(6).click()
    return page


def bookings_of(house: House, name: str) -> int:
    count = select(func.count()).select_from(Booking).where(Booking.name == name)
    return int(house.stack.look(lambda session: session.scalar(count)))


def jobs(house: House) -> int:
    tests = select(func.count()).select_from(Job).where(Job.kind == "jobs.nothing")
    return int(house.stack.look(lambda session: session.scalar(tests)))
