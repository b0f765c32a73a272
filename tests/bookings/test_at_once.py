"""Whoever brings the news of a payment, and however many at once: it counts once."""

from sqlalchemy import select

from tests.bookings.asking import at_once, audited, notifications, tell
from tests.bookings.making import (
    a_service,
    lapse,
    ordered,
    proof,
    report,
)
from webapp.bookings.models import BookingState
from webapp.messages.models import Message


def test_browser_and_reports_fifty_at_once_are_one_confirmation_and_one_set_of_messages(
    app, db, queue
):
    booking = ordered()
    where, sent = f"/bookings/{booking.id}/verify-payment", proof(booking)
    reports = [report(booking, event) for event in ("payment.captured", "order.paid") * 10]
    db.session.commit()
    browsers = [lambda client: client.post(where, data=sent)] * 30
    webhooks = [
        lambda client, body=body, headers=headers: tell(client, body, headers)
        for body, headers in reports
    ]
    tasks = [task for pair in zip(browsers, webhooks, strict=False) for task in pair] + browsers[
        20:
    ]

    answers = at_once(app, tasks)
    queue.run()

    assert {answer.status_code for answer in answers} == {200, 303}
    assert booking.state == BookingState.CONFIRMED
    assert len(audited(db, "booking.confirmed")) == 1
    assert notifications(db) == 1
    purposes = db.session.execute(select(Message.purpose, Message.channel)).all()
    assert len(purposes) == len(set(purposes)) == 3


def test_reports_worked_through_by_many_at_once_count_once(app, db, client, queue):
    from tests.queues import task_bodies

    booking = ordered()
    for _ in range(10):
        tell(client, *report(booking))
    receive = task_bodies(app)["messages.receive"]

    def work(_client):
        with app.app_context():
            receive(None)

    at_once(app, [work] * 10)
    db.session.expire_all()

    assert booking.state == BookingState.CONFIRMED
    assert len(audited(db, "payment.paid")) == 1
    assert notifications(db) == 1


def test_two_late_payments_for_one_time_give_it_to_one_of_them(app, db):
    service = a_service()
    first = ordered(service)
    lapse(first)
    second = ordered(service)
    lapse(second)
    assert first.starts_at == second.starts_at
    wanted = [
        (f"/bookings/{one.id}/verify-payment", proof(one, f"pay_{one.id}"))
        for one in (first, second)
    ]
    db.session.commit()

    at_once(app, [lambda client, w=w: client.post(w[0], data=w[1]) for w in wanted])
    db.session.expire_all()

    assert sorted([first.state, second.state]) == [BookingState.CONFIRMED, BookingState.REFUND_DUE]
