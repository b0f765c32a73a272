"""Readers called in this process, for what is tried a thousand times."""

import io
from importlib import import_module

from extraction import formats
from extraction.limits import Hints, Limits
from extraction.pieces import Piece, Refused


def pieces_of(content: bytes, name: str, limits: Limits | None = None) -> list[Piece]:
    """Return the pieces; none of what is refused."""
    reader = import_module(formats.READERS[formats.KIND_OF_ENDING[formats.ending_of(name)]])
    try:
        lines = list(reader.read(io.BytesIO(content), limits or Limits(), Hints(name)))
    except Refused:
        return []
    return [one for one in lines if isinstance(one, Piece)]
