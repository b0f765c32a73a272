"""The accounts at the providers, and the sandbox's accounts when there are none."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from webapp.environment import Reader

SANDBOX_TWILIO_SID = "AC" + "5a" * 16
SANDBOX_PHONE_NUMBER_ID = "100000000000001"
SANDBOX_BUSINESS_ACCOUNT_ID = "200000000000001"
SANDBOX_SENDER = "+15005550006"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsAppAccount:
    """One number of the WhatsApp Cloud API."""

    base_url: str
    version: str
    phone_number_id: str
    business_account_id: str
    access_token: str
    #: Signs what WhatsApp reports to us, and the word by which it knows our address.
    app_secret: str = ""
    verify_token: str = ""

    @property
    def identity(self) -> str:
        """What it is known by, and no secret."""
        return self.phone_number_id

    @classmethod
    def read(cls, read: "Reader") -> "WhatsAppAccount | None":
        """Read WHATSAPP_*; None when none is set."""
        names = (
            "ACCESS_TOKEN",
            "PHONE_NUMBER_ID",
            "BUSINESS_ACCOUNT_ID",
            "APP_SECRET",
            "VERIFY_TOKEN",
        )
        found = read.together(tuple(f"WHATSAPP_{name}" for name in names))
        if found is None:
            return None
        return cls(
            base_url=read.url("WHATSAPP_BASE_URL", default="https://graph.facebook.com"),
            version=read.text("WHATSAPP_API_VERSION", default="v25.0"),
            **{name.lower(): found[f"WHATSAPP_{name}"] for name in names},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """A Twilio account with the number that it sends from."""

    base_url: str
    account_sid: str
    auth_token: str
    #: A phone number, or the SID of a Messaging Service (``MG…``).
    sender: str
    #: Where Twilio reports: our public address, without a path.
    status_callback: str

    @property
    def identity(self) -> str:
        """What it is known by, and no secret."""
        return self.sender

    @classmethod
    def read(cls, read: "Reader", public_url: str) -> "TwilioAccount | None":
        """Read TWILIO_*; None when none is set."""
        found = read.together(("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"))
        if found is None:
            return None
        return cls(
            base_url=read.url("TWILIO_BASE_URL", default="https://api.twilio.com"),
            account_sid=found["TWILIO_ACCOUNT_SID"],
            auth_token=found["TWILIO_AUTH_TOKEN"],
            sender=found["TWILIO_FROM"],
            status_callback=public_url,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The SMTP server that carries e-mail, and the address that it is sent from."""

    host: str
    port: int
    #: ``name@example.org`` or ``Name <name@example.org>``.
    sender: str
    message_id_domain: str
    user: str | None = None
    password: str | None = None
    tls: Literal["none", "starttls", "implicit"] = "none"

    @property
    def identity(self) -> str:
        """What it is known by, and no secret."""
        return self.sender

    @classmethod
    def read(cls, read: "Reader", public_url: str) -> "MailServer | None":
        """Read SMTP_URL and MAIL_FROM; None when neither is set."""
        if not read.together(("SMTP_URL", "MAIL_FROM")):
            return None
        server = read.mail_url("SMTP_URL") or {}
        domain = urlsplit(public_url).hostname or "localhost"
        return cls(**server, sender=read.text("MAIL_FROM"), message_id_domain=domain)  # type: ignore[arg-type]  # mail_url gives each its type


@dataclass(frozen=True, slots=True)
class RazorpayAccount:
    """A Razorpay account: its key signs returns, another secret signs webhooks."""

    base_url: str
    key_id: str
    key_secret: str
    webhook_secret: str

    @property
    def identity(self) -> str:
        """What it is known by, and no secret."""
        return self.key_id

    @classmethod
    def read(cls, read: "Reader") -> "RazorpayAccount | None":
        """Read RAZORPAY_*; None when none is set."""
        names = ("KEY_ID", "KEY_SECRET", "WEBHOOK_SECRET")
        found = read.together(tuple(f"RAZORPAY_{name}" for name in names))
        if found is None:
            return None
        return cls(
            base_url=read.url("RAZORPAY_BASE_URL", default="https://api.razorpay.com"),
            **{name.lower(): found[f"RAZORPAY_{name}"] for name in names},
        )


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The four accounts that the sandbox accepts; none where there is no sandbox."""

    whatsapp: WhatsAppAccount | None = None
    twilio: TwilioAccount | None = None
    mail: MailServer | None = None
    razorpay: RazorpayAccount | None = None


def sandboxed(read: "Reader", public_url: str) -> Sandbox:
    """Build the accounts of the stand-in that runs at SANDBOX_URL, if one does."""
    if read.optional("SANDBOX_URL") is None:
        return Sandbox()
    url, secret = read.url("SANDBOX_URL"), read.secret("SANDBOX_SECRET")
    host, port = read.host_and_port("SANDBOX_SMTP")
    return Sandbox(
        whatsapp=WhatsAppAccount(
            base_url=url,
            version="v25.0",
            phone_number_id=SANDBOX_PHONE_NUMBER_ID,
            business_account_id=SANDBOX_BUSINESS_ACCOUNT_ID,
            access_token=secret,
            app_secret=secret,
            verify_token=secret,
        ),
        twilio=TwilioAccount(
            base_url=url,
            account_sid=SANDBOX_TWILIO_SID,
            auth_token=secret,
            sender=SANDBOX_SENDER,
            status_callback=public_url,
        ),
        mail=MailServer(
            host=host,
            port=port,
            sender="desk@bellhop.example",
            message_id_domain="bellhop.example",
        ),
        razorpay=RazorpayAccount(url, "rzp_test_sandbox", secret, f"{secret}-webhook"),
    )
