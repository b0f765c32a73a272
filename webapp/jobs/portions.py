"""Jobs that were asked to run again with many others are published in portions.

So the list in Redis never holds more of them than workers take in a second or two, and new work
waits behind that at most, however many run again. They never go before what is new, not even when
they fail again.
"""

from datetime import datetime
from typing import Any

import redis
from sqlalchemy import or_, select, update

from webapp.broker import NEW
from webapp.clock import now
from webapp.extensions import db
from webapp.jobs.kinds import Queue
from webapp.jobs.models import WAITING, Job
from webapp.jobs.queue import Letter, post
from webapp.states import stands

SMALLEST, LARGEST = 8, 500
#: How many of a queue may lie in the list at once: twice as many when the last were all taken by
#: the next sweep, half as many when most were not.
_sizes: dict[Queue, int] = {}


def publish_portion(client: redis.Redis, queue: Queue, before: datetime) -> int:
    """Publish some of those that were asked among many; return how many. Commits.

    ``before``: what was published earlier and still waits has lost its message.
    """
    mine = (stands(Job.state, *WAITING), Job.queue == queue, Job.bulk_id.is_not(None))
    if db.session.scalar(select(Job.id).where(*mine).limit(1)) is None:
        _sizes.pop(queue, None)
        return 0
    room = _room(queue, int(client.llen(f"{queue.value}:{NEW}")))
    if room <= 0:
        return 0
    moment = now()
    lost = or_(Job.published_at.is_(None), Job.published_at < before)
    due = select(Job.id).where(*mine, Job.run_at <= moment, lost).limit(room)
    rows: list[Any] = list(
        db.session.execute(
            update(Job)
            .where(
                Job.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()),
                Job.state.in_(WAITING),
            )
            .values(published_at=moment)
            .returning(Job.id, Job.kind)
            .execution_options(synchronize_session=False)
        )
    )
    for row in sorted(rows):
        post(Letter(row.kind.value, queue, row.id, NEW, moment.timestamp()))
    db.session.commit()
    return len(rows)


def _room(queue: Queue, lying: int) -> int:
    size = _sizes.get(queue, SMALLEST)
    if lying == 0:
        size = min(size * 2, LARGEST)
    elif lying > size // 2:
        size = max(size // 2, SMALLEST)
    _sizes[queue] = size
    return size - lying
