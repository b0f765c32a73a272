"""Secrets that are handed out once: the person holds the token, the database its hash."""

import hashlib
import secrets


def new() -> str:
    """Return 256 random bits, fit for a cookie or an address."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> str:
    """Return what is stored of a token; random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
