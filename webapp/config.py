"""The settings: everything that an installation is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.environment import BadSetting as BadSetting
from webapp.environment import Reader
from webapp.providers import (
    MailServer,
    RazorpayAccount,
    Sandbox,
    TwilioAccount,
    WhatsAppAccount,
    sandboxed,
)
from webapp.signals import Signals


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
    signals: Signals
    #: How often one token may ask for something, and change something.
    api_rate: str
    api_write_rate: str
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
            signals=Signals.read(read),
            api_rate=read.rate("API_RATE", default="300 per minute"),
            api_write_rate=read.rate("API_WRITE_RATE", default="60 per minute"),
            sandbox_url=read.optional("SANDBOX_URL"),
            sandbox=stand_in,
            whatsapp=WhatsAppAccount.read(read) or stand_in.whatsapp,
            twilio=TwilioAccount.read(read, public_url) or stand_in.twilio,
            mail=MailServer.read(read, public_url) or stand_in.mail,
            razorpay=RazorpayAccount.read(read) or stand_in.razorpay,
        )
