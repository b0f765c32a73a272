"""Vectors of passages, if a model that makes them is configured: passages that mean the same rank higher.

No index of vectors: those of the best passages by words are compared with the question's, and the
two rankings are put together. Made by a job after something was read.
"""

import math
import time
from array import array
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from webapp.extensions import db, insertion
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Ended, NotNow, Run, when_ended
from webapp.knowledge import model
from webapp.knowledge.models import Chunk, Reading, Vector
from webapp.knowledge.searching import Hit

#: The best passages by words whose vectors are compared.
COMPARED = 200
#: Of reciprocal rank fusion: a rank counts as 1 / (this + rank), as in its paper (Cormack 2009).
FUSION = 60
#: Passages whose vectors are asked for at once, and seconds after which another job has its turn.
AT_ONCE, SLICE = 32, 5.0
READS = {JobKind.DOCUMENT_READ, JobKind.WEBSITE_CRAWL}


def go_on(run: Run) -> str | None:
    """Make vectors of what can be found and has none of this model, for a while; None: there is more.

    Commits. Raises NotNow when the model is away.
    """
    name = model.embeddings_name()
    if name is None:
        return "No model that makes vectors is configured."
    end, made = time.monotonic() + SLICE, 0
    while time.monotonic() < end:
        rows = db.session.execute(_without(name)).all()
        run.step(note=f"{made:,} made" if made else None)  # no transaction may be open meanwhile
        if not rows:
            _forget_others(name)
            return "Every passage has its vector."
        try:
            found = model.vectors([text for _chunk_id, text in rows])
        except model.Away as error:
            raise NotNow(str(error), "Passages are found by their words meanwhile.") from error
        _keep(name, [row.id for row in rows], found)
        made += len(rows)
        run.step(note=f"{made:,} made")
    return None


def _without(name: str) -> Any:
    """Select id and text of some passages that can be found and have no vector of a model."""
    having = select(Vector.chunk_id).where(Vector.model == name)
    return (
        select(Chunk.id, Chunk.text)
        .join(Reading, Reading.id == Chunk.reading_id)
        .where(Reading.live, Chunk.id.not_in(having))
        .order_by(Chunk.id)
        .limit(AT_ONCE)
    )


def _keep(name: str, ids: Sequence[int], found: Sequence[Sequence[float]]) -> None:
    """Store vectors of length 1, of those passages that are there still."""
    there = set(db.session.scalars(select(Chunk.id).where(Chunk.id.in_(ids)).with_for_update()))
    rows = [
        {"chunk_id": chunk_id, "model": name, "numbers": array("f", _unit(numbers)).tobytes()}
        for chunk_id, numbers in zip(ids, found, strict=True)
        if chunk_id in there
    ]
    if rows:
        adding = insertion(Vector).values(rows)
        db.session.execute(
            adding.on_conflict_do_update(
                index_elements=["chunk_id"],
                set_={"model": adding.excluded.model, "numbers": adding.excluded.numbers},
            )
        )


def _forget_others(name: str) -> None:
    """Remove the vectors of a model that is not used any more."""
    db.session.execute(delete(Vector).where(Vector.model != name))


def of(hits: Sequence[Hit]) -> dict[int, Sequence[float]]:
    """Return the vectors of passages, of the model that is configured, by the passages' ids."""
    rows = db.session.execute(
        select(Vector.chunk_id, Vector.numbers).where(
            Vector.model == model.embeddings_name(),
            Vector.chunk_id.in_([hit.chunk.id for hit in hits]),
        )
    ).all()
    return {chunk_id: array("f", numbers) for chunk_id, numbers in rows}


def ranked(question: str, hits: Sequence[Hit], known: dict[int, Sequence[float]]) -> list[Hit]:
    """Rank passages by their words and by what they mean, together. Raises ``model.Away``.

    ``hits`` are ranked by their words; a passage without a vector keeps that rank alone.
    """
    if not known:
        return list(hits)
    asked = _unit(model.vectors([question])[0])
    near = {
        chunk_id: sum(map(float.__mul__, asked, numbers))
        for chunk_id, numbers in known.items()
        if len(numbers) == len(asked)
    }
    by_meaning = sorted(near, key=lambda chunk_id: (-near[chunk_id], chunk_id))
    score = {chunk_id: 1 / (FUSION + rank) for rank, chunk_id in enumerate(by_meaning, 1)}
    together = [
        (score.get(hit.chunk.id, 0.0) + 1 / (FUSION + rank), hit)
        for rank, hit in enumerate(hits, 1)
    ]
    together.sort(key=lambda one: -one[0])
    return [hit for _score, hit in together]


def _unit(numbers: Sequence[float]) -> list[float]:
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return [number / length for number in numbers]


def _after_reading(ended: Ended) -> None:
    """Ask for the vectors of what was just read."""
    if ended.kind in READS and ended.state == JobState.SUCCESS and model.embeddings_name():
        enqueue(JobKind.PASSAGES_EMBED, key="vectors")


when_ended.append(_after_reading)
