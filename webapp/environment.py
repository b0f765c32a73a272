"""The environment: one variable at a time, checked, and named when it is wrong."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

MIN_SECRET = 32
RATE = re.compile(r"[1-9]\d{0,8} per (second|minute|hour|day)")
TLS_VERIFY = {"CERT_NONE": "none", "CERT_OPTIONAL": "optional", "CERT_REQUIRED": "required"}


class BadSetting(Exception):
    """A setting is missing or cannot be used; the text names the variable."""


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

    def rate(self, name: str, *, default: str) -> str:
        """Return how often something may be done, such as 300 per minute."""
        value = self.text(name, default=default)
        if not RATE.fullmatch(value):
            raise BadSetting(f"{name} must be such as {default}, not {value!r}.")
        return value

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
