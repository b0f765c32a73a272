"""What can be asked of a job as it stands, however its row was read."""

from typing import TYPE_CHECKING, Any

from webapp.jobs.kinds import POLICIES, JobKind


class Askable:
    """What the buttons beside a job go by."""

    if TYPE_CHECKING:
        kind: Any
        state: Any
        attempt: Any
        before: Any

    @property
    def undoable(self) -> bool:
        """Whether what was last asked of it can still be taken back: nothing has begun since."""
        asked = self.before
        return (
            bool(asked) and self.attempt == asked["attempt"] and self.state.value == asked["left"]
        )

    @property
    def told_as(self) -> str:
        """How it is called where another job is about it."""
        return POLICIES[self.kind].title

    @property
    def acts_on_many(self) -> bool:
        """Whether it asks something of many other jobs."""
        return self.kind in {JobKind.JOBS_RETRY, JobKind.JOBS_CANCEL, JobKind.JOBS_TAKE_BACK}

    @property
    def asks_first(self) -> bool:
        """Whether a page asks before it is stopped: it would be left half done."""
        return bool(POLICIES[self.kind].half_done) and self.attempt > 0
