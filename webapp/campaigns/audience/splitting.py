"""Numbers and addresses that somebody pasted: one on each line, or with commas between them."""

import re
from collections.abc import Iterator
from typing import Any

from webapp.campaigns.audience.people import Columns, Person, person
from webapp.campaigns.audience.problems import Refused
from webapp.campaigns.audience.taking import Batch, Found

MOST = 5_000
LENGTH = 200_000  # characters of the whole


def entries(text: str) -> list[str]:
    """Return what stands between line ends, commas, semicolons and tabs."""
    found = (part.strip() for part in re.split(r"[\r\n,;\t]+", text.replace("\0", "")))
    return [part for part in found if part]


def batches(asked: dict[str, Any], offset: int, size: int) -> Iterator[Batch]:
    """Go through the entries from a number on."""
    pasted = entries(str(asked.get("text", "")))
    for begin in range(offset, len(pasted), size):
        part = pasted[begin : begin + size]
        found = [
            Found(begin + number, [entry], _who(entry, asked.get("region")))
            for number, entry in enumerate(part, start=1)
        ]
        yield Batch(found, begin + len(part), begin + len(part))


def _who(entry: str, region: str | None) -> Person | Refused:
    if "@" in entry:
        columns = Columns(("email",), email=0, region=region)
    else:
        columns = Columns(("phone",), phone=0, region=region)
    try:
        return person([entry], columns)
    except Refused as problem:
        return problem
