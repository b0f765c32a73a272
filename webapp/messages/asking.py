"""What a person can ask of a message: send it again, leave it, do not send it."""

from webapp.accounts.acting import record
from webapp.clock import now
from webapp.customers.models import Customer
from webapp.extensions import db
from webapp.jobs.kinds import Wake
from webapp.jobs.queue import wake
from webapp.messages.channels import Channel
from webapp.messages.models import Message, MessageState
from webapp.messages.stopping import NAMES
from webapp.states import move


class NotPossible(Exception):
    """The message is not in a state in which that can be asked; the text says why."""


def send_again(message: Message) -> None:
    """Send a message again that failed, or that may or may not have arrived. Raises NotPossible.

    When the customer's number or address has been corrected since, it goes to the new one.
    """
    again = (MessageState.FAILED, MessageState.UNKNOWN, MessageState.CANCELLED)
    if not message.address:
        raise NotPossible("Its text and its address have been removed, so it is not sent again.")
    clean = {"failures": 0, "finished_at": None, "error": None, "advice": None, "code": None}
    if not move(message, MessageState.QUEUED, expect=again, due_at=now(), **clean):
        raise NotPossible("This message is on its way or has arrived, so it is not sent again.")
    if corrected := _corrected_address(message):
        message.address, message.lane = corrected, f"{message.channel}:{corrected}"
    wake(Wake.DELIVER)
    record(
        "message.sent_again",
        f"Sent the {NAMES[message.channel]} message to {message.address} again",
        about=message,
    )


def _corrected_address(message: Message) -> str | None:
    """Return where the customer is reached by now, if that is known."""
    customer = message.customer_id and db.session.get(Customer, message.customer_id)
    if not customer:
        return None
    return customer.email if message.channel == Channel.EMAIL else customer.phone


def leave(message: Message) -> None:
    """Say that nothing more shall be done about a message whose fate is unknown. Raises NotPossible."""
    if message.finished_at is not None or not move(
        message, MessageState.UNKNOWN, expect=[MessageState.UNKNOWN], finished_at=now()
    ):
        raise NotPossible("There is nothing left to decide about this message.")
    record(
        "message.left",
        f"Left the {NAMES[message.channel]} message to {message.address} as it is",
        about=message,
    )


def cancel(message: Message) -> None:
    """Do not send a message that still waits. Raises NotPossible."""
    if not move(message, MessageState.CANCELLED, expect=[MessageState.QUEUED], finished_at=now()):
        raise NotPossible("This message has already left.")
    db.session.flush()
    wake(Wake.DELIVER)  # the next one of its lane may go now
    record(
        "message.cancelled",
        f"Cancelled the {NAMES[message.channel]} message to {message.address}",
        about=message,
    )
