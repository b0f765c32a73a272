"""The page behind "unsubscribe" in a message, and the address that a mail program calls (RFC 8058)."""

import uuid

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.extensions import csrf, db, limiter
from webapp.messages.models import Message, SuppressedBecause
from webapp.messages.suppressing import BY, SAID, found, is_real, lift, suppress
from webapp.pages import render

bp = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")
csrf.exempt(bp)  # mail programs send the form for their people; who knows the id got the message

ONE_CLICK = ("List-Unsubscribe", "One-Click")


def this_message() -> str:
    """Count the tries for each message: a mail provider sends those of many people from one address."""
    return str((request.view_args or {}).get("message_id"))


gently = limiter.limit("20 per minute", key_func=this_message, methods=["POST"])


@bp.get("/<message_id>")
@public
def ask(message_id: str) -> ResponseReturnValue:
    """Show the button. Looking changes nothing: programs that check mails follow every link."""
    return _page(_find(message_id))


@bp.post("/<message_id>")
@public
@gently
def unsubscribe(message_id: str) -> ResponseReturnValue:
    """Send no more offers there; any number of times."""
    message = _find(message_id)
    if message is None or request.form.get(ONE_CLICK[0]) != ONE_CLICK[1]:
        return _page(message, status=400)
    if is_real(message.lane):
        suppress(message.channel, message.address, SuppressedBecause.UNSUBSCRIBED)
        db.session.commit()
    return _page(message)


@bp.post("/<message_id>/again")
@public
@gently
def again(message_id: str) -> ResponseReturnValue:
    """Send offers there again, if it was this person who wanted none."""
    message = _find(message_id)
    if message is None:
        return _page(message)
    if is_real(message.lane):
        lift(message.channel, message.address, only=SAID)
        db.session.commit()
    return _page(message, again=True)


def _find(message_id: str) -> Message | None:
    try:
        return db.session.get(Message, uuid.UUID(message_id))
    except ValueError:
        return None


def _page(
    message: Message | None, *, again: bool = False, status: int = 200
) -> ResponseReturnValue:
    if message is None:
        return render("messages/unsubscribe/unknown.html", status=404)
    entry = found(message.channel, message.address) if is_real(message.lane) else None
    return render(
        "messages/unsubscribe/ask.html",
        message=message,
        rehearsal=not is_real(message.lane),
        off=entry is not None,
        own_wish=entry is not None and entry.why in SAID,
        again=again,
        by=BY[message.channel],
        address=hidden(message.address),
        one_click=ONE_CLICK,
        status=status,
    )


def hidden(address: str) -> str:
    """Show so much of an address that its owner knows it, and nobody who was forwarded the link."""
    name, at, domain = address.rpartition("@")
    return f"{name[:1]}…{at}{domain}" if at else f"…{address[-4:]}"
