"""What everybody can see to: the own sessions and the own password."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import browser, passwords, people, sessions, throttling
from webapp.accounts.access import needs
from webapp.accounts.acting import record
from webapp.accounts.forms import OtherPassword
from webapp.accounts.models import Role, User
from webapp.accounts.views import bp
from webapp.extensions import db
from webapp.pages import goes_to, render, say


@bp.get("/my/sessions", endpoint="sessions")
@needs(Role.VIEWER)
def my_sessions() -> ResponseReturnValue:
    return render(
        "accounts/sessions.html",
        sessions=sessions.of(browser.me()),
        this_one=browser.session_id(),
        browser_name=sessions.browser_name,
    )


@bp.post("/my/sessions/<int(max=2147483647):session_id>/end")
@needs(Role.VIEWER)
def end_session(session_id: int) -> ResponseReturnValue:
    me = browser.me()
    if session_id == browser.session_id():
        abort(409, "This is the browser you are using. Use “Sign out” for it.")
    if sessions.end(me, session_id):
        record("session.ended", f"{me.name} signed out another browser", about=me)
    db.session.commit()
    say("That browser is signed out.")
    return goes_to(url_for("accounts.sessions"))


@bp.post("/my/sessions/end-others")
@needs(Role.VIEWER)
def end_other_sessions() -> ResponseReturnValue:
    me = browser.me()
    ended = sessions.end_all(me, but=browser.session_id())
    if ended:
        record("session.ended", f"{me.name} signed out all other browsers", about=me, ended=ended)
    db.session.commit()
    say("You are signed in with this browser only.")
    return goes_to(url_for("accounts.sessions"))


@bp.get("/my/password")
@needs(Role.VIEWER)
def password() -> ResponseReturnValue:
    return render("accounts/password.html", form=OtherPassword())


@bp.post("/my/password", endpoint="change_password")
@needs(Role.VIEWER)
@throttling.by_session
def change_password() -> ResponseReturnValue:
    me, form = browser.me(), OtherPassword(request.form)
    form.about = (me.email, me.name)
    user_id, stored = me.id, me.password_hash
    db.session.rollback()  # hashing takes long: nobody waits for us meanwhile
    fine = form.validate()
    if not passwords.matches(stored, form.old.data or ""):
        form.old.errors = [*form.old.errors, "This is not the password you have now."][-1:]
        fine = False
    if not fine:
        return render("accounts/password.html", form=form, status=422)
    secret = passwords.hashed(form.password.data or "")
    user = db.get_or_404(User, user_id)
    ended = people.change_password(user, secret, session_id=browser.session_id())
    browser.renew(user)
    db.session.commit()
    say("Your password is changed." + (" You were signed out everywhere else." if ended else ""))
    return goes_to(url_for("accounts.sessions"))
