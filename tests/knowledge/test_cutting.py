"""A text is cut where a reader would pause, and each passage stands where it says."""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from tests.knowledge.positions import untrue
from webapp.knowledge.cutting import Carry, Passage, cut
from webapp.knowledge.models import PartUnit
from webapp.knowledge.placing import Text
from webapp.knowledge.sentences import Size

SIZE = Size(400, 60)
SENTENCE = "On the {n}th day the guests of room {n} asked for a later breakfast and were given one."


def passages(parts: Sequence[Text], size: Size = SIZE) -> list[Passage]:
    carry = Carry()
    found: list[Passage] = []
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        carry = Carry.of(carry.stored())
        found += cut(part, following, carry, size)
    assert untrue(parts, found) == []
    return found


def composed(
    *lines: tuple[Any, ...],
    unit: PartUnit = PartUnit.SECTION,
    label: str = "",
    ordinal: int = 1,
) -> Text:
    """Put a part together of (kind, words, level or place), as a reader of files does."""
    text, marks = "", []
    for kind, words, *more in lines:
        if text:
            text += "\n" if kind == "row" else "\n\n"
        level = more[0] if kind == "heading" else 0
        at = more[-1] if more and isinstance(more[-1], str) else ""
        marks.append((len(text), len(text) + len(words), kind, level, at))
        text += words
    return Text(ordinal, unit, label, text, marks)


def page(number: int, text: str) -> Text:
    return Text(number, PartUnit.PAGE, str(number), text, [])


def sentences(count: int, first: int = 1) -> str:
    return " ".join(SENTENCE.format(n=number) for number in range(first, first + count))


def sheet(
    ordinal: int,
    rows: Sequence[Sequence[str]],
    *,
    first: int,
    header: bool,
    name: str = "Prices",
) -> Text:
    lines: list[tuple[str, str, str]] = []
    for number, row in enumerate(rows, first):
        kind = "table" if header and number == first else "row"
        lines.append((kind, " | ".join(row), f"A{number}:{chr(64 + len(row))}{number}"))
    return composed(*lines, unit=PartUnit.SHEET, label=name, ordinal=ordinal)


def test_a_short_text_is_one_passage() -> None:
    [found] = passages([page(1, "We open at nine.")])
    assert found == Passage("We open at nine.", 0, 1, 1, 0, 16, {"page": 1})


def test_nothing_is_lost_between_two_passages() -> None:
    text = sentences(40)
    reached = 0
    for found in passages([page(1, text)]):
        assert found.start <= reached + 1
        reached = found.end
    assert reached == len(text)


def test_a_passage_holds_whole_sentences() -> None:
    found = passages([page(1, sentences(40))])
    assert len(found) > 5
    for one in found:
        assert one.text.startswith("On the")
        assert one.text.endswith("one.")
        assert len(one.text) <= SIZE.characters * 1.2


def test_lines_that_end_where_the_page_was_full_do_not_end_a_sentence() -> None:
    words, lines = sentences(40).split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 66:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    found = passages([page(1, "\n".join(lines))])
    assert len(found) > 5
    for one in found:
        assert one.text.startswith("On")
        assert one.text.endswith("one.")


def test_lines_of_a_list_stay_apart() -> None:
    text = "\n".join(f"Room {number} with a view of the garden" for number in range(60))
    for one in passages([page(1, text)]):
        assert all(line.endswith("garden") for line in one.text.splitlines())
        assert all(line.startswith("Room") for line in one.text.splitlines())


def test_a_full_stop_after_an_abbreviation_ends_no_sentence() -> None:
    text = " ".join(
        f"Dr. Rao came to room {number} and asked for z. B. tea." for number in range(40)
    )
    for one in passages([page(1, text)]):
        assert one.text.startswith("Dr. Rao")
        assert one.text.endswith("tea.")


def test_chinese_is_cut_between_its_sentences() -> None:
    text = "".join(f"第{number}天，客人们要求晚一点吃早餐，酒店同意了。" for number in range(60))
    found = passages([page(1, text)], Size(200, 30))
    assert len(found) > 5
    for one in found:
        assert one.text.startswith("第")
        assert one.text.endswith("了。")


def test_a_passage_repeats_the_sentences_before_it_as_far_as_they_fit() -> None:
    short = " ".join(f"Room {number} is free." for number in range(200))
    found = passages([page(1, short)], Size(300, 60))
    for before, after in pairwise(found):
        assert 0 < before.end - after.start <= 60


def test_a_word_without_end_is_cut_all_the_same() -> None:
    found = passages([page(1, "x" * 5000)])
    assert max(len(one.text) for one in found) <= SIZE.characters * 1.2
    assert "".join(one.text for one in found if one.start >= 0)[:400] == "x" * 400


def test_a_small_rest_joins_the_passage_before_it() -> None:
    found = passages([page(1, sentences(4) + " " + "Then all slept well and long.")])
    assert found[-1].text.endswith("Then all slept well and long.")
    assert all(len(one.text) > 100 for one in found)


def test_no_passage_crosses_a_heading() -> None:
    part = composed(
        ("heading", "Opening hours", 1), ("text", "We open at nine."),
        ("heading", "Sundays", 2), ("text", "The house is closed."),
        ("heading", "Prices", 1), ("text", "A room costs 1,200."),
    )  # fmt: skip
    found = passages([part])
    assert [one.text for one in found] == [
        "Opening hours\n\nWe open at nine.",
        "Sundays\n\nThe house is closed.",
        "Prices\n\nA room costs 1,200.",
    ]
    assert [one.place["headings"] for one in found] == [
        ["Opening hours"], ["Opening hours", "Sundays"], ["Prices"],
    ]  # fmt: skip


def test_headings_that_follow_each_other_lead_one_passage_when_each_is_deeper() -> None:
    part = composed(
        ("heading", "House", 1), ("heading", "Rooms", 2), ("text", "There are nine."),
        ("heading", "Empty", 2), ("heading", "Full", 2), ("text", "There is one."),
    )  # fmt: skip
    assert [one.text for one in passages([part])] == [
        "House\n\nRooms\n\nThere are nine.", "Empty", "Full\n\nThere is one.",
    ]  # fmt: skip


def test_a_heading_stays_with_the_long_paragraph_under_it() -> None:
    part = composed(("heading", "Breakfast", 1), ("text", sentences(20)))
    found = passages([part])
    assert found[0].text.startswith("Breakfast\n\nOn the 1th day")
    assert len(found[0].text) > 200


def test_the_headings_of_a_part_hold_for_the_next() -> None:
    first = composed(("heading", "Prices", 1), ("text", "A room costs 1,200."))
    second = composed(("text", "A suite costs 2,400."), ordinal=2)
    assert passages([first, second])[1].place["headings"] == ["Prices"]


def test_a_sentence_that_runs_over_the_page_is_one_passage_of_both() -> None:
    pages = [
        page(1, "We open at nine. On Sundays the house"),
        page(2, "is closed. A room costs 1,200."),
    ]
    first, second = passages(pages)
    assert first.text == "We open at nine. On Sundays the house\nis closed."
    assert first.place == {"page": 1, "page_to": 2}
    assert (first.part_to, first.end) == (2, len("is closed."))
    assert second.text == pages[1].text
    assert second.place == {"page": 2}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The house is closed.", "A room costs 1,200."),
        ("The house is closed.", "and a room costs 1,200."),
        ("On Sundays the house", "CHAPTER TWO"),
        ("On Sundays the house", ""),
        ("", "is closed."),
        ("On Sundays the house", "is closed " * 200),
    ],
)
def test_no_other_passage_crosses_from_page_to_page(before: str, after: str) -> None:
    assert all(one.part_from == one.part_to for one in passages([page(1, before), page(2, after)]))


def test_a_table_is_cut_between_rows_and_each_passage_has_the_header() -> None:
    rows = [["Room", "Price", "View"]] + [
        [f"Room {number}", f"{number}00", "to the garden behind the house"] for number in range(40)
    ]
    found = passages([sheet(1, rows, first=1, header=True)])
    assert found[0].place == {"sheet": "Prices", "range": f"A1:C{len(found[0].text.splitlines())}"}
    assert found[0].prefix == 0
    for one in found[1:]:
        assert one.text.startswith("Room | Price | View\nRoom ")
        assert one.prefix == len("Room | Price | View\n")
        assert one.place["header"] == "A1:C1"
        assert all(line.count("|") == 2 for line in one.text.splitlines())
    assert sum(len(one.text[one.prefix :].splitlines()) for one in found) == len(rows)


def test_a_sheet_that_goes_on_in_the_next_part_keeps_its_header() -> None:
    rows = [[f"Room {number}", f"{number}00"] for number in range(30)]
    parts = [
        sheet(1, [["Room", "Price"], *rows], first=1, header=True),
        sheet(2, rows, first=32, header=False),
        sheet(3, rows, first=1, header=False, name="Other"),
    ]
    found = passages(parts)
    assert all(one.text.startswith("Room | Price\n") for one in found if one.part_from < 3)
    assert all(not one.prefix for one in found if one.part_from == 3)


def test_a_row_that_is_too_long_is_cut_in_itself() -> None:
    long = " | ".join(f"cell {number} of a very wide row" for number in range(60))
    rows = [["Room", "Price"], ["One", "100"], [long], ["Two", "200"]]
    found = passages([sheet(1, rows, first=1, header=True)])
    assert max(len(one.text) for one in found) <= SIZE.characters * 1.2
    assert sum("Two | 200" in one.text for one in found) == 1


def test_a_header_that_fills_a_passage_is_not_repeated() -> None:
    rows = [["Column " * 40], *([[f"Value {number} " * 10] for number in range(9)])]
    found = passages([sheet(1, rows, first=1, header=True)])
    assert all(one.prefix == 0 for one in found)


def test_a_heading_leads_the_table_under_it() -> None:
    part = composed(
        ("text", "See below."), ("heading", "Prices", 1), ("table", "Room | Price"), ("row", "One | 100"),
    )  # fmt: skip
    assert [one.text for one in passages([part])] == [
        "See below.",
        "Prices\n\nRoom | Price\nOne | 100",
    ]


def test_lines_are_told_to_the_line() -> None:
    lines = [SENTENCE.format(n=number) for number in range(30)]
    part = composed(("text", "\n".join(lines), "5-34"))
    found = passages([part])
    assert found[0].place["lines"] == [5, 5 + found[0].text.count("\n")]
    assert found[-1].place["lines"][1] == 34


def test_paragraphs_are_told() -> None:
    part = composed(
        *(("text", sentences(2, number), f"paragraph {number}") for number in range(3, 9))
    )
    found = passages([part])
    assert found[0].place["paragraphs"] == [3, 4]
    assert found[-1].place["paragraphs"][1] == 8


def test_no_paragraph_is_told_of_a_passage_that_also_holds_a_cell() -> None:
    """Paragraphs in cells have no number, and a table of one column is read as paragraphs."""
    part = composed(("text", "Towels", "table 1, row 1"), ("text", "Below it", "paragraph 1"))
    assert [one.place for one in passages([part])] == [{}]


def test_whatever_a_part_holds_each_passage_stands_where_it_says() -> None:
    chance = random.Random(4)
    kinds = ("text", "heading", "table", "row", "row", "list")
    for _ in range(60):
        parts = []
        for ordinal in range(1, 5):
            lines: list[tuple[Any, ...]] = []
            for _ in range(chance.randrange(12)):
                kind = chance.choice(kinds)
                words = " ".join(
                    chance.choices(
                        ["a", "Bee.", "cé", "日本。", "x" * 90], k=chance.randrange(1, 90)
                    )
                )
                lines.append(
                    (kind, words, chance.randrange(1, 7)) if kind == "heading" else (kind, words)
                )
            parts.append(composed(*lines, ordinal=ordinal))
        for one in passages(parts, Size(chance.choice([200, 400, 1000]), 60)):
            assert one.text.strip()
