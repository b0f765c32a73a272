"""What was done, counted: by hour and by day, by quarter of an hour, and ever."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Enum, Float, Integer, Table
from sqlalchemy.orm import Mapped, mapped_column

from webapp.extensions import Model, UtcDateTime, values
from webapp.jobs.kinds import JobKind, Queue

#: The edges of the buckets in which times are counted, in seconds: fixed, so that buckets of
#: different hours can be added. The last bucket has no upper edge.
EDGES = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
BUCKETS = range(len(EDGES) + 1)


class Grain(StrEnum):
    """How much time a row is of. Hours and days are made anew, the others are added to (``totals.py``)."""

    EVER = "ever"
    QUARTER = "quarter"
    HOUR = "hour"
    DAY = "day"


def _named(enum: type[StrEnum], length: int) -> Enum:
    return Enum(enum, native_enum=False, length=length, values_callable=values)


#: A row for each hour (day) by the clock of the house, or quarter of an hour, in which jobs of a kind ended.
history = Table(
    "history",
    Model.metadata,
    Column("grain", _named(Grain, 8), primary_key=True),
    #: When the hour, day or quarter began.
    Column("at", UtcDateTime(), primary_key=True),
    Column("kind", _named(JobKind, 32), primary_key=True),
    Column("queue", _named(Queue, 32), primary_key=True),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("stopped", Integer, nullable=False),
    #: Tries that failed and were repeated, and that were broken off as their worker died: no endings.
    Column("retried", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    #: Seconds, of all that are counted in the buckets.
    Column("waited", Float, nullable=False),
    Column("ran", Float, nullable=False),
    *(Column(f"waited_{bucket}", Integer, nullable=False) for bucket in BUCKETS),
    *(Column(f"ran_{bucket}", Integer, nullable=False) for bucket in BUCKETS),
)
#: Everything of a row but what it is of.
NUMBERS = tuple(column.name for column in history.columns if not column.primary_key)


class HistoryMark(Model):
    """Up to when the rows of a grain are final; of hours and days what is later is made anew each time."""

    __tablename__ = "history_marks"

    grain: Mapped[Grain] = mapped_column(primary_key=True)
    final_until: Mapped[datetime]
    written_at: Mapped[datetime]
