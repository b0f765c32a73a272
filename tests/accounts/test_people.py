"""Who may open what, and what an admin can do about people."""

from threading import Barrier, Thread

import pytest

from tests.accounts.conftest import csrf_token, page, send, words
from webapp.accounts import people
from webapp.accounts.models import AuditEntry, Role, User

MATRIX = [
    # page, stranger, viewer, operator, admin
    ("/sign-in", 200, 303, 303, 303),
    ("/setup/none", 410, 410, 410, 410),
    ("/password/none", 410, 410, 410, 410),
    ("/my/sessions", 303, 200, 200, 200),
    ("/my/password", 303, 200, 200, 200),
    ("/people", 303, 403, 403, 200),
    ("/people/new", 303, 403, 403, 200),
    ("/people/2147483647", 303, 403, 403, 404),
    ("/people/99999999999999999999", 404, 404, 404, 404),
    ("/activity", 303, 403, 403, 200),
]
CHANGES = [
    ("/my/sessions/1/end", 401, {303, 409}, {303, 409}, {303, 409}),
    ("/my/sessions/end-others", 401, {303}, {303}, {303}),
    ("/my/password", 401, {422}, {422}, {422}),
    ("/people/new", 401, {403}, {403}, {422}),
    ("/people/2147483647", 401, {403}, {403}, {404}),
    ("/people/2147483647/deactivate", 401, {403}, {403}, {404}),
    ("/people/2147483647/reactivate", 401, {403}, {403}, {404}),
    ("/people/2147483647/link", 401, {403}, {403}, {404}),
]
PUBLIC_CHANGES = {"/sign-in", "/sign-out", "/setup/<token>", "/password/<token>"}


def test_each_page_opens_for_those_who_may_and_nobody_else(client, vera, otto, ada):
    for path, *expected in MATRIX:
        found = [browser.get(path).status_code for browser in (client, vera, otto, ada)]
        assert found == expected, path


def test_each_change_is_for_those_who_may_and_nobody_else(client, vera, otto, ada):
    for path, stranger, *expected in CHANGES:
        assert send(client, path).status_code == stranger, path
        for browser, allowed in zip((vera, otto, ada), expected, strict=True):
            assert send(browser, path).status_code in allowed, path


def test_no_page_of_accounts_is_missing_from_the_matrix(app):
    def known(rule):
        parts = rule.split("/")
        tables = {tuple(path.split("/")) for path, *_ in (*MATRIX, *CHANGES)}
        return any(
            len(path) == len(parts)
            and all(
                here.startswith("<") or here == there
                for here, there in zip(parts, path, strict=True)
            )
            for path in tables
        )

    rules = {
        rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("accounts.")
    }
    assert {rule for rule in rules if not known(rule)} <= PUBLIC_CHANGES


def test_an_invitation_shows_its_link_once_and_is_recorded(ada, db):
    answer = send(ada, "/people/new", name=" Otto  \n ", email="Otto@Desk.example", role="viewer")

    assert answer.status_code == 200
    assert "http://desk.example/password/" in answer.text
    otto = db.session.query(User).filter_by(email="otto@desk.example").one()
    assert (otto.name, otto.role) == ("Otto", Role.VIEWER)
    entry = db.session.query(AuditEntry).filter_by(action="user.invited").one()
    assert entry.user.role == Role.ADMIN
    assert entry.subject_id == str(otto.id)
    assert "/password/" not in ada.get("/activity").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "vera@desk.example"}, "is already here"),
        ({"email": "VERA@desk.example"}, "is already here"),
        ({"email": "nonsense"}, "does not look like an e-mail address"),
        ({"email": "a\0@desk.example"}, "does not look like an e-mail address"),
        ({"name": ""}, "This is needed."),
        ({"name": "x" * 101}, "Use at most 100 characters."),
        ({"role": "owner"}, "Not a valid choice"),
    ],
)
def test_a_mistake_in_an_invitation_is_told_at_its_field(ada, user, db, typed, sentence):
    user("Vera", Role.VIEWER)

    answer = send(
        ada,
        "/people/new",
        **{"name": "Otto", "email": "otto@desk.example", "role": "viewer", **typed},
    )

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert db.session.query(User).filter_by(name="Otto").count() == 0


def test_a_role_and_a_name_are_changed_and_recorded(ada, user, db):
    otto = user()

    answer = send(ada, f"/people/{otto.id}", name="Otto Maier", role="admin")

    assert answer.status_code == 303
    assert (otto.name, otto.role) == ("Otto Maier", Role.ADMIN)
    texts = [entry.text for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert texts == [
        "Changed the role of Otto to admin",
        "Changed the name of Otto to Otto Maier",
    ]


def test_saving_without_a_change_records_nothing(ada, user, db):
    otto = user()

    send(ada, f"/people/{otto.id}", name="Otto", role="operator")

    assert db.session.query(AuditEntry).count() == 0


def test_the_last_admin_stays_one(ada, user, db):
    me = db.session.query(User).one()
    user("Gone", Role.ADMIN, active=False)

    demoted = send(ada, f"/people/{me.id}", name=me.name, role="viewer")
    gone = send(ada, f"/people/{me.id}/deactivate")

    assert demoted.status_code == 422
    assert gone.status_code == 409
    assert "the only admin who is left" in words(demoted)
    assert "the only admin who is left" in words(gone)
    assert (me.role, me.active) == (Role.ADMIN, True)


def test_with_a_second_admin_the_first_may_go(ada, user, db):
    me = db.session.query(User).one()
    user("Grace", Role.ADMIN)

    assert send(ada, f"/people/{me.id}/deactivate").status_code == 303
    assert ada.get("/people").status_code == 303


def test_two_admins_cannot_demote_each_other_at_once(app, user, db):
    admins = [user("Ada", Role.ADMIN).id, user("Grace", Role.ADMIN).id]
    db.session.commit()
    gate, refused = Barrier(2), []

    def demote(user_id):
        with app.app_context():
            gate.wait()
            person = db.session.get(User, user_id)
            try:
                people.change(person, name=person.name, role=Role.VIEWER)
                db.session.commit()
            except people.NotPossible:
                refused.append(user_id)
                db.session.rollback()

    threads = [Thread(target=demote, args=(user_id,)) for user_id in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    db.session.commit()
    assert len(refused) == 1
    assert db.session.query(User).filter_by(role=Role.ADMIN, active=True).count() == 1


def test_a_reactivated_person_may_sign_in_again(ada, user, db):
    otto = user(active=False)

    assert send(ada, f"/people/{otto.id}/reactivate").status_code == 303

    assert otto.active
    assert "Otto can sign in again." in words(ada.get(f"/people/{otto.id}"))


def test_activity_is_read_page_by_page_newest_first(ada, user, db):
    db.session.add_all(AuditEntry(action="x.y", text=f"Did number {n}.") for n in range(120))
    db.session.commit()

    first = page(ada.get("/activity"))
    older = page(ada.get(first.css_first("[rel=next]").attributes["href"]))
    oldest = page(ada.get(older.css_first("[rel=next]").attributes["href"]))
    newer = page(ada.get(oldest.css_first("[rel=prev]").attributes["href"]))

    def numbers(tree):
        return [
            int(cell.text().split("number ")[1].strip(" .\n"))
            for cell in tree.css("tbody td")
            if "number" in cell.text()
        ]

    assert numbers(first) == list(range(119, 69, -1))
    assert numbers(older) == list(range(69, 19, -1))
    assert numbers(oldest) == list(range(19, -1, -1))
    assert numbers(newer) == numbers(older)
    assert oldest.css_first("[rel=next]") is None


def test_activity_is_found_by_person_and_by_words(ada, user, db):
    otto = user()
    send(ada, f"/people/{otto.id}", name="Otto", role="viewer")
    db.session.add(AuditEntry(action="x.y", text="Gave 100% of it away"))
    db.session.commit()

    def found(query):
        return [
            row.css("td")[0].text().strip()
            for row in page(ada.get(f"/activity?{query}")).css("tbody tr")
        ]

    assert found(f"person={otto.id}") == ["Changed the role of Otto to viewer"]
    assert found("q=100%25") == ["Gave 100% of it away"]
    assert found("q=CHANGED+the") == ["Changed the role of Otto to viewer"]
    assert found("q=100_") == []


@pytest.mark.parametrize(
    "query", ["person=abc", "person=99999999999999999999", "q=%00", "before=x", "person=-1"]
)
def test_activity_survives_what_makes_no_sense(ada, query):
    assert ada.get(f"/activity?{query}").status_code == 200


def test_what_people_are_called_is_never_markup(ada, user, db):
    user("<script>alert(1)</script>")
    send(
        ada, f"/people/{db.session.query(User).filter(User.name.contains('script')).one().id}/link"
    )

    for path in ("/people", "/activity"):
        assert "<script>alert" not in ada.get(path).text


def test_a_form_sent_twice_makes_one_person(ada, db):
    token = csrf_token(ada)
    typed = {"csrf_token": token, "name": "Otto", "email": "otto@desk.example", "role": "viewer"}

    answers = [ada.post("/people/new", data=typed).status_code for _ in range(2)]

    assert answers == [200, 422]
    assert db.session.query(User).filter_by(name="Otto").count() == 1
