"""Reads bytes as the product does: in the real process, with its limits."""

import json
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

from webapp.knowledge.child import EXTRACTION, prepare


class Result(NamedTuple):
    """All lines that the process wrote, and how it ended."""

    lines: list[dict[str, Any]]
    code: int
    complaints: str

    @property
    def pieces(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["is"] == "piece"]

    @property
    def text(self) -> str:
        """Everything that was read, pieces with a blank line between them."""
        return "\n\n".join(piece["text"] for piece in self.pieces)

    @property
    def begin(self) -> dict[str, Any]:
        assert self.lines[0]["is"] == "begin", self.lines[0]
        return self.lines[0]

    @property
    def end(self) -> dict[str, Any]:
        assert self.lines[-1]["is"] == "end", self.lines[-1]
        return self.lines[-1]

    @property
    def refused(self) -> str:
        """The code of the refusal."""
        assert self.lines, self.complaints
        assert self.lines[-1]["is"] == "refused", self.lines[-1]
        return str(self.lines[-1]["code"])

    @property
    def detail(self) -> dict[str, Any]:
        found: dict[str, Any] = self.lines[-1]["detail"]
        return found

    def marked(self, kind: str) -> list[str]:
        """Return the words under each mark of a kind."""
        return [
            piece["text"][start:end]
            for piece in self.pieces
            for start, end, found, *_ in piece["marks"]
            if found == kind
        ]


def read(
    content: bytes, name: str, *, start: int = 0, encoding: str | None = None, **limits: int
) -> Result:
    """Read it with these limits."""
    options = ["--name", name, "--start", str(start), "--limits", json.dumps(limits)]
    if encoding:
        options += ["--encoding", encoding]
    prepare()
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        done = subprocess.run(
            [sys.executable, "-I", str(EXTRACTION), *options],
            stdin=file,
            capture_output=True,
            env={},
            check=False,
        )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Result(lines, done.returncode, done.stderr.decode())
