"""What reports keep: sums, and nobody's name."""

from sqlalchemy import true

from webapp.forgetting import Keeps, Kept
from webapp.reports.models import Report

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
    ),
)
KEEPS = Keeps(sentences={Report: "figures"}, free={Report: "period zone"}, old=OLD)
