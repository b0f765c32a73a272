import hashlib
import hmac
import json

import pytest
from twilio.request_validator import RequestValidator

from webapp.messages.channels.signatures import (
    razorpay_payment_signed,
    razorpay_webhook_signed,
    twilio_signed,
    whatsapp_signed,
)

BODY = json.dumps({"entry": [{"text": "Zoë ✓"}]}, ensure_ascii=False).encode()
URL = "https://desk.example.org/webhooks/twilio/status?ref=msg-1"
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+919812345678"}


def hexed(secret: str, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ("sha256=" + hexed("new"), True),
        ("sha256=" + hexed("old"), True),
        ("sha256=" + hexed("other"), False),
        ("sha256=" + hexed("new").upper(), False),
        ("sha256=" + hexed("new")[:-1], False),
        ("sha1=" + hexed("new"), False),
        (hexed("new"), False),
        ("sha256=", False),
        ("sha256=é", False),
        ("sha256=\udcff", False),
        ("", False),
        (None, False),
    ],
)
def test_whatsapp_is_believed_only_with_one_of_our_secrets(header: str | None, good: bool) -> None:
    assert whatsapp_signed(BODY, header, ["new", "old"]) is good


def test_a_body_that_was_written_anew_or_changed_is_not_believed() -> None:
    header = "sha256=" + hexed("new")
    assert not whatsapp_signed(json.dumps(json.loads(BODY)).encode(), header, ["new"])
    assert not whatsapp_signed(BODY + b" ", header, ["new"])


def test_a_missing_secret_believes_nobody() -> None:
    assert not whatsapp_signed(BODY, "sha256=" + hexed(""), [""])
    assert not whatsapp_signed(BODY, "sha256=" + hexed(""), [])
    assert not razorpay_webhook_signed(BODY, hexed(""), [""])
    assert not razorpay_payment_signed("o", "p", hexed("", b"o|p"), key_secret="")


def test_twilio_is_believed_for_the_address_it_called() -> None:
    header = RequestValidator("old").compute_signature(URL, FORM)
    assert twilio_signed(URL, FORM, header, auth_tokens=["new", "old"])
    assert not twilio_signed(URL, FORM, header, auth_tokens=["new"])
    assert not twilio_signed(URL.replace("https", "http"), FORM, header, auth_tokens=["old"])
    assert not twilio_signed(URL.replace("msg-1", "msg-2"), FORM, header, auth_tokens=["old"])
    assert not twilio_signed(URL, FORM | {"To": "+1"}, header, auth_tokens=["old"])
    assert not twilio_signed(URL, FORM | {"More": "x"}, header, auth_tokens=["old"])


@pytest.mark.parametrize("header", [None, "", "é", "x" * 28])
def test_a_twilio_signature_that_is_none_is_refused(header: str | None) -> None:
    assert not twilio_signed(URL, FORM, header, auth_tokens=["old"])


def test_an_empty_twilio_token_believes_nobody() -> None:
    header = RequestValidator("").compute_signature(URL, FORM)
    assert not twilio_signed(URL, FORM, header, auth_tokens=[""])


def test_razorpay_webhooks_are_believed_with_the_new_and_the_old_secret() -> None:
    assert razorpay_webhook_signed(BODY, hexed("old"), ["new", "old"])
    assert not razorpay_webhook_signed(BODY, hexed("third"), ["new", "old"])
    assert not razorpay_webhook_signed(BODY, None, ["new"])


def test_a_razorpay_payment_is_believed_for_our_order_alone() -> None:
    signature = hexed("key", b"order_1|pay_1")
    assert razorpay_payment_signed("order_1", "pay_1", signature, key_secret="key")
    assert not razorpay_payment_signed("order_2", "pay_1", signature, key_secret="key")
    assert not razorpay_payment_signed("order_1", "pay_2", signature, key_secret="key")
    assert not razorpay_payment_signed("order_1", "pay_1", signature, key_secret="other")
