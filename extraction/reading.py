"""Reads one file, and writes what it says as lines of JSON."""

import json
import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO

from extraction import formats, sniffing
from extraction.cleaning import safe
from extraction.limits import Hints, Limits, confine
from extraction.pieces import Begin, End, Piece, Refused, line

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class Out:
    """The pipe to the parent: what stood for the standard output goes to the log instead."""

    def __init__(self) -> None:
        self.pipe = os.dup(1)
        os.dup2(2, 1)

    def write(self, content: dict[str, Any]) -> None:
        left = memoryview(encode(content).encode("utf-8", "replace") + b"\n")
        while left:
            left = left[os.write(self.pipe, left) :]


def arguments(words: list[str]) -> dict[str, str]:
    """Return ``--name value`` pairs; argparse would cost as much as a small file."""
    return {
        name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)
    }


def read(file: BinaryIO, limits: Limits, hints: Hints) -> Iterator[Begin | Piece | End]:
    """Find out what the file is, and yield what it says."""
    kind = sniffing.kind(file, hints.name)
    file.seek(0)
    reader = import_module(formats.READERS[kind])
    characters = 0
    for one in reader.read(file, limits, hints):
        if isinstance(one, Piece):
            one.text = safe(one.text)
            one.label = safe(one.label)
            characters += len(one.text)
            if characters > limits.characters or len(one.text) > limits.piece_characters:
                raise Refused("too_long", limit=limits.characters)
        else:
            one.about = {name: _harmless(value) for name, value in one.about.items()}
        yield one


def _harmless(value: Any) -> Any:
    """Return what a file says of itself as a database takes it."""
    if isinstance(value, str):
        return safe(value)
    return [_harmless(one) for one in value] if isinstance(value, list | tuple) else value


def main(words: list[str]) -> None:
    """Read the file and write the lines; whatever goes wrong in a known way is a line too."""
    given = arguments(words)
    limits = Limits(**json.loads(given.get("limits", "{}")))
    out = Out()
    confine(limits)
    hints = Hints(
        name=given.get("name", ""),
        encoding=given.get("encoding"),
        start=int(given.get("start", "0")),
        careful="careful" in given,
    )
    with open(0, "rb", closefd=False) as file:
        try:
            for one in read(file, limits, hints):
                out.write(line(one))
        except Refused as refused:
            out.write({"is": "refused", "code": refused.code, "detail": refused.detail})
        except MemoryError:
            out.write({"is": "refused", "code": "memory", "detail": {}})
        except RecursionError:
            out.write({"is": "refused", "code": "too_deep", "detail": {}})
