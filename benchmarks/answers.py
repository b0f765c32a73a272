"""Questions of XQuAD answered by quoting: how often the quoted sentence holds the answer, and what is not known.

Each article is a document of its own, read by the real child process, cut and indexed. The share of
questions is counted whose first quoted sentence holds the answer that people gave (in es and de the
rules were chosen; en is what they are held to), and of those that are answered at all. Asked once
more without the article that answers it, whatever is quoted is wrong: so often it is.
"""

import tempfile
from pathlib import Path

from benchmarks.stage import each_database, stage, verdict
from benchmarks.stage.xquad import LANGUAGES, Asked, articles, folder

GOAL = 0.75
#: Of the questions every so many-th is asked without its article.
SAMPLE = 4


def main() -> None:
    """Measure on both databases."""
    folder()
    each_database("answers", measure)


def measure(database: str) -> None:
    """Print the figures of each language on one database."""
    with stage(database) as here:
        here.env["STORAGE_URL"] = f"file://{here.folder}/files"
        from webapp import create_app
        from webapp.extensions import db

        with create_app().app_context():
            for language in LANGUAGES:
                db.session.remove()
                db.drop_all()
                db.create_all()
                texts, asked = articles(language)
                report(f"{language} on {database}", language, read(texts), asked)
            db.session.remove()
            db.engine.dispose()


def read(texts: list[list[str]]) -> list[int]:
    """Read each article as a text file, through the child process; return the ids of the sources."""
    from webapp.extensions import db
    from webapp.knowledge import child, readings
    from webapp.knowledge.models import Source, SourceKind, SourceState

    ids = []
    with tempfile.TemporaryDirectory() as place:
        for number, paragraphs in enumerate(texts):
            file = Path(place) / f"{number}.txt"
            file.write_text("\n\n".join(paragraphs), encoding="utf-8")
            source = Source(kind=SourceKind.DOCUMENT, name=file.name, state=SourceState.READY)
            db.session.add(source)
            db.session.flush()
            reading = readings.begin(source)
            lines = child.extract(file, name=file.name, alive=lambda: None)
            pieces = [line for line in lines if line["is"] == "piece"]
            readings.add_parts(reading, pieces, whole=True)
            readings.cut(reading, until=lambda: False)
            readings.go_live(reading)
            db.session.commit()
            ids.append(source.id)
    return ids


def report(name: str, language: str, ids: list[int], asked: list[Asked]) -> None:
    """Ask everything, and print how often the answer was right."""
    from webapp.knowledge.answering import answer

    known = first = anywhere = false = 0
    for one in asked:
        found = answer(one.question)
        known += found.known
        if found.known:
            first += holds(found.citations[0].text, one)
            anywhere += any(holds(citation.text, one) for citation in found.citations)
    without = asked[::SAMPLE]
    for one in without:
        others = [source_id for source_id in ids if source_id != ids[one.article]]
        false += answer(one.question, source_ids=others).known
    count = len(asked)
    line = f"the first quoted sentence holds the answer, {name}"
    if language == "en":
        print(verdict(line, first / count, GOAL))
    else:
        print(f"{line}: {first / count:.2f}")
    print(
        f"  {count:,} questions: {anywhere / count:.3f} have it in one of the quoted sentences, "
        f"{known / count:.3f} are answered; {false / len(without):.3f} of {len(without)} are when "
        "the article that answers them is left out",
        flush=True,
    )


def holds(sentence: str, one: Asked) -> bool:
    """Say whether the words that people gave as the answer stand in a sentence."""
    plain = " ".join(sentence.split()).casefold()
    return any(" ".join(words.split()).casefold() in plain for words in one.answers)


if __name__ == "__main__":
    main()
