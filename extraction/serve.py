"""Reads pages of websites, one after the other, for as long as the parent writes some.

Each comes as a line of JSON ({"url", "content_type", "charset", "length"}) and then so many bytes;
each is answered by one line, {"is": "page", ...} as ``page.read`` returns it, or "refused".
"""

import json
import logging
from typing import Any

from extraction.limits import Limits, confine
from extraction.pieces import Refused
from extraction.reading import Out, arguments


def main(words: list[str]) -> None:
    """Answer until the input ends; the words are what is read ("pages"), and limits."""
    limits = Limits(**json.loads(arguments(words[1:]).get("limits", "{}")))
    out = Out()
    confine(limits)
    # What libraries think of a page is nothing that anybody will read.
    logging.disable(logging.CRITICAL)
    with open(0, "rb", closefd=False) as source:
        while header := source.readline():
            given = json.loads(header)
            out.write(answer(given, source.read(given["length"]), limits))


def answer(given: dict[str, Any], content: bytes, limits: Limits) -> dict[str, Any]:
    """Return the line for one page."""
    from extraction import page

    try:
        found = page.read(content, given["url"], given["content_type"], given["charset"], limits)
    except Refused as refused:
        return {"is": "refused", "code": refused.code, "detail": refused.detail}
    except MemoryError:
        return {"is": "refused", "code": "memory", "detail": {}}
    except RecursionError:
        return {"is": "refused", "code": "too_deep", "detail": {}}
    return {"is": "page", **found}
