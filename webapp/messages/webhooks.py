"""Where providers call us: verified over the raw bytes, stored, answered; a task does the rest."""

import hmac
from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, abort, json, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.extensions import csrf, db, settings
from webapp.messages.channels.signatures import twilio_signed, whatsapp_signed
from webapp.messages.receiving import store
from webapp.providers import TwilioAccount, WhatsAppAccount

Account = TypeVar("Account", WhatsAppAccount, TwilioAccount)

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")
csrf.exempt(bp)  # a provider has no form of ours; each view checks its signature instead

WELL_RECEIVED = ("", 200)


@bp.get("/whatsapp")
@public
def whatsapp_handshake() -> ResponseReturnValue:
    """Prove to Meta that this address is ours, by the token that we told it."""
    account = settings().whatsapp
    offered = request.args.get("hub.verify_token", "")
    if account is None or request.args.get("hub.mode") != "subscribe":
        abort(403)
    if not hmac.compare_digest(offered.encode(), account.verify_token.encode()):
        abort(403)
    return request.args.get("hub.challenge", ""), 200, {"Content-Type": "text/plain; charset=utf-8"}


@bp.post("/whatsapp")
@public
def whatsapp() -> ResponseReturnValue:
    """Take in a batch of statuses and messages."""
    body, header = request.get_data(), request.headers.get("X-Hub-Signature-256")
    rehearsal = _is_rehearsal(
        settings().whatsapp,
        settings().sandbox.whatsapp,
        lambda account: whatsapp_signed(body, header, [account.app_secret]),
    )
    _require_json(body)
    return _keep("whatsapp", body, rehearsal=rehearsal)


@bp.post("/twilio/status")
@public
def twilio_status() -> ResponseReturnValue:
    """Take in what became of one SMS."""
    form, rehearsal = _twilio_form()
    # A message reports "sent" once; the same status again is the same report.
    event_id = f"{form.get('MessageSid')} {form.get('MessageStatus')} {form.get('ErrorCode', '')}"
    body, ref = json.dumps(form).encode(), request.args.get("ref")
    return _keep("twilio", body, event_id=event_id, ref=ref, rehearsal=rehearsal)


@bp.post("/twilio/inbound")
@public
def twilio_inbound() -> ResponseReturnValue:
    """Take in an SMS that a customer wrote."""
    form, rehearsal = _twilio_form()
    body, event_id = json.dumps(form).encode(), form.get("MessageSid")
    return _keep("twilio inbound", body, event_id=event_id, rehearsal=rehearsal)


def _twilio_form() -> tuple[dict[str, str], bool]:
    """Return the fields, once a signature over them and our public address fits, and whose it is."""
    url = settings().public_url + (request.full_path if request.query_string else request.path)
    header = request.headers.get("X-Twilio-Signature")
    rehearsal = _is_rehearsal(
        settings().twilio,
        settings().sandbox.twilio,
        lambda account: twilio_signed(url, request.form, header, auth_tokens=[account.auth_token]),
    )
    return request.form.to_dict(), rehearsal


def _is_rehearsal(
    used: Account | None, stand_in: Account | None, fits: Callable[[Account], bool]
) -> bool:
    """Refuse what nobody has signed whom we know; say whether it was the sandbox beside our own account.

    What the sandbox tells then concerns rehearsals alone: whoever works through it looks at this.
    """
    if used is not None and fits(used):
        return False
    if stand_in is None or stand_in == used or not fits(stand_in):
        abort(401, "The signature does not fit.")
    return True


def _require_json(body: bytes) -> None:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        abort(400, "This is not JSON in the form of a webhook.")


def _keep(
    provider: str, body: bytes, *, rehearsal: bool, event_id: str | None = None, **extra: str | None
) -> ResponseReturnValue:
    told = {**extra, "rehearsal": True} if rehearsal else dict(extra)
    store(provider, body, event_id=event_id, extra=told)
    db.session.commit()
    return WELL_RECEIVED
