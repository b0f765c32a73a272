"""How often passwords and tokens may be tried: by one address, and for one account.

Nobody who is signed in is affected, so nobody can be locked out of his work from outside.
"""

from ipaddress import ip_address, ip_network

from flask import request, session
from flask_limiter.errors import RateLimitExceeded as TooOften

from webapp.accounts import people, tokens
from webapp.clock import now
from webapp.extensions import limiter

__all__ = [
    "TooOften",
    "by_account",
    "by_address",
    "by_session",
    "by_wrong_token",
    "seconds_to_wait",
    "seconds_until",
]


def _address() -> str:
    address = request.remote_addr or "unknown"
    if ":" not in address:
        return address
    # Whoever has one IPv6 address has 2^64 of them.
    return str(ip_network(f"{ip_address(address.partition('%')[0])}/64", strict=False))


def _account() -> str:
    typed = request.form.get("email", "")
    return tokens.fingerprint(people.normal_email(typed) or typed.strip().lower())


def _session() -> str:
    return tokens.fingerprint(session.get("_user_id") or _address())


by_address = limiter.limit("30 per 5 minutes", key_func=_address, methods=["POST"])
by_account = limiter.limit("10 per 15 minutes", key_func=_account, methods=["POST"])
by_session = limiter.limit("10 per 15 minutes", key_func=_session, methods=["POST"])
#: Of whatever page: who tries tokens could try each of them elsewhere.
by_wrong_token = limiter.shared_limit("30 per 5 minutes", scope="tokens", key_func=_address)


def seconds_to_wait(limit: TooOften) -> int:
    """Return how long it is until the next try is heard."""
    current = limiter.current_limit
    if current is None:
        return limit.limit.limit.get_expiry()
    return seconds_until(current.reset_at)


def seconds_until(moment: int) -> int:
    """Return the seconds, at least one, until a moment in epoch seconds."""
    return max(1, moment - int(now().timestamp()))
