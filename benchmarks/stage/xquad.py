"""XQuAD: articles in several languages, with questions and where the answer to each stands.

Not part of the repository: read from BELLHOP_DATA, else from ../shared/data beside it.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.stage import ROOT

LANGUAGES = ("en", "es", "de", "zh")


class Asked(NamedTuple):
    """A question, the number of the article that answers it, and the words that do."""

    question: str
    article: int
    answers: tuple[str, ...]


def folder() -> Path:
    """Return where the data is; ends the benchmark, without a fault, when it is nowhere."""
    places = [ROOT.parent / "shared/data", ROOT.parent.parent / "shared/data"]
    if given := os.environ.get("BELLHOP_DATA"):
        places = [Path(given)]
    for place in places:
        if (place / "xquad").is_dir():
            return place / "xquad"
    print("There is no XQuAD in ../shared/data (or BELLHOP_DATA): nothing was measured.")
    sys.exit(0)


def articles(language: str) -> tuple[list[list[str]], list[Asked]]:
    """Return the articles, each a list of paragraphs, and the questions about them."""
    data = json.loads((folder() / f"xquad.{language}.json").read_text("utf-8"))["data"]
    texts = [[paragraph["context"] for paragraph in article["paragraphs"]] for article in data]
    asked = [
        Asked(question["question"], number, tuple(found["text"] for found in question["answers"]))
        for number, article in enumerate(data)
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]
    return texts, asked


def sentences(language: str) -> list[str]:
    """Return the sentences of all articles."""
    texts, _asked = articles(language)
    return [
        sentence
        for article in texts
        for paragraph in article
        for sentence in re.split(r"(?<=[.!?]) +", paragraph)
        if len(sentence) > len("A sentence.")
    ]
