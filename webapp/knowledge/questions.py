"""Questions that a model answers in a job, because it may take longer than anybody's page may wait."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from webapp.accounts.acting import record, who
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.acting import things
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import Ended, Run, when_ended
from webapp.knowledge import answering, places
from webapp.knowledge.answering import Answer, Citation
from webapp.knowledge.asking import Wanted
from webapp.knowledge.models import Question, QuestionState, SourceKind
from webapp.states import move

#: Questions are forgotten after that time.
KEPT = timedelta(days=90)
NOT_WRITTEN = "The answer could not be written. Ask again, or look at the passages."


def ask(wanted: Wanted) -> Question:
    """Ask the model by a job; what was asked long ago is forgotten."""
    db.session.execute(delete(Question).where(Question.created_at < now() - KEPT))
    question = Question(
        text=wanted.words,
        source_ids=list(wanted.source_ids),
        kind=wanted.kind.value if wanted.kind else "",
        asked_by_id=who().user_id,
    )
    db.session.add(question)
    db.session.flush()
    enqueue(JobKind.QUESTION_ANSWER, about=question, question_id=question.id)
    record("question.asked", f"Asked: {wanted.words[:100]}", about=question)
    return question


def wanted_by(question: Question) -> Wanted:
    """Return what was asked, and where."""
    kind = SourceKind(question.kind) if question.kind else None
    return Wanted(question.text, tuple(question.source_ids), kind)


def answer_it(run: Run, question: Question) -> str:
    """Answer a question, unless that is done, and say how. Commits before the model is asked."""
    if question.state != QuestionState.WAITING:
        return "It is answered already."
    wanted = wanted_by(question)
    found = answering.answer(
        wanted.words,
        source_ids=wanted.source_ids or None,
        kind=wanted.kind,
        before_model=lambda: run.step(note="Waiting for the model"),
    )
    move(
        question,
        QuestionState.ANSWERED,
        expect=(QuestionState.WAITING,),
        known=found.known,
        answer=found.text,
        citations=[_kept(one) for one in found.citations],
        written_by=found.written_by,
        note=found.note,
        finished_at=now(),
    )
    return said(found)


def said(found: Answer) -> str:
    """Say in a few words how a question was answered."""
    if not found.known:
        return "Nothing that is known answers it."
    return "Quoted." if found.written_by == answering.QUOTED else f"Written by {found.written_by}."


def _kept(one: Citation) -> dict[str, Any]:
    return {
        "number": one.number,
        "chunk_id": one.chunk.id,
        "source": places.title_of(one.chunk.reading),
        "place": places.words(one.chunk),
        "text": one.text,
    }


def _learn_of_the_end(ended: Ended) -> None:
    """Let a question know that nobody will answer it any more."""
    if ended.kind != JobKind.QUESTION_ANSWER or ended.state == JobState.SUCCESS:
        return
    args = db.session.scalar(select(Job.args).where(Job.id == ended.id)) or {}
    question = db.session.get(Question, args.get("question_id"))
    if question is not None:
        move(
            question,
            QuestionState.FAILED,
            expect=(QuestionState.WAITING,),
            note=NOT_WRITTEN,
            finished_at=now(),
        )


def _wait_again(job: Job) -> None:
    """Let a question wait for its answer again, whose job was asked to run again."""
    question = db.session.get(Question, job.args.get("question_id"))
    if question is not None:
        move(
            question,
            QuestionState.WAITING,
            expect=(QuestionState.FAILED,),
            note="",
            finished_at=None,
        )


when_ended.append(_learn_of_the_end)
things.register(JobKind.QUESTION_ANSWER, waits=_wait_again, ended=_learn_of_the_end)
