"""How many parts an SMS takes."""

from __future__ import annotations

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = set("^{}\\[~]|€\f")


def count_segments(text: str) -> int:
    """Count by GSM 03.38: 160/153 characters in its alphabet, 70/67 in UCS-2 otherwise."""
    if all(character in GSM or character in GSM_TWICE for character in text):
        length = sum(2 if character in GSM_TWICE else 1 for character in text)
        single, each = 160, 153
    else:
        length = len(text.encode("utf-16-be")) // 2
        single, each = 70, 67
    return 1 if length <= single else -(-length // each)
