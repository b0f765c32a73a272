"""What may be kept of a text that was logged: everything but secrets."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache
from os import environ
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from webapp.config import Config
from webapp.extensions import settings

HIDDEN = "[hidden]"
#: A value shorter than this would hide what is no secret.
SHORTEST = 6
_SECRET_NAME = re.compile(r"secret|token|password|(^|_)key$", re.IGNORECASE)
_NAMED = (
    r"(?:[\w.-]{0,40}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signature"
    r"|credential)[\w-]{0,40}|authorization|cookie|set-cookie|x-api-key|pwd|auth)"
)
_PATTERNS = (
    # An address with a name and a password, or a password alone, before its host.
    (re.compile(r"\b([a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # name=value, name: value and "name": "value".
    (
        re.compile(
            rf"(?<![\w-])({_NAMED}[\"']?\s*[:=]\s*)(?!{re.escape(HIDDEN)}|(?:Bearer|Basic|Token)\s)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s\"',;&<>]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # A JSON Web Token, and keys by the marks of those who give them out.
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"), HIDDEN),
    (re.compile(r"\b(?:sk|pk|rk|whsec|ghp|gho|xox[abp])[-_][A-Za-z0-9_-]{12,}"), HIDDEN),
    (re.compile(r"\b(?:EAA[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{12,}|SK[0-9a-f]{32})\b"), HIDDEN),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
)  # fmt: skip


def redact(text: str) -> str:
    """Return a text without what is a secret by its shape or its name, or is one of this house's settings."""
    ours = _ours(settings())
    if ours is not None:
        text = ours.sub(HIDDEN, text)
    for pattern, stead in _PATTERNS:
        text = pattern.sub(stead, text)
    return text


@lru_cache(maxsize=8)
def _ours(config: Config) -> re.Pattern[str] | None:
    """Return what finds the value of any secret setting, as it is and as it stands in an address."""
    values = {value for value in _secrets(config) if len(value) >= SHORTEST}
    forms = {form for value in values for form in (value, quote(value, safe=""), unquote(value))}
    if not forms:
        return None
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))


def _secrets(config: Any) -> Iterator[str]:
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from _secrets(value)
        elif isinstance(value, str):
            yield from _secrets_of(field.name, value)
    if isinstance(config, Config):  # read from the environment by the library of the storage
        yield from (value for name, value in environ.items() if _SECRET_NAME.search(name))


def _secrets_of(name: str, value: str) -> Iterator[str]:
    if _SECRET_NAME.search(name):
        yield value
    elif "://" in value and (password := urlsplit(value).password):
        yield password
