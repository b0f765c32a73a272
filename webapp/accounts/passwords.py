"""Passwords: which are refused and why, and how one is stored and checked."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 12
MAX_LENGTH = 1000
MAX_PERIOD = 6  # "abcabcabcabc" is one guess, however long it is
MAX_TAIL = 6
DISGUISES = str.maketrans("@4013$5!7", "aaolessit")
WALKS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

# OWASP's password storage cheat sheet: argon2id, 19 MiB, two rounds at least. More memory would let
# a few sign-ins at once fill a small server.
_hasher = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)

#: Checked when nobody has the e-mail address, so that the answer takes as long; nothing matches it.
NOBODY = (
    "$argon2id$v=19$m=19456,t=3,p=1$lQ3Pp0G+YAWWsG2V/IiMzg$"
    "vCf4HsthaNtj42m3QmW5CC6WsAau9x04brB+A26l5Gc"
)


def why_refused(password: str, *, about: tuple[str, ...] = ()) -> str | None:
    """Return the sentence that says why a password is too easy to guess, or None.

    ``about`` is what everybody knows of the person: the e-mail address, the name.
    """
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters. A few words in a row are easy to remember."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    plain = normal(password).casefold()
    if _repeats(plain) or any(plain in walk or plain in walk[::-1] for walk in WALKS):
        return (
            "This is a pattern that is guessed first. Use a few words that do not belong together."
        )
    if plain in {known.casefold() for known in about}:
        return "This is your name or e-mail address. Use something that others do not know of you."
    if common() & {plain, _bare(plain)}:
        return "This is one of the passwords that are tried first. Use a few words of your own."
    return None


def normal(password: str) -> str:
    """Return the one form of a text that keyboards of different systems type differently."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Say whether this is the password; without a stored one it is not, after the same time."""
    try:
        right = _hasher.verify(stored or NOBODY, normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def outdated(stored: str) -> bool:
    """Say whether it was stored with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


@cache
def common() -> frozenset[str]:
    """Return the passwords that are tried first."""
    text = files("webapp.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if not line.startswith("#"))


def _repeats(text: str) -> bool:
    return any(
        text == (text[:period] * len(text))[: len(text)] for period in range(1, MAX_PERIOD + 1)
    )


def _bare(text: str) -> str:
    """Return the words of "P@ssw0rd-1234!": the usual disguises undone, a short tail cut off."""
    cut = re.sub(rf"[\W\d_]{{1,{MAX_TAIL}}}$", "", text)
    return re.sub(r"[\W_]+", "", cut.translate(DISGUISES))
