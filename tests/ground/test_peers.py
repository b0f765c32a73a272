from pathlib import Path

import pytest

from benchmarks import extraction
from benchmarks.peers import files
from devtools import peers
from tests.extraction.reads import read


def test_without_what_it_is_measured_against_a_benchmark_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("BELLHOP_PEERS", str(tmp_path))
    with pytest.raises(peers.Missing):
        peers.python()
    extraction.main()
    assert "nothing was measured" in capsys.readouterr().out


def test_every_word_of_the_files_that_are_measured_is_known_and_read(tmp_path: Path) -> None:
    for case in extraction.cases(small=True):
        path = tmp_path / case.name
        words = case.make(path)
        assert len(words) > 50
        text = read(path.read_bytes(), case.name).text
        assert [word for word in words if word not in text] == []


def test_files_to_measure_are_the_same_each_time(tmp_path: Path) -> None:
    assert files.docx(tmp_path / "a.docx", 2) == files.docx(tmp_path / "b.docx", 2)
