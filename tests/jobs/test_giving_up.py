"""A job whose worker died hears of a stop, or is given up at last, and whatever waited for it learns of that."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, text

from tests.bookings.making import held, the_payment
from tests.jobs.test_sweeping import DEAD, asked, claimed
from tests.jobs.test_undo_by_kind import a_list
from tests.live import wait_for
from webapp.accounts.models import User
from webapp.bookings import ordering
from webapp.bookings.models import PaymentState
from webapp.campaigns.models import SourceState
from webapp.jobs import sweeping
from webapp.jobs.acting import asking, taking_back
from webapp.jobs.claiming import claim
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import FINISHED, Job, JobState
from webapp.jobs.queue import enqueue
from webapp.jobs.running import STOPPED
from webapp.notices.models import Notice


def test_a_stop_that_is_asked_while_a_sweep_frees_the_job_is_heard(app, db, queue, kind):
    job, _run = claimed(db, DEAD)
    asking.cancel(job)
    db.session.flush()  # it has been asked, and is not committed yet

    def recover():
        with app.app_context():
            sweeping.recover()

    with ThreadPoolExecutor(1) as pool:
        sweep = pool.submit(recover)
        if kind == "postgres":
            wait_for(lambda: sweep.done() or _someone_waits(db))
        db.session.commit()
        sweep.result()

    db.session.refresh(job)
    assert (job.state, job.error) == (JobState.REVOKED, STOPPED)
    assert job.lost == 1


def test_a_stop_that_is_taken_back_just_before_a_sweep_frees_the_job_is_forgotten(db, queue):
    job, run = claimed(db, DEAD)
    asking.cancel(job)
    db.session.commit()
    taking_back.take_back(job)
    db.session.commit()

    sweeping.free(job.id, run.attempt)
    db.session.commit()

    db.session.refresh(job)
    assert (job.state, job.cancel_requested_at) == (JobState.RETRY, None)


def test_a_payment_whose_preparation_kills_its_workers_says_so_to_the_customer(db, queue):
    assert ordering  # every worker has it
    booking = held()
    job = db.session.scalars(select(Job).where(Job.kind == JobKind.PAYMENT_ORDER)).one()

    _kill_its_workers(db, queue, job)

    payment = the_payment(booking)
    db.session.refresh(payment)
    assert (job.state, job.failures) == (JobState.FAILURE, 1)
    assert (payment.state, payment.problem) == (PaymentState.FAILED, job.error)


def test_a_list_whose_reading_kills_its_workers_is_not_waited_for_any_more(db, queue):
    source, args = a_list(db)
    job = enqueue(JobKind.AUDIENCE_READ, **args)
    db.session.commit()

    _kill_its_workers(db, queue, job)

    db.session.refresh(source)
    assert (source.state, source.error) == (SourceState.FAILED, job.error)
    assert source.advice == job.advice


def test_who_asked_for_a_job_that_kills_its_workers_is_told_once(db, queue, otto):
    assert otto
    job = asked(db, asked_by_id=db.session.scalars(select(User.id)).one())

    _kill_its_workers(db, queue, job)
    queue.sweep()

    notice = db.session.scalars(select(Notice)).one()
    assert notice.text == f"{job.error} {job.advice}"


def _kill_its_workers(db, queue, job):
    while job.state not in FINISHED:
        assert claim(job.id, worker=DEAD)
        db.session.rollback()
        queue.sweep()
        db.session.refresh(job)


def _someone_waits(db):
    with db.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return connection.execute(text(waiting)).scalar_one()
