"""Files in a folder, for as long as nothing else keeps them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp import storage


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def put(path: str, content: Iterator[bytes]) -> int:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"".join(content))
        return target.stat().st_size

    def read(path: str, *, start: int = 0) -> Iterator[bytes]:
        yield (tmp_path / path).read_bytes()[start:]

    def delete(path: str) -> None:
        (tmp_path / path).unlink(missing_ok=True)

    for function in (put, read, delete):
        monkeypatch.setattr(storage, function.__name__, function)
