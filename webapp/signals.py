"""What the installation wants to hear of itself: alerts, metrics, faults."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webapp.environment import BadSetting
from webapp.version import VERSION

if TYPE_CHECKING:
    from webapp.environment import Reader

LEAST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """The settings by which the house watches itself and tells of trouble."""

    #: Who is written to when an alert opens; empty: every admin who works here.
    alert_emails: tuple[str, ...] = ()
    #: More jobs than this that wait are worth an alert.
    alert_waiting: int = 1_000
    #: Seconds between two looks at whether all is well, by one of the web processes; 0: none looks.
    alert_seconds: int = 20
    #: What a scraper of /metrics may show instead of an API token.
    metrics_token: str | None = None
    sentry_dsn: str | None = None
    sentry_environment: str = "production"
    #: Which version of the code this is, in the platform's words.
    release: str = VERSION

    @classmethod
    def read(cls, read: "Reader") -> "Signals":
        """Read and check them. Raises BadSetting."""
        return cls(
            alert_emails=_addresses(read, "ALERT_EMAILS"),
            alert_waiting=read.number("ALERT_WAITING", default=1_000),
            alert_seconds=read.number("ALERT_SECONDS", default=20, least=0),
            metrics_token=_token(read, "METRICS_TOKEN"),
            sentry_dsn=_dsn(read, "SENTRY_DSN"),
            sentry_environment=read.text("SENTRY_ENVIRONMENT", default="production"),
            release=read.text("RELEASE", default=VERSION),
        )


def _addresses(read: "Reader", name: str) -> tuple[str, ...]:
    """Return e-mail addresses with commas."""
    found = tuple(part.strip() for part in (read.optional(name) or "").split(",") if part.strip())
    for address in found:
        local, at, domain = address.partition("@")
        if not (local and at and "." in domain) or " " in address or "@" in domain:
            raise BadSetting(f"{name} must be e-mail addresses with commas, not {address!r}.")
    return found


def _token(read: "Reader", name: str) -> str | None:
    """Return a word that nobody guesses; it must be one word, as it travels in a header."""
    value = read.optional(name)
    if value is None:
        return None
    if len(value) < LEAST_TOKEN or not value.isascii() or any(sign.isspace() for sign in value):
        raise BadSetting(
            f"{name} must have at least {LEAST_TOKEN} characters, without spaces, of the ASCII set."
        )
    return value


def _dsn(read: "Reader", name: str) -> str | None:
    """Return the address that Sentry gave a project: https://key@host/number."""
    value = read.optional(name)
    if value is None:
        return None
    parts = urlsplit(value)
    try:
        whole = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.username)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        whole = False
    if not whole or not parts.path.rpartition("/")[2].isdigit():
        raise BadSetting(f"{name} must be the DSN of a Sentry project, https://key@host/number.")
    return value
