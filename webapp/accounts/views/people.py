"""The people who work here, for admins."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import browser, people
from webapp.accounts.access import needs
from webapp.accounts.forms import Invitation, Person
from webapp.accounts.models import Role, User
from webapp.accounts.people import NotPossible
from webapp.accounts.views import bp
from webapp.extensions import db
from webapp.pages import goes_to, render, say


@bp.get("/people", endpoint="people")
@needs(Role.ADMIN)
def index() -> ResponseReturnValue:
    return render("accounts/people.html", people=people.everybody())


@bp.get("/people/new")
@needs(Role.ADMIN)
def invite() -> ResponseReturnValue:
    return render("accounts/invite.html", form=Invitation())


@bp.post("/people/new", endpoint="make_invitation")
@needs(Role.ADMIN)
def make_invitation() -> ResponseReturnValue:
    form = Invitation(request.form)
    if not form.validate():
        return render("accounts/invite.html", form=form, status=422)
    try:
        user, link = people.invite(
            name=form.name.data or "", email=form.email.data or "", role=Role(form.role.data)
        )
    except NotPossible as problem:
        form.email.errors = [str(problem)]
        return render("accounts/invite.html", form=form, status=422)
    db.session.commit()
    return render("accounts/link.html", user=user, link=link)


@bp.get("/people/<int(max=2147483647):user_id>")
@needs(Role.ADMIN)
def person(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    return _show(user, Person(data={"name": user.name, "role": user.role.value}))


@bp.post("/people/<int(max=2147483647):user_id>", endpoint="change_person")
@needs(Role.ADMIN)
def change_person(user_id: int) -> ResponseReturnValue:
    user, form = db.get_or_404(User, user_id), Person(request.form)
    if not form.validate():
        return _show(user, form, status=422)
    try:
        people.change(
            user,
            name=form.name.data or "",
            role=Role(form.role.data),
            session_id=browser.session_id(),
        )
    except NotPossible as problem:
        form.role.errors = [str(problem)]
        return _show(user, form, status=422)
    db.session.commit()
    say(f"Saved what you changed about {user.name}.")
    return goes_to(url_for("accounts.people" if browser.me().can("admin") else "accounts.sessions"))


@bp.post("/people/<int(max=2147483647):user_id>/deactivate")
@needs(Role.ADMIN)
def deactivate(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    try:
        people.deactivate(user)
    except NotPossible as problem:
        form = Person(data={"name": user.name, "role": user.role.value})
        return _show(user, form, refused=str(problem), status=409)
    db.session.commit()
    say(f"{user.name} can no longer sign in.")
    return goes_to(url_for("accounts.person", user_id=user_id))


@bp.post("/people/<int(max=2147483647):user_id>/reactivate")
@needs(Role.ADMIN)
def reactivate(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    people.reactivate(user)
    db.session.commit()
    say(f"{user.name} can sign in again.")
    return goes_to(url_for("accounts.person", user_id=user_id))


@bp.post("/people/<int(max=2147483647):user_id>/link")
@needs(Role.ADMIN)
def make_link(user_id: int) -> ResponseReturnValue:
    user = db.get_or_404(User, user_id)
    try:
        link = people.new_link(user)
    except NotPossible as problem:
        form = Person(data={"name": user.name, "role": user.role.value})
        return _show(user, form, refused=str(problem), status=409)
    db.session.commit()
    return render("accounts/link.html", user=user, link=link)


def _show(
    user: User, form: Person, *, refused: str | None = None, status: int = 200
) -> ResponseReturnValue:
    return render("accounts/person.html", user=user, form=form, refused=refused, status=status)
