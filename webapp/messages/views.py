"""The pages of the messages."""

import uuid
from collections.abc import Callable

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import bindparam, or_, select

from webapp.accounts.access import needs
from webapp.accounts.models import Role
from webapp.accounts.polls import polled
from webapp.extensions import db
from webapp.messages import asking, stopping
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState
from webapp.messages.watching import interval_of
from webapp.pages import back, goes_to, render, say
from webapp.paging import page

bp = Blueprint("messages", __name__, url_prefix="/messages")

NEEDS_A_LOOK = or_(
    Message.state == MessageState.FAILED,
    (Message.state == MessageState.UNKNOWN) & Message.finished_at.is_(None),
)
FILTERS = {
    "": ("All", None),
    "look": ("Need a look", NEEDS_A_LOOK),
    "waiting": ("Waiting", Message.state.in_([MessageState.QUEUED, MessageState.SENDING])),
    "sent": ("Sent", Message.state == MessageState.SENT),
    "arrived": ("Arrived", Message.state.in_([MessageState.DELIVERED, MessageState.READ])),
}


@bp.get("")
@needs(Role.VIEWER)
def index() -> ResponseReturnValue:
    """List the messages, newest first."""
    chosen, words = request.args.get("show", ""), request.args.get("q", "").strip()
    if chosen not in FILTERS:
        abort(404)
    query = select(Message)
    if (condition := FILTERS[chosen][1]) is not None:
        query = query.where(condition)
    if words:
        query = query.where(Message.address.contains(words.lower(), autoescape=True))
    return render(
        "messages/index.html",
        block="list",
        page=page(query, Message.id),
        filters=FILTERS,
        chosen=chosen,
        words=words,
        stopped=stopping.stopped(),
        names=stopping.NAMES,
    )


@bp.get("/<uuid:message_id>")
@needs(Role.VIEWER)
@polled(select(Message.version).where(Message.id == bindparam("message_id")).scalar_subquery())
def show(message_id: uuid.UUID) -> ResponseReturnValue:
    """Show one message and every attempt to send it."""
    message = db.get_or_404(Message, message_id)
    return render(
        "messages/show.html",
        block="live_part",
        message=message,
        interval_ms=interval_of(message),
        names=stopping.NAMES,
    )


@bp.post("/<uuid:message_id>/send-again")
@needs(Role.OPERATOR)
def send_again(message_id: uuid.UUID) -> ResponseReturnValue:
    """Send it again."""
    return _ask(message_id, asking.send_again, "It is being sent again.")


@bp.post("/<uuid:message_id>/leave")
@needs(Role.OPERATOR)
def leave(message_id: uuid.UUID) -> ResponseReturnValue:
    """Leave it as it is."""
    return _ask(message_id, asking.leave, "Left as it is.")


@bp.post("/<uuid:message_id>/cancel")
@needs(Role.OPERATOR)
def cancel(message_id: uuid.UUID) -> ResponseReturnValue:
    """Do not send it."""
    return _ask(message_id, asking.cancel, "It will not be sent.")


@bp.post("/channels/<channel>/start")
@needs(Role.OPERATOR)
def start_channel(channel: str) -> ResponseReturnValue:
    """Let a stopped channel send again."""
    if channel not in set(Channel):
        abort(404)
    if not stopping.start(Channel(channel)):
        abort(409, "This channel is sending already.")
    db.session.commit()
    say(f"{stopping.NAMES[Channel(channel)]} is sending again.")
    return goes_to(back(url_for("messages.index")))


def _ask(message_id: uuid.UUID, wish: Callable[[Message], None], done: str) -> ResponseReturnValue:
    message = db.get_or_404(Message, message_id)
    try:
        wish(message)
    except asking.NotPossible as problem:
        abort(409, str(problem))
    db.session.commit()
    say(done)
    return goes_to(back(url_for("messages.show", message_id=message_id)))
