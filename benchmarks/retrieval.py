"""Whether a question finds its answer: XQuAD through the real pipeline, on both databases.

Each article is written as a file (text, DOCX, PDF; no PDF of Chinese, for want of a font), uploaded
as by a person, and read by a real worker. A question is answered when one of its first five
passages is of the right article and holds the answer's words.
"""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.stage import DATABASES, ROOT, Stage, stage, verdict, wait_for, xquad

HIT, OVERLAP = 0.97, 0.9


def main() -> None:
    """Measure each language on each database, then compare what they found."""
    xquad.folder()
    if len(sys.argv) > 1:
        measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        for language in xquad.LANGUAGES:
            files = [Path(folder) / f"{database}.json" for database in DATABASES]
            for database, file in zip(DATABASES, files, strict=True):
                line = (sys.executable, "-m", "benchmarks.retrieval", database, language, str(file))
                subprocess.run(line, cwd=ROOT, check=True)
            one, other = (json.loads(file.read_text()) for file in files)
            shares = [
                len(set(ours) & set(theirs)) / max(len(ours), len(theirs), 1)
                for ours, theirs in zip(one, other, strict=True)
            ]
            name = f"{language}, top 10 that both databases find"
            print(verdict(name, sum(shares) / len(shares), OVERLAP), flush=True)


def measure(database: str, language: str, file: Path) -> None:
    """Print how many questions find their answer, and write down what was found."""
    texts, asked = xquad.articles(language)
    with stage(database) as here:
        from webapp import create_app
        from webapp.extensions import db
        from webapp.knowledge.searching import search

        with create_app().app_context():
            db.create_all()
            sources = read(here, language, texts)
            first = fifth = 0
            found: list[list[str]] = []
            for one in asked:
                hits = search(one.question, limit=10).hits
                found.append([hit.chunk.sha256 for hit in hits])
                held = [
                    hit.chunk.source_id == sources[one.article] and holds(hit.chunk.text, one)
                    for hit in hits
                ]
                first, fifth = first + any(held[:1]), fifth + any(held[:5])
                db.session.rollback()
    file.write_text(json.dumps(found))
    print(f"{language} on {database}: {first / len(asked):.3f} have it in the first passage")
    name = f"{language} on {database}, have it in the first five"
    print(verdict(name, round(fifth / len(asked), 4), HIT), flush=True)


def read(here: Stage, language: str, texts: list[list[str]]) -> list[int]:
    """Upload every article and let a worker read them; return their sources."""
    from sqlalchemy import func, select

    from webapp.documents import uploading
    from webapp.extensions import db
    from webapp.knowledge.models import Source, SourceState

    sources = []
    for number, paragraphs in enumerate(texts):
        kind = number % (2 if language == "zh" else 3)
        name, content = (as_text, as_docx, as_pdf)[kind](number, paragraphs)
        document = uploading.take(io.BytesIO(content), name, by=None)
        sources.append(document.source_id)
    db.session.commit()

    def all_read() -> bool:
        count = db.session.scalar(select(func.count()).where(Source.state == SourceState.READY))
        db.session.rollback()  # on SQLite whoever has begun keeps all writers out
        return count == len(texts)

    with here.running(
        *here.celery("worker.app"), log="worker.log", WORKER_CONCURRENCY="2"
    ) as worker:
        wait_for(all_read, worker)
    return sources


def holds(text: str, asked: xquad.Asked) -> bool:
    """Tell whether the answer stands there, wherever lines were broken."""
    together = "".join(text.split())
    return any("".join(answer.split()) in together for answer in asked.answers)


def as_text(number: int, paragraphs: list[str]) -> tuple[str, bytes]:
    """Return name and content."""
    return f"article {number}.txt", "\n\n".join(paragraphs).encode()


def as_docx(number: int, paragraphs: list[str]) -> tuple[str, bytes]:
    """Return name and content: the least that is a DOCX."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        for text in paragraphs
    )
    office = "http://schemas.openxmlformats.org"
    types = (
        f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr(
            "word/document.xml", f"<w:document {space}><w:body>{body}</w:body></w:document>"
        )
    return f"article {number}.docx", file.getvalue()


def as_pdf(number: int, paragraphs: list[str]) -> tuple[str, bytes]:
    """Return name and content: pages as a word processor prints them."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    style = getSampleStyleSheet()["BodyText"]
    file = io.BytesIO()
    story = [Paragraph(escape(text), style) for text in paragraphs]
    SimpleDocTemplate(file, invariant=1).build(story)
    return f"article {number}.pdf", file.getvalue()


if __name__ == "__main__":
    main()
