"""How much is done at once, so that whoever waits for a page does not wait for this."""

import time

from webapp.extensions import db
from webapp.jobs.running import Run

#: So long may a transaction take, in seconds.
GOAL = 0.03
LEAST = 20
MOST = {"sqlite": 300, "postgresql": 1_000}
#: After each transaction it does nothing for so many times as long. SQLite has one writer for all.
REST = {"sqlite": 2.0, "postgresql": 1.0}
LONGEST_REST = 2.0
#: A slice of the job ends after so many seconds.
SECONDS = 50.0


class Pace:
    """Commits what was done, rests, and says how much may be done next."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.dialect = db.engine.dialect.name
        self.size = 100
        self.over_at = time.monotonic() + SECONDS
        self.began = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether this slice of the job has lasted long enough."""
        return time.monotonic() >= self.over_at

    def begin(self) -> None:
        """Say that a transaction begins."""
        self.began = time.monotonic()

    def end(self, done: int | None = None, note: str | None = None) -> None:
        """Commit the transaction, rest in proportion to it, and choose the size of the next.

        Raises Cancelled when somebody has asked the job to stop.
        """
        db.session.commit()
        spent = time.monotonic() - self.began
        if spent > 1.5 * GOAL:
            self.size = max(LEAST, self.size // 2)
        elif spent < GOAL / 2:
            self.size = min(MOST[self.dialect], self.size * 3 // 2)
        time.sleep(min(spent * REST[self.dialect], LONGEST_REST))
        self.run.report(done, note=note)
        self.begin()
