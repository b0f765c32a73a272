"""While a document is read, and read again, its worker is killed: nothing is found twice or not at all."""

import hashlib
import io
import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from flask import Flask
from sqlalchemy import func, select

from devtools.valkey import Valkey
from tests.chaos import accidents
from tests.documents import making
from tests.live import wait_for
from tests.stack import Stack, release
from webapp import create_app, storage
from webapp.database import reading as looking
from webapp.documents import reading
from webapp.documents.models import Document
from webapp.extensions import broker, db, settings
from webapp.jobs.models import UNFINISHED, Job, JobState
from webapp.knowledge import child
from webapp.knowledge.cutting import Carry, cut
from webapp.knowledge.index_tables import Tally
from webapp.knowledge.models import Chunk, Part, PartUnit, Reading, Source
from webapp.knowledge.placing import Text
from webapp.knowledge.searching import search
from webapp.knowledge.sentences import Size

if TYPE_CHECKING:
    from tests.services import Kind, NewDatabase

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("CHAOS_KILLS", "10"))
PAGES = 150
VERSIONS = ("lobby", "garden", "cellar")


@pytest.fixture
def stack(
    kind: "Kind", new_database: "NewDatabase", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Return a worker with its services, on each database."""
    folder = tmp_path_factory.mktemp("stack")
    files = {"STORAGE_URL": f"file://{folder}/files"}
    here = Stack(folder, new_database(kind, release), **files)
    try:
        here.open()
        here.worker.start()
        wait_for(here.worker_is_there)
        yield here
    finally:
        here.close()


@pytest.fixture
def house(stack: Stack, valkey: Valkey) -> Iterator[Flask]:
    """Return an app of this process on the same database, in which documents are asked for."""
    app = create_app(stack.config)
    broker._after_fork()  # forgets its lines to the Valkey of another test
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    # The last app made has the process's lines: those who come after must not ask a Valkey that is gone.
    create_app(replace(stack.config, redis_url=valkey.url))
    broker._after_fork()


@pytest.mark.usefixtures("house")
def test_a_document_is_whole_however_often_its_worker_is_killed(
    stack: Stack, chaos_seed: int
) -> None:
    chance = random.Random(chaos_seed)
    source_id, killed, began = None, 0, time.monotonic()
    for number, word in enumerate(VERSIONS):
        content = making.pdf(making.pages(PAGES, what=word))
        before = VERSIONS[number - 1] if number else None
        source_id = put(source_id, content)
        left = KILLS * (number + 1) // len(VERSIONS) - killed
        killed += kill_while_it_is_read(stack, chance, left, before=before, after=word)
        wait_for(lambda before=before, word=word: whole(before, word), every=0.02)
        assert wrong(source_id, content) == []
    wait_for(lambda: not count(select(func.count()).where(Job.state.in_(UNFINISHED))))
    assert count(select(func.count()).select_from(Reading)) == 1
    assert count(select(func.count()).where(Job.state != JobState.SUCCESS)) == 0
    print(f"seed {chaos_seed}: {killed} kills in {time.monotonic() - began:.0f} s")
    assert killed >= KILLS // 2


def put(source_id: int | None, content: bytes) -> int:
    """Store a document, or other bytes in its place, and ask for its reading."""
    if source_id is None:
        source = making.stored(content, "house.pdf")
    else:
        source = db.session.get_one(Source, source_id)
        document = db.session.get_one(Document, source_id)
        document.sha256 = hashlib.sha256(content).hexdigest()
        document.path = f"documents/{document.sha256}"
        db.session.commit()
        storage.put(f"documents/{hashlib.sha256(content).hexdigest()}", io.BytesIO(content))
    reading.ask(source)
    db.session.commit()
    return source.id


def kill_while_it_is_read(
    stack: Stack, chance: random.Random, kills: int, *, before: str | None, after: str
) -> int:
    """Kill whoever reads, some times, each time a moment after he has begun; return how often."""
    killed, seen = 0, 0
    while killed < kills:
        running = wait_for(lambda seen=seen: next_attempt(seen), every=0.02)
        if running is True:
            return killed
        seen, worker = running
        end = time.monotonic() + chance.uniform(0.0, 0.5)
        while time.monotonic() < end:
            whole(before, after)
        if killed == kills // 2 and before is None:
            accidents.kill_the_worker(stack, chance)
        else:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(int(worker.split(":")[-2])).kill()
        killed += 1
    return killed


def next_attempt(seen: int) -> Any:
    """Return the attempt that is under way and its worker, if it is another one; True at the end."""
    rows = look(
        select(Job.state, Job.attempt, Job.worker)
        .where(Job.kind == "documents.read")
        .order_by(Job.id.desc())
        .limit(1)
    )
    state, attempt, worker = rows[0]
    if state == JobState.SUCCESS:
        return True
    assert state != JobState.FAILURE
    return (attempt, worker) if state == JobState.PROGRESS and attempt > seen else None


def whole(before: str | None, after: str) -> bool:
    """Say whether the newer version is found; at each look one of them is, and only one."""
    token = looking.set(True)
    if db.engine.dialect.name == "postgresql":  # all of it as it was at one moment
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        live = db.session.execute(select(Reading.id, Reading.chunks).where(Reading.live)).all()
        hits = search("house towels colour", limit=20).hits
        told = {hit.chunk.text.split()[1] for hit in hits}
    finally:
        db.session.rollback()
        looking.reset(token)
    assert len(live) == len(told) <= 1
    assert before is None or told, "nothing is found"
    assert told <= {before, after}
    return told == {after}


def wrong(source_id: int, content: bytes) -> list[str]:
    """Compare what is stored with what cutting the same pages at one go brings."""
    path = db.session.get_one(Document, source_id).path
    with storage.local_copy(path) as file:
        assert file.read_bytes() == content
        lines = list(child.extract(file, name="house.pdf", alive=lambda: None))
    pages = [
        Text(line["number"], PartUnit(line["unit"]), line["label"], line["text"], line["marks"])
        for line in lines
        if line["is"] == "piece"
    ]
    size, carry = Size(settings().chunk_characters, settings().chunk_overlap), Carry()
    passages = [
        passage
        for page, following in zip(pages, [*pages[1:], None], strict=True)
        for passage in cut(page, following, carry, size)
    ]
    live = look(select(Reading.id).where(Reading.live))[0][0]
    parts = look(
        select(Part.ordinal, Part.text).where(Part.reading_id == live).order_by(Part.ordinal)
    )
    columns = (
        Chunk.text, Chunk.prefix, Chunk.part_from, Chunk.part_to, Chunk.start, Chunk.end, Chunk.place,
    )  # fmt: skip
    chunks = look(
        select(Chunk.ordinal, *columns).where(Chunk.reading_id == live).order_by(Chunk.ordinal)
    )
    indexed = count(select(func.sum(Tally.chunks)).where(Tally.reading_id == live))
    found = []
    if [tuple(part) for part in parts] != [(page.ordinal, page.text) for page in pages]:
        found.append(f"{len(parts)} parts, not the {len(pages)} of the file")
    if [tuple(one) for one in chunks] != [(n, *one) for n, one in enumerate(passages, 1)]:
        found.append(f"{len(chunks)} passages, not the {len(passages)} of the file")
    if indexed != len(passages):
        found.append(f"{indexed} passages are indexed, of {len(passages)}")
    return found


def look(question: Any) -> list[Any]:
    """Ask the database, in nobody's way."""
    token = looking.set(True)
    try:
        return list(db.session.execute(question).all())
    finally:
        db.session.rollback()
        looking.reset(token)


def count(question: Any) -> int:
    return int(look(question)[0][0] or 0)
