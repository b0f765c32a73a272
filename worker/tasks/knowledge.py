"""The tasks about what is known."""

from typing import Any

from webapp.documents import removing as of_documents
from webapp.extensions import db
from webapp.jobs.kinds import JobKind
from webapp.jobs.running import Run
from webapp.knowledge import clearing, questions, removing, vectors
from webapp.knowledge.models import Question, Source
from worker.tasking import MORE, job_task

assert of_documents  # noqa: S101 - it has said what documents leave behind


@job_task(JobKind.SOURCE_REMOVE)
def remove(run: Run, source_id: int) -> dict[str, str]:
    """Take away what a source has brought, its file, and itself."""
    source = db.session.get(Source, source_id)
    if source is None:
        return {"answer": "It has been removed."}
    return {"answer": removing.go_on(run, source)}


@job_task(JobKind.READINGS_CLEAR)
def clear(run: Run) -> dict[str, str]:
    """Remove the rows of readings that nobody will find again."""
    return {"answer": clearing.go_on(run)}


@job_task(JobKind.QUESTION_ANSWER)
def answer(run: Run, question_id: int) -> dict[str, str]:
    """Let the model answer a question from the passages that are found for it."""
    question = db.session.get(Question, question_id)
    if question is None:
        return {"answer": "The question has been removed."}
    return {"answer": questions.answer_it(run, question)}


@job_task(JobKind.PASSAGES_EMBED)
def embed(run: Run) -> Any:
    """Make vectors of the passages that have none, for a while."""
    answer = vectors.go_on(run)
    return MORE if answer is None else {"answer": answer}
