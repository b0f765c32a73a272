"""The way in and out: the first account, signing in, signing out, a password by link."""

from flask import current_app, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.accounts import browser, links, passwords, people, throttling
from webapp.accounts.access import public
from webapp.accounts.acting import record
from webapp.accounts.forms import FirstAccount, NewPassword, SignIn
from webapp.accounts.models import User
from webapp.accounts.views import bp
from webapp.extensions import db
from webapp.pages import goes_to, next_page, render, say

HOME = "/"
WRONG = "The e-mail address or the password is not right."


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return goes_to(next_page(HOME))
    return render("accounts/sign_in.html", form=SignIn(request.args))


@bp.post("/sign-in", endpoint="check_password")
@public
@throttling.by_account
@throttling.by_address
def check_password() -> ResponseReturnValue:
    form = SignIn(request.form)
    user = form.validate() and _rightful(form.email.data or "", form.password.data or "")
    if not user:
        if not form.errors:
            form.form_errors = [WRONG]
        db.session.commit()
        return render("accounts/sign_in.html", form=form, status=422)
    browser.sign_in(user)
    db.session.commit()
    return goes_to(next_page(HOME))


def _rightful(email: str, password: str) -> User | None:
    """Return the person with this e-mail and password, and write down when there is none."""
    user = people.by_email(email)
    user_id, stored = (user.id, user.password_hash) if user else (None, None)
    db.session.rollback()  # hashing takes long: nobody waits for us meanwhile
    right = passwords.matches(stored, password)
    user = db.session.get(User, user_id) if user_id else None
    if user is None:
        record("session.refused", "Somebody tried to sign in with an unknown e-mail address")
        return None
    if not right or not user.active or user.password_hash != stored:
        record("session.refused", f"Somebody tried to sign in as {user.name}", about=user)
        return None
    if passwords.outdated(stored or ""):
        user.password_hash = passwords.hashed(password)
    return user


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    browser.sign_out()
    db.session.commit()
    say("You are signed out.")
    response = make_response(goes_to(url_for("accounts.sign_in")))
    # Pages kept for the Back button go. Not "cookies": that would reach the neighbours' sites too.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.get("/setup/<token>")
@public
def setup(token: str) -> ResponseReturnValue:
    if links.find(token, slot=links.SETUP) is None:
        return _dead_link()
    return render("accounts/setup.html", form=FirstAccount())


@bp.post("/setup/<token>", endpoint="make_first_account")
@public
def make_first_account(token: str) -> ResponseReturnValue:
    if links.find(token, slot=links.SETUP) is None:
        return _dead_link()
    form = FirstAccount(request.form)
    if not form.validate():
        return render("accounts/setup.html", form=form, status=422)
    user = people.make_first_admin(
        token,
        name=form.name.data or "",
        email=form.email.data or "",
        password=form.password.data or "",
    )
    if user is None:
        db.session.rollback()
        return _dead_link()
    browser.sign_in(user)
    db.session.commit()
    say(f"Welcome, {user.name}. Your account is ready.")
    return goes_to(HOME)


@bp.get("/password/<token>")
@public
def new_password(token: str) -> ResponseReturnValue:
    link = links.find(token)
    if link is None:
        return _dead_link()
    return render("accounts/new_password.html", form=NewPassword(), user=link.user)


@bp.post("/password/<token>", endpoint="set_password")
@public
def set_password(token: str) -> ResponseReturnValue:
    link = links.find(token)
    if link is None or link.user is None:
        return _dead_link()
    form = NewPassword(request.form)
    form.about = (link.user.email, link.user.name)
    if not form.validate():
        return render("accounts/new_password.html", form=form, user=link.user, status=422)
    user = people.set_password(link, token, form.password.data or "")
    if user is None:
        db.session.rollback()
        return _dead_link()
    browser.sign_in(user)
    db.session.commit()
    say("Your password is set, and you are signed in.")
    return goes_to(HOME)


def _dead_link() -> ResponseReturnValue:
    return render("accounts/dead_link.html", status=410)


@bp.errorhandler(throttling.TooOften)
def too_often(limit: throttling.TooOften) -> ResponseReturnValue:
    """Say how long to wait; the log line is what an alert can be made of."""
    seconds = throttling.seconds_to_wait(limit)
    current_app.logger.warning(
        "passwords are tried too often: %s from %s", request.endpoint, request.remote_addr
    )
    response = render("accounts/too_often.html", minutes=-(-seconds // 60), status=429)
    response.headers["Retry-After"] = str(seconds)
    return response
