"""Where providers call us: verified over the raw bytes, stored, answered; a task does the rest."""

import hmac

from flask import Blueprint, abort, json, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.extensions import csrf, db, settings
from webapp.messages.channels.signatures import twilio_signed, whatsapp_signed
from webapp.messages.receiving import store

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
    account, body = settings().whatsapp, request.get_data()
    if account is None or not whatsapp_signed(
        body, request.headers.get("X-Hub-Signature-256"), [account.app_secret]
    ):
        abort(401, "The signature does not fit.")
    _require_json(body)
    return _keep("whatsapp", body)


@bp.post("/twilio/status")
@public
def twilio_status() -> ResponseReturnValue:
    """Take in what became of one SMS."""
    form = _twilio_form()
    # A message reports "sent" once; the same status again is the same report.
    event_id = f"{form.get('MessageSid')} {form.get('MessageStatus')} {form.get('ErrorCode', '')}"
    return _keep(
        "twilio", json.dumps(form).encode(), event_id=event_id, ref=request.args.get("ref")
    )


@bp.post("/twilio/inbound")
@public
def twilio_inbound() -> ResponseReturnValue:
    """Take in an SMS that a customer wrote."""
    form = _twilio_form()
    return _keep("twilio inbound", json.dumps(form).encode(), event_id=form.get("MessageSid"))


def _twilio_form() -> dict[str, str]:
    """Return the fields, once Twilio's signature over them and our public address fits."""
    account = settings().twilio
    url = settings().public_url + (request.full_path if request.query_string else request.path)
    header = request.headers.get("X-Twilio-Signature")
    if account is None or not twilio_signed(
        url, request.form, header, auth_tokens=[account.auth_token]
    ):
        abort(401, "The signature does not fit.")
    return request.form.to_dict()


def _require_json(body: bytes) -> None:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        abort(400, "This is not JSON in the form of a webhook.")


def _keep(
    provider: str, body: bytes, *, event_id: str | None = None, **extra: str | None
) -> ResponseReturnValue:
    store(provider, body, event_id=event_id, extra=dict(extra))
    db.session.commit()
    return WELL_RECEIVED
