"""How many parts an SMS is charged as (3GPP TS 23.038): 160 plain characters, or 70 of any kind."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_PLAIN = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Sent as an escape and a second character, which are never parted.
_TWICE = "^{}\\[~]|€\f"
_ODD = re.compile(f"[^{re.escape(_PLAIN + _TWICE)}]")
_ESCAPED = re.compile(f"[{re.escape(_TWICE)}]")
PLAIN_SINGLE, PLAIN_EACH = 160, 153
WIDE_SINGLE, WIDE_EACH = 70, 67
MOST_UNITS = 10

#: What phones and word processors write, and the plain sign that says the same.
INSTEAD = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("\xa0\u2002\u2003\u2009\u202f\t", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\xad", ""),
    "…": "...", "•": "-", "·": "-", "₹": "Rs.", "×": "x", "™": "(TM)", "©": "(C)", "®": "(R)",
}  # fmt: skip


class Segments(NamedTuple):
    """What a text costs. ``length`` and ``left`` are in the characters of its encoding."""

    units: int
    encoding: str
    length: int
    left: int
    #: The characters for which the larger encoding is needed, each once, in order.
    odd: tuple[str, ...] = ()


def count(text: str) -> Segments:
    """Say into how many parts a text is cut, and how much room the last one has left."""
    if _ODD.search(text) is not None:
        return _wide(text)
    twice = len(_ESCAPED.findall(text))
    length = len(text) + twice
    if length <= PLAIN_SINGLE:
        return Segments(1 if length else 0, "GSM-7", length, PLAIN_SINGLE - length)
    if not twice:
        units = -(-length // PLAIN_EACH)
        return Segments(units, "GSM-7", length, units * PLAIN_EACH - length)
    units, left = _cut([2 if sign in _TWICE else 1 for sign in text], PLAIN_EACH)
    return Segments(units, "GSM-7", length, left)


def _wide(text: str) -> Segments:
    widths = [2 if sign > "\uffff" else 1 for sign in text]
    length, odd = sum(widths), tuple(dict.fromkeys(_ODD.findall(text)))
    if length <= WIDE_SINGLE:
        return Segments(1, "UCS-2", length, WIDE_SINGLE - length, odd)
    units, left = _cut(widths, WIDE_EACH)
    return Segments(units, "UCS-2", length, left, odd)


def _cut(widths: list[int], each: int) -> tuple[int, int]:
    """Return the number of parts, and the room left in the last; what is wide is never parted."""
    units, left = 1, each
    for width in widths:
        if width > left:
            units, left = units + 1, each
        left -= width
    return units, left


def instead_of(sign: str) -> str | None:
    """Return the plain text that says the same as an odd character; None when nothing does."""
    if sign in INSTEAD:
        return INSTEAD[sign]
    letter = unicodedata.normalize("NFKD", sign)[:1]
    return letter if letter != sign and letter in _PLAIN else None


def hint(text: str) -> str | None:
    """Say what makes a text cost more than it must, and what to write; None when nothing does."""
    found = count(text)
    if not found.odd:
        return None
    replaced = {sign: instead_of(sign) for sign in found.odd}
    if needed := [sign for sign, plain in replaced.items() if plain is None]:
        return (
            f"{_listed(needed)} each part of this text hold only {WIDE_SINGLE} characters, not "
            f"{PLAIN_SINGLE}: the plain alphabet of SMS does not have "
            f"{'it' if len(needed) == 1 else 'them'}."
        )
    cheaper = count(plainly(text)).units
    costs = f"this text cost {found.units} instead of {cheaper}"
    holds = f"each part of this text hold only {WIDE_SINGLE} characters, not {PLAIN_SINGLE}"
    advice = ", ".join(dict.fromkeys(_advice(sign, replaced[sign] or "") for sign in found.odd[:5]))
    return f"{_listed(found.odd)} {costs if cheaper < found.units else holds}: {advice}."


def plainly(text: str) -> str:
    """Return a text with plain characters in place of the odd ones, as far as there are any."""
    instead = {sign: instead_of(sign) for sign in count(text).odd}
    return "".join(instead.get(sign, sign) or "" for sign in text)


def _advice(sign: str, plain: str) -> str:
    if not plain.strip():
        return "write a plain space" if plain else "leave out what cannot be seen"
    return f"write {plain} instead of {sign}"


def _listed(signs: Sequence[str]) -> str:
    seen = [f"“{sign}”" for sign in signs if sign.isprintable()][:5]
    shown = " ".join(seen) if seen else "A character that cannot be seen"
    more = " and others" if seen and len(seen) < len(signs) else ""
    return f"{shown}{more} {'makes' if len(seen) <= 1 and not more else 'make'}"
