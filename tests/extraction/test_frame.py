"""The reading process as its parent sees it: every way in which it can end is a sentence."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from extraction import formats
from tests.extraction.conftest import Settings
from tests.extraction.make import docx, para, sheet
from tests.extraction.pdfs import doubling, pdf
from tests.extraction.reads import read
from webapp.knowledge.child import EXTRACTION, NotRead, extract
from webapp.knowledge.refusals import CALLED, WORDS, words

Store = Callable[[bytes], Path]
ROOT = EXTRACTION.parents[1]


class Stopped(Exception):
    """What a cancelled job raises."""


def quiet() -> None:
    """Find nothing to stop for."""


def reads_a_file(command: list[str]) -> bool:
    """Say whether it is the process of one file; those for web pages rest a while before they end."""
    return str(EXTRACTION) in command and "--serve" not in command


def children() -> list[psutil.Process]:
    """Return the processes that this one started and that run extraction."""
    return [
        one
        for one in psutil.Process().children(recursive=True)
        if one.status() != psutil.STATUS_ZOMBIE and reads_a_file(one.cmdline())
    ]


def not_read(*args: Any, **options: Any) -> NotRead:
    with pytest.raises(NotRead) as why:
        list(extract(*args, **{"alive": quiet, **options}))
    assert children() == []
    return why.value


def test_what_a_file_says_comes_line_by_line(settings: Settings, stored: Store):
    found = list(extract(stored(pdf([["One"], ["Two"]])), name="a.pdf", alive=quiet))
    assert [line["is"] for line in found] == ["begin", "piece", "piece", "end"]
    assert [line["text"] for line in found[1:3]] == ["One", "Two"]
    assert children() == []


def test_reading_goes_on_after_the_pieces_that_are_there(settings: Settings, stored: Store):
    path = stored(pdf([["One"], ["Two"], ["Three"]]))
    found = list(extract(path, name="a.pdf", start=2, alive=quiet))
    assert [line["number"] for line in found if line["is"] == "piece"] == [3]


def test_a_refusal_is_a_sentence_and_an_advice(settings: Settings, stored: Store):
    why = not_read(stored(docx(para("x"))), name="a.pdf")
    assert why.code == "wrong_extension"
    assert why.sentence == "This file is named .pdf, but it is a Word document."
    assert why.advice == "Rename it so that it ends in .docx, and upload it again."


def test_the_caller_is_asked_whether_to_go_on_while_the_parser_is_silent(
    settings: Settings, stored: Store
):
    settings(reader_megabytes=4_096)
    asked = []

    def alive() -> None:
        asked.append(len(children()))
        if len(asked) == 3:
            raise Stopped

    with pytest.raises(Stopped):
        list(extract(stored(doubling()), name="a.pdf", alive=alive))
    assert asked == [1, 1, 1]
    assert children() == []


def test_closing_the_reading_ends_the_process(settings: Settings, stored: Store):
    found = extract(stored(doubling()), name="a.pdf", alive=quiet)
    assert next(found)["is"] == "begin"
    assert len(children()) == 1
    found.close()
    assert children() == []


@pytest.mark.parametrize(
    ("which", "code"),
    [(signal.SIGKILL, "stopped"), (signal.SIGSEGV, "crashed"), (signal.SIGABRT, "memory")],
)
def test_a_killed_process_is_a_sentence(
    settings: Settings, stored: Store, which: signal.Signals, code: str
):
    settings(reader_megabytes=4_096)

    def alive() -> None:
        for child in children():
            os.kill(child.pid, which)

    why = not_read(stored(doubling()), name="a.pdf", alive=alive)
    assert (why.code, why.sentence) == (code, WORDS[code].sentence)


def test_a_workbook_that_ends_the_process_is_read_on_in_the_careful_way(
    settings: Settings, stored: Store
):
    rows = (
        6_000  # more than fit into the pipe, so it still has something to write when it is killed
    )
    numbers: list[int] = []
    found: set[int] = set()
    killed = 0
    for line in extract(stored(sheet(rows, "word " * 20)), name="a.xlsx", alive=quiet):
        if line["is"] == "piece":
            numbers.append(line["number"])
            found |= {int(row.split(" | ")[0]) for row in line["text"].splitlines()}
            if not killed:
                killed = children()[0].pid
                os.kill(killed, signal.SIGABRT)
    assert killed
    assert numbers == list(range(1, len(numbers) + 1))
    assert found == set(range(1, rows + 1))


def test_a_document_that_ends_the_process_is_not_tried_again(settings: Settings, stored: Store):
    starts = set()

    def alive() -> None:
        for child in children():
            starts.add(child.pid)
            os.kill(child.pid, signal.SIGABRT)

    assert not_read(stored(doubling()), name="a.pdf", alive=alive).code == "memory"
    assert len(starts) == 1


def test_a_process_that_hangs_is_ended_by_the_clock(settings: Settings, stored: Store):
    settings(reader_megabytes=4_096)

    def alive() -> None:
        for child in children():
            os.kill(child.pid, signal.SIGSTOP)

    assert not_read(stored(doubling()), name="a.pdf", alive=alive, seconds=1.5).code == "time"


def test_a_process_that_takes_too_much_memory_is_ended(settings: Settings, stored: Store):
    settings(reader_megabytes=256)
    assert not_read(stored(doubling()), name="a.pdf").code == "memory"


def test_a_process_that_takes_too_much_of_the_processor_is_ended(settings: Settings, stored: Store):
    settings(reader_seconds=1, reader_megabytes=4_096)
    assert not_read(stored(doubling()), name="a.pdf", seconds=60).code == "time"


@pytest.mark.parametrize(
    "name",
    [
        "x" * 300 + ".pdf",
        "../../etc/passwd.pdf",
        "\u202efdp.exe.pdf",
        "a\0b\x1b[31m\n.pdf",
        "\udcff\ud800.pdf",
        "--limits {}.pdf",
        "- .pdf",
    ],
)
def test_a_name_is_never_more_than_a_name(settings: Settings, stored: Store, name: str):
    found = list(extract(stored(pdf([["One"]])), name=name, alive=quiet))
    assert found[1]["text"] == "One"


def test_the_process_can_write_no_file_and_has_no_environment(tmp_path: Path):
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from extraction.limits import Limits, confine\n"
        "confine(Limits(megabytes=256))\n"
        "assert not set(os.environ) - {'LC_CTYPE'}, dict(os.environ)\n"
        "try: bytearray(300 * 1024 * 1024); print('memory')\n"
        "except MemoryError: print('no memory')\n"
        "try: open(sys.argv[2], 'wb', 0).write(b'x')\n"
        "except OSError: print('no file')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT), str(tmp_path / "file")],
        capture_output=True,
        env={},
        text=True,
        check=True,
    )
    expected = ["no memory", "no file"] if sys.platform == "linux" else ["no file"]
    assert [line for line in expected if line in done.stdout] == expected
    assert (tmp_path / "file").stat().st_size == 0


def test_every_kind_has_a_reader_a_name_for_people_and_endings():
    for kind, module in formats.READERS.items():
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
        assert kind in CALLED
        assert formats.ENDINGS[kind]


def test_every_code_with_which_a_file_is_refused_has_its_words():
    codes = set()
    for path in EXTRACTION.parent.glob("*.py"):
        codes |= set(re.findall(r"""Refused\(\s*"(\w+)\"""", path.read_text()))
    assert len(codes) > 10
    assert codes <= set(WORDS)


def test_words_hold_what_the_refusal_told_and_nothing_else():
    for code in WORDS:
        for detail in (
            {},
            {"pages": 5000, "limit": 2000, "kind": "pdf", "ending": "pdf", "better": "pdf"},
        ):
            said = words(code, detail)
            assert not re.search(r"[{}]|None|''|  ", said.sentence + said.advice), said
            assert said.sentence.endswith(".")
            assert said.advice.endswith(".")
    assert words("too_many_pages", {"pages": 5000, "limit": 2000}).sentence == (
        "This file has 5,000 pages; at most 2,000 are read."
    )
    assert "Word document of the old kind" in words("unknown_type", {"kind": "doc"}).sentence
    assert words("something new", {}) == WORDS["crashed"]


def test_what_a_library_prints_does_not_get_between_the_lines():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from extraction.reading import Out\n"
        "out = Out(); print('noise', flush=True); out.write({'is': 'end'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ('{"is":"end"}\n', "noise\n")


def test_no_reading_brings_control_characters_or_halves_of_letters():
    body = para("a&#x9f;b&#xFFFD;c\u2028d\ufeffe\u00a0f")
    found = read(docx(body), "a.docx")
    assert found.text == "ab\ufffdc\nde\u00a0f"
