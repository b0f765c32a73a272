"""The settings: the one place that reads the environment, and says which variable is wrong."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from webapp.providers import (
    MailServer,
    RazorpayAccount,
    Sandbox,
    TwilioAccount,
    WhatsAppAccount,
    sandboxed,
)

MIN_SECRET = 32
TLS_VERIFY = {"CERT_NONE": "none", "CERT_OPTIONAL": "optional", "CERT_REQUIRED": "required"}


class BadSetting(Exception):
    """A setting is missing or cannot be used; the text names the variable."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that differs between one installation and another."""

    secret_key: str
    database_url: str
    redis_url: str
    public_url: str
    business_name: str
    phone_region: str
    retry_seconds: tuple[int, ...]
    trust_proxy: bool
    log_format: str
    log_level: str
    web_threads: int
    worker_concurrency: int
    worker_grace_seconds: int
    #: Messages of batches a minute and channel, unless a page says otherwise; 0: any number.
    batch_rate: int
    #: How long the minute of that limit is: shorter only to try it out.
    rate_window_seconds: int
    #: ``file:///folder``, ``s3://bucket/prefix`` or ``database:``.
    storage_url: str
    upload_megabytes: int
    audience_rows: int
    #: What a document may cost the process that reads it: address space, and seconds of CPU and of the clock.
    reader_megabytes: int
    reader_seconds: int
    document_pages: int
    #: How long a passage is, and how much of the one before it repeats, in characters.
    chunk_characters: int
    chunk_overlap: int
    #: Pages that one website may bring, unless its page says otherwise.
    website_pages: int
    #: Milliseconds between two pages asked of one website, unless its robots.txt wants more; with 0
    #: several are asked for at once, which only suits a site of one's own.
    website_delay_ms: int
    #: Hosts that may be read although their addresses are not public: host or host:port.
    website_private_hosts: tuple[str, ...]
    #: An OpenAI-compatible address such as https://models.example/v1; None: answers are quoted, not written.
    model_url: str | None
    model_key: str | None
    model_name: str | None
    embeddings_name: str | None
    sandbox_url: str | None
    sandbox: Sandbox
    whatsapp: WhatsAppAccount | None
    twilio: TwilioAccount | None
    mail: MailServer | None
    razorpay: RazorpayAccount | None

    @property
    def carriers(self) -> dict[str, tuple[Any, bool]]:
        """Say for SMS, WhatsApp, E-mail and Payments which account is used, and if it is a rehearsal."""
        accounts = {
            "SMS": (self.twilio, self.sandbox.twilio),
            "WhatsApp": (self.whatsapp, self.sandbox.whatsapp),
            "E-mail": (self.mail, self.sandbox.mail),
            "Payments": (self.razorpay, self.sandbox.razorpay),
        }
        return {
            name: (used, used is not None and used == stand_in)
            for name, (used, stand_in) in accounts.items()
        }

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Config":
        """Read and check every setting. Raises BadSetting naming the first variable that is wrong."""
        read = Reader(os.environ if env is None else env)
        public_url = read.url("PUBLIC_URL", default="http://127.0.0.1:5000")
        database_url = read.database("DATABASE_URL")
        stand_in = sandboxed(read, public_url)
        read.together(("MODEL_URL", "MODEL_NAME"))
        if read.optional("EMBEDDINGS_NAME") and not read.optional("MODEL_URL"):
            raise BadSetting("EMBEDDINGS_NAME is set, but MODEL_URL is not: where is that model?")
        return cls(
            secret_key=read.secret("SECRET_KEY"),
            database_url=database_url,
            redis_url=read.redis("REDIS_URL"),
            public_url=public_url,
            business_name=read.text("BUSINESS_NAME", default="Bellhop"),
            phone_region=read.region("PHONE_REGION", default="IN"),
            retry_seconds=read.seconds("RETRY_SECONDS", default="60,120,240"),
            trust_proxy=read.flag("TRUST_PROXY"),
            log_format=read.choice("LOG_FORMAT", ("json", "console"), default="json"),
            log_level=read.choice(
                "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"
            ),
            web_threads=read.number("WEB_THREADS", default=4),
            worker_concurrency=read.number("WORKER_CONCURRENCY", default=2),
            worker_grace_seconds=read.number("WORKER_GRACE_SECONDS", default=10),
            batch_rate=read.number("BATCH_RATE", default=100, least=0),
            rate_window_seconds=read.number("RATE_WINDOW_SECONDS", default=60),
            storage_url=read.storage("STORAGE_URL", database_url),
            upload_megabytes=read.number("UPLOAD_MEGABYTES", default=100),
            audience_rows=read.number("AUDIENCE_ROWS", default=500_000),
            reader_megabytes=read.number("READER_MEGABYTES", default=1_024),
            reader_seconds=read.number("READER_SECONDS", default=60),
            document_pages=read.number("DOCUMENT_PAGES", default=2_000),
            chunk_characters=read.number("CHUNK_CHARACTERS", default=1_000, least=200),
            chunk_overlap=read.number("CHUNK_OVERLAP", default=120, least=0),
            website_pages=read.number("WEBSITE_PAGES", default=500),
            website_delay_ms=read.number("WEBSITE_DELAY_MS", default=500, least=0),
            website_private_hosts=read.names("WEBSITE_PRIVATE_HOSTS"),
            model_url=read.url("MODEL_URL") if read.optional("MODEL_URL") else None,
            model_key=read.optional("MODEL_KEY"),
            model_name=read.optional("MODEL_NAME"),
            embeddings_name=read.optional("EMBEDDINGS_NAME"),
            sandbox_url=read.optional("SANDBOX_URL"),
            sandbox=stand_in,
            whatsapp=WhatsAppAccount.read(read) or stand_in.whatsapp,
            twilio=TwilioAccount.read(read, public_url) or stand_in.twilio,
            mail=MailServer.read(read, public_url) or stand_in.mail,
            razorpay=RazorpayAccount.read(read) or stand_in.razorpay,
        )


class Reader:
    """Reads one variable at a time and names it when it refuses."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env

    def optional(self, name: str) -> str | None:
        """Return the text without spaces around it, or None when it is absent or empty."""
        return self.env.get(name, "").strip() or None

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return the text or the default. Raises BadSetting when there is neither."""
        value = self.optional(name) or default
        if value is None:
            raise BadSetting(f"{name} is not set. See docs/deploying.md for what it should hold.")
        return value

    def secret(self, name: str) -> str:
        """Return a secret that is long enough to sign with."""
        value = self.text(name)
        if len(value) < MIN_SECRET:
            raise BadSetting(f"{name} is too short: it needs at least {MIN_SECRET} characters.")
        return value

    def number(self, name: str, *, default: int, least: int = 1) -> int:
        """Return a whole number that is not too small."""
        value = self.text(name, default=str(default))
        if not value.isdigit() or int(value) < least:
            raise BadSetting(f"{name} must be a whole number of at least {least}, not {value!r}.")
        return int(value)

    def seconds(self, name: str, *, default: str) -> tuple[int, ...]:
        """Return a list such as 60,120,240."""
        value = self.text(name, default=default)
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isdigit() for part in parts):
            raise BadSetting(
                f"{name} must be seconds with commas, such as {default}, not {value!r}."
            )
        return tuple(int(part) for part in parts)

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list of names with commas, in small letters; empty when absent."""
        return tuple(
            part.strip().lower() for part in self.env.get(name, "").split(",") if part.strip()
        )

    def flag(self, name: str) -> bool:
        """Return whether it is switched on; off when absent."""
        value = self.text(name, default="0").lower()
        if value not in {"0", "1", "true", "false", "yes", "no"}:
            raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")
        return value in {"1", "true", "yes"}

    def choice(self, name: str, choices: tuple[str, ...], *, default: str) -> str:
        """Return one of the choices."""
        value = self.text(name, default=default)
        if value not in choices:
            raise BadSetting(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value

    def region(self, name: str, *, default: str) -> str:
        """Return a country as two capital letters (ISO 3166)."""
        value = self.text(name, default=default).upper()
        if len(value) != len("IN") or not value.isalpha():
            raise BadSetting(f"{name} must be a country's two letters, such as IN, not {value!r}.")
        return value

    def parts(self, name: str, value: str) -> SplitResult:
        """Return the parts of an address whose port is a number."""
        try:
            parts = urlsplit(value)
            parts.port  # noqa: B018 - reading it is the check
        except ValueError:
            raise BadSetting(f"{name} is not an address: {value!r}.") from None
        return parts

    def host_and_port(self, name: str) -> tuple[str, int]:
        """Return the two parts of host:port."""
        host, _, port = self.text(name).rpartition(":")
        if not host or not port.isdigit():
            raise BadSetting(f"{name} must be host:port, such as 127.0.0.1:5025.")
        return host, int(port)

    def url(self, name: str, *, default: str | None = None) -> str:
        """Return an http(s) address without a slash at its end."""
        value = self.text(name, default=default).rstrip("/")
        parts = self.parts(name, value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise BadSetting(f"{name} must start with http:// or https://, not {value!r}.")
        return value

    def database(self, name: str) -> str:
        """Return an SQLAlchemy address; platforms hand out postgres://, which it does not know."""
        value = self.text(name)
        scheme, separator, rest = value.partition("://")
        if scheme in {"postgres", "postgresql", "postgresql+psycopg"} and separator:
            return f"postgresql+psycopg://{rest}"
        if scheme == "sqlite" and Path(rest.removeprefix("/")).is_absolute():
            return value
        raise BadSetting(
            f"{name} must be postgres://… or sqlite:////absolute/path, not {scheme + separator}…"
        )

    def storage(self, name: str, database_url: str) -> str:
        """Return where files are kept: unless it is set, beside a database that is itself a file.

        Web and worker must see the same files. With a database on another machine it is the one
        thing that both of them surely see, so files are kept in it.
        """
        value = self.optional(name)
        if value is None and not database_url.startswith("sqlite"):
            return "database:"
        if value is None:
            folder = Path("/" + urlsplit(database_url).path.lstrip("/")).parent / "files"
            return f"file://{folder}"
        scheme = urlsplit(value).scheme
        if scheme == "database":
            return "database:"
        if scheme not in {"file", "s3"}:
            raise BadSetting(
                f"{name} must be file:///folder, s3://bucket/prefix or database:, not {value!r}."
            )
        return value

    def redis(self, name: str) -> str:
        """Return an address that Celery and redis-py both accept.

        Celery refuses rediss:// without ssl_cert_reqs and redis-py knows only its lower-case form.
        """
        value = self.text(name)
        parts = self.parts(name, value)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
            raise BadSetting(
                f"{name} must start with redis:// or rediss://, not {parts.scheme}://…"
            )
        if parts.scheme == "redis":
            return value
        query = dict(parse_qsl(parts.query))
        asked = query.get("ssl_cert_reqs", self.text("REDIS_TLS_VERIFY", default="required"))
        query["ssl_cert_reqs"] = TLS_VERIFY.get(asked, asked)
        if query["ssl_cert_reqs"] not in TLS_VERIFY.values():
            raise BadSetting(f"REDIS_TLS_VERIFY must be required or none, not {asked!r}.")
        return urlunsplit(parts._replace(query=urlencode(query)))

    def together(self, names: tuple[str, ...]) -> dict[str, str] | None:
        """Return the values of variables that make sense only together, or None when none is set."""
        values = {name: value for name in names if (value := self.optional(name))}
        for name in names:
            if values and name not in values:
                raise BadSetting(
                    f"{name} is not set, but {next(iter(values))} is: set both or none."
                )
        return values or None

    def mail_url(self, name: str) -> dict[str, str | int | None] | None:
        """Return host, port, user, password and tls of smtp://user:password@host:port."""
        value = self.optional(name)
        if value is None:
            return None
        parts = self.parts(name, value)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise BadSetting(f"{name} must be smtp://user:password@host:port or smtps://…")
        tls = "implicit" if parts.scheme == "smtps" else "none"
        if dict(parse_qsl(parts.query)).get("starttls", "0") in {"1", "true"}:
            tls = "starttls"
        return {
            "host": parts.hostname,
            "port": parts.port or (465 if tls == "implicit" else 587),
            "user": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "tls": tls,
        }
