"""What reports keep: sums, and nobody's name."""

from collections.abc import Sequence

from sqlalchemy import delete, true

from webapp.extensions import db
from webapp.forgetting import Keeps, Kept, Steps
from webapp.reports.models import Report


def remove_reports(ids: Sequence[int], _size: int) -> Steps:
    """Remove reports."""
    db.session.execute(
        delete(Report).where(Report.id.in_(ids)).execution_options(synchronize_session=False)
    )
    yield len(ids)


OLD = (
    Kept(
        name="written_reports",
        title="Reports of how the house did",
        unit="reports",
        goes="The report, as it was written down.",
        stays="What it was written from, as long as that is kept.",
        days=400,
        least=30,
        key=Report.id,
        by=Report.id,
        at=Report.created_at,
        holds=true(),
        free=Report.ready_at.is_not(None),
        remove=remove_reports,
    ),
)
KEEPS = Keeps(sentences={Report: "figures"}, free={Report: "period zone"}, old=OLD)
