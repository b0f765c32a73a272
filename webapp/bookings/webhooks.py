"""What Razorpay reports by itself: verified, stored, answered; worked through later."""

from flask import Blueprint, abort, json, request
from flask.typing import ResponseReturnValue

from webapp.accounts.access import public
from webapp.extensions import csrf, db, settings
from webapp.messages.channels.signatures import razorpay_webhook_signed
from webapp.messages.receiving import store

bp = Blueprint("razorpay", __name__, url_prefix="/webhooks")
csrf.exempt(bp)  # a provider has no form of ours; the signature says that it is the provider


@bp.post("/razorpay")
@public
def razorpay() -> ResponseReturnValue:
    """Take in one report."""
    body = request.get_data()
    if not razorpay_webhook_signed(body, request.headers.get("X-Razorpay-Signature"), _secrets()):
        abort(401, "The signature does not fit.")
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        abort(400, "This is not JSON in the form of a webhook.")
    store("razorpay", body, event_id=request.headers.get("X-Razorpay-Event-Id"))
    db.session.commit()
    return "", 200


def _secrets() -> list[str]:
    """Return the secrets that count now.

    RAZORPAY_WEBHOOK_SECRET may hold several with commas between them: after a change, the
    provider's retries are still signed with the one before.
    """
    account = settings().razorpay
    return [secret.strip() for secret in account.webhook_secret.split(",")] if account else []
