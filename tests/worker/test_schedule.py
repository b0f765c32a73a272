"""Beat only ticks; whose turn it is stands in a row."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.live import wait_for
from webapp.clock import now
from webapp.jobs.kinds import JobKind
from webapp.jobs.models import Job, JobState
from webapp.schedules.models import Schedule

NAME = "old-sessions"


@pytest.mark.timeout(300)
def test_two_beats_ask_once(stack):
    second = stack.part("beat", "beat-b")
    second.start()
    both_tick(stack)
    before = _asked(stack)
    with stack.session() as session:
        # Its own next run is half a day away: what is asked for now is what is due now.
        row = session.get_one(Schedule, NAME)
        row.timing = f"0 {(now().hour + 12) % 24} * * *"
        session.commit()
    both_tick(stack)
    with stack.session() as session:
        session.get_one(Schedule, NAME).next_at = now() - timedelta(seconds=1)
        session.commit()

    both_tick(stack)
    wait_for(lambda: _asked(stack) > before)
    wait_for(lambda: not _unfinished(stack))

    assert _asked(stack) == before + 1
    second.kill()


def both_tick(stack):
    """Listen at Redis until each of two beats has ticked, and wait until both were heard out."""
    beats = set()
    server = stack.redis()
    with server.monitor() as line:
        for heard in line.listen():
            if "beat.tick" in heard["command"] and "LPUSH" in heard["command"]:
                beats.add(heard["client_port"])
            if len(beats) == 2:
                break
    wait_for(lambda: not server.llen("urgent:1") + server.hlen("unacked"))


def _asked(stack):
    return stack.look(lambda s: s.scalar(_cleanings(func.count())))


def _unfinished(stack):
    return stack.look(
        lambda s: s.scalar(_cleanings(func.count()).where(Job.state != JobState.SUCCESS))
    )


def _cleanings(what):
    return select(what).select_from(Job).where(Job.kind == JobKind.SESSIONS_CLEAN)
