"""What Razorpay reports by itself: verified, stored, answered; worked through later."""

import hashlib
import hmac
import json

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.extensions import csrf, db, settings
from webapp.messages import receiving

bp = Blueprint("razorpay", __name__)


@bp.post("/webhooks/razorpay")
@public
@csrf.exempt
def webhook() -> ResponseReturnValue:
    body = request.get_data()
    if not is_genuine(body, request.headers.get("X-Razorpay-Signature", "")):
        abort(401, "The signature of this report is not right.")
    try:
        json.loads(body)
    except ValueError:
        abort(400, "This report is not JSON.")
    event_id = request.headers.get("X-Razorpay-Event-Id") or None
    receiving.store("razorpay", body, event_id=event_id)
    db.session.commit()
    return {"stored": True}


def is_genuine(body: bytes, signature: str) -> bool:
    """Check the signature over the raw bytes.

    RAZORPAY_WEBHOOK_SECRET may hold several, with commas: after a change, the provider's retries
    still use the old one.
    """
    account = settings().razorpay
    if account is None:
        return False
    secrets = [secret.strip() for secret in account.webhook_secret.split(",")]
    wanted = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    # Every one is compared, so the time says nothing of which one fits.
    return any([hmac.compare_digest(one.encode(), signature.encode()) for one in wanted])
