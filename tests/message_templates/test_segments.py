"""An SMS is counted as the networks count it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sandbox.segments import count_segments
from webapp.message_templates import segments
from webapp.message_templates.segments import count, hint, plainly

PLAIN = segments._PLAIN


@pytest.mark.parametrize(
    ("text", "units", "encoding", "length", "left"),
    [
        ("", 0, "GSM-7", 0, 160),
        ("a", 1, "GSM-7", 1, 159),
        ("a" * 160, 1, "GSM-7", 160, 0),
        ("a" * 161, 2, "GSM-7", 161, 145),
        ("a" * 306, 2, "GSM-7", 306, 0),
        ("a" * 307, 3, "GSM-7", 307, 152),
        ("€" * 80, 1, "GSM-7", 160, 0),
        ("€" * 81, 2, "GSM-7", 162, 143),
        # 152 + an escape that would be parted: it begins the second part.
        ("a" * 152 + "€" + "a" * 150, 2, "GSM-7", 304, 1),
        ("a" * 152 + "€" + "a" * 152, 3, "GSM-7", 306, 152),
        ("é" * 160, 1, "GSM-7", 160, 0),
        ("é" * 159 + "ê", 3, "UCS-2", 160, 41),
        ("न" * 70, 1, "UCS-2", 70, 0),
        ("न" * 71, 2, "UCS-2", 71, 63),
        ("न" * 134, 2, "UCS-2", 134, 0),
        ("😀" * 35, 1, "UCS-2", 70, 0),
        # 66 of 67 are taken and a pair does not fit.
        ("a" * 66 + "😀" + "a" * 65, 2, "UCS-2", 133, 0),
        ("a" * 66 + "😀" + "a" * 66, 3, "UCS-2", 134, 66),
    ],
)
def test_a_text_is_cut_into_parts(
    text: str, units: int, encoding: str, length: int, left: int
) -> None:
    assert count(text)[:4] == (units, encoding, length, left)


@given(some.text(alphabet=some.sampled_from(PLAIN + "^{}\\[~]|€’न😀"), max_size=400))
def test_the_parts_hold_the_whole_text(text: str) -> None:
    found = count(text)
    single, each = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    room = single if found.units <= 1 else found.units * each
    lost = max(found.units - 1, 0)  # at most one place is lost where two parts meet
    assert found.length + found.left <= room <= found.length + found.left + lost
    assert found.left < each or found.units <= 1
    assert found.units >= count_segments(text) - (not text)


@given(some.text(alphabet=some.sampled_from(PLAIN), max_size=400))
def test_a_plain_text_is_counted_as_the_sandbox_does(text: str) -> None:
    assert count(text).units == (count_segments(text) if text else 0)


def test_what_makes_a_text_dear_is_named_with_what_to_write() -> None:
    text = "It’s ready. " * 7
    assert count(text).odd == ("’",)
    assert hint(text) == "“’” makes this text cost 2 instead of 1: write ' instead of ’."
    assert plainly(text) == "It's ready. " * 7
    assert hint("It's ready.") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“Hi” – you…", "“–” “…” make"),
        ("a\xa0b", "A character that cannot be seen makes each part of this text hold only 70"),
        ("a\u200bb", "leave out what cannot be seen"),
        ("Cañón", "write o instead of ó"),
        ("₹500", "write Rs. instead of ₹"),
        ("नमस्ते", "the plain alphabet of SMS does not have them"),
        ("Hi 😀", "“😀” makes each part of this text hold only 70 characters, not 160"),
    ],
)
def test_each_odd_character_has_a_hint(text: str, words: str) -> None:
    assert words in (hint(text) or "")


@given(some.text(max_size=300))
def test_any_text_is_counted_and_its_plain_form_never_costs_more(text: str) -> None:
    found = count(text)
    assert (found.encoding == "UCS-2") == bool(found.odd)
    assert (hint(text) is None) == (not found.odd)
    if found.odd and all(segments.instead_of(sign) is not None for sign in found.odd):
        assert count(plainly(text)).encoding == "GSM-7"
