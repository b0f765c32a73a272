"""An admin tells the team something: the answer comes at once, a job gives it to each, once."""

import pytest
from sqlalchemy import insert

from tests.contracts.world import send
from tests.notices.reading import notices, titles, user
from tests.people import person
from webapp.accounts.models import Role, User
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.notices import announcing
from webapp.notices.models import Announcement, Level, Notice

KEY = "0123456789abcdef0123"


@pytest.fixture
def team(ada, otto, vera):
    return [user(role) for role in Role]


def typed(**values):
    return {
        "whom": "everybody", "level": "info", "title": "We close early",
        "message": "At four.", "form_key": KEY, "role": "operator", **values,
    }  # fmt: skip


def announced(**values):
    usual = {"title": "We close early", "message": "At four.", "level": Level.WARN, "form_key": KEY}
    return announcing.send_bulk_notifications(**{**usual, **values})


def test_everybody_is_told_by_a_job_and_the_answer_names_how_many(ada, team, queue, db):
    answer = send(ada, "/notices/new", **typed())

    assert answer.status_code == 303
    assert db.session.query(Notice).count() == 0
    page = ada.get(answer.location)
    assert "A job tells 3 people now." in page.text
    assert "Notify the team" in page.text
    assert queue.names() == ["notices.send"]

    queue.run()

    assert [titles(one)[0] for one in team] == ["We close early"] * 3
    assert "Told 3 people." in ada.get(answer.location).text
    assert titles(team[0])[1] == "Done: Notify the team · We close early"
    assert notices(team[0])[1].link == answer.location


@pytest.mark.parametrize(
    ("chosen", "told"),
    [({"whom": "role", "role": "viewer"}, {Role.VIEWER}), ({"whom": "picked"}, {Role.OPERATOR})],
    ids=["a role", "picked people"],
)
def test_only_those_who_are_meant_are_told(chosen, told, ada, team, queue):
    picked = {"people": str(user(Role.OPERATOR).id)} if chosen["whom"] == "picked" else {}
    assert send(ada, "/notices/new", **typed(**chosen, **picked)).status_code == 303
    queue.run()

    assert {one.role for one in team if "We close early" in titles(one)} == told


def test_who_was_deactivated_is_not_told_even_when_that_was_after_the_announcement(db, team, queue):
    gone, leaving = person("Gone", Role.VIEWER), person("Leaving", Role.VIEWER)
    gone.active = False
    db.session.commit()
    made = announced(role=Role.VIEWER)
    assert made.recipients == 2
    leaving.active = False
    db.session.commit()

    queue.run()

    assert titles(gone) == titles(leaving) == []
    assert titles(user_of(team, Role.VIEWER)) == ["We close early"]


def user_of(team, role):
    return next(one for one in team if one.role == role)


def test_a_job_that_was_killed_goes_on_and_tells_nobody_twice(db, app, queue):
    moment = now()
    db.session.execute(
        insert(User),
        [
            {"email": f"{n}@desk.example", "name": f"N{n}", "role": Role.VIEWER, "active": True,
             "created_at": moment}
            for n in range(announcing.SOME + 100)
        ],
    )  # fmt: skip
    made = announced()
    db.session.commit()
    assert announcing.give_some(made, most=150) == 150  # then the worker is killed
    db.session.commit()

    queue.run()

    job = db.session.query(Job).filter_by(kind=JobKind.NOTICES_SEND).one()
    assert job.state == JobState.SUCCESS
    assert job.result == {"answer": f"Told {announcing.SOME + 100} people."}
    assert db.session.query(Notice).count() == announcing.SOME + 100
    assert announcing.give_some(made) == 0


def test_the_same_form_sent_twice_is_one_announcement(ada, team, queue, db):
    first, second = (send(ada, "/notices/new", **typed()) for _ in range(2))
    queue.run()

    assert first.location == second.location
    assert db.session.query(Announcement).count() == 1
    assert titles(user_of(team, Role.VIEWER)) == ["We close early"]


def test_whoever_comes_later_was_not_meant(db, team, queue):
    announced()
    db.session.commit()
    later = person("Later", Role.VIEWER)

    queue.run()

    assert titles(later) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "A title is needed."),
        ({"title": "x" * 201}, "At most 200 characters."),
        ({"message": "x" * 2001}, "At most 2,000 characters."),
        ({"whom": "picked"}, "Pick at least one person."),
        ({"whom": "picked", "people": "999999"}, "Pick at least one person."),
        ({"whom": "picked", "people": "nobody"}, "Pick at least one person."),
        ({"whom": "the dog"}, "Not a valid choice"),
        ({"level": "loud"}, "Not a valid choice"),
        ({"form_key": ""}, "This form is not complete. Reload the page."),
    ],
)
def test_what_is_typed_wrongly_gets_a_sentence_and_nothing_is_lost(wrong, sentence, ada, db):
    answer = send(ada, "/notices/new", **typed(**wrong))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "At four." in answer.text or "message" in wrong
    assert db.session.query(Announcement).count() == 0


def test_a_role_that_nobody_has_gets_a_sentence(ada, db):
    answer = send(ada, "/notices/new", **typed(whom="role", role="viewer"))

    assert answer.status_code == 422
    assert "Nobody who works here now is meant by this." in answer.text
