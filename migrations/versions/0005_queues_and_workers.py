"""Let queues be paused, workers told to rest, and what was done be added up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LIST = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
BUCKETS = range(18)
COUNTS = ("done", "failed", "stopped", "retried", "lost")
WAITING = sa.text("state IN ('PENDING', 'RETRY')")
ENDED = sa.text("finished_at IS NOT NULL")
TOLD = sa.text("what IN ('error', 'retry', 'lost')")


def upgrade() -> None:
    op.create_table(
        "queue_pauses",
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["paused_by_id"], ["users.id"], name=op.f("fk_queue_pauses_paused_by_id_users")
        ),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_pauses")),
    )
    op.create_table(
        "history",
        sa.Column("grain", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("waited", "ran")),
        *(sa.Column(f"waited_{bucket}", sa.Integer(), nullable=False) for bucket in BUCKETS),
        *(sa.Column(f"ran_{bucket}", sa.Integer(), nullable=False) for bucket in BUCKETS),
        sa.PrimaryKeyConstraint("grain", "at", "kind", "queue", name=op.f("pk_history")),
    )
    op.create_table(
        "history_marks",
        sa.Column("grain", sa.String(length=32), nullable=False),
        sa.Column("final_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("grain", name=op.f("pk_history_marks")),
    )
    with op.batch_alter_table("workers", schema=None) as batch_op:
        for name in ("queues", "children", "doing", "left"):
            batch_op.add_column(sa.Column(name, LIST, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("memory", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("wish", sa.String(length=32), server_default="work", nullable=False)
        )
        batch_op.add_column(sa.Column("wished_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wished_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("wish_reason", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("resting_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_foreign_key(
            op.f("fk_workers_wished_by_id_users"), "users", ["wished_by_id"], ["id"]
        )
    op.add_column("jobs", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_jobs_due",
        "jobs",
        ["queue", "run_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_jobs_finished", "jobs", ["finished_at"], sqlite_where=ENDED, postgresql_where=ENDED
    )
    op.create_index(
        "ix_job_events_told", "job_events", ["at"], sqlite_where=TOLD, postgresql_where=TOLD
    )


def downgrade() -> None:
    op.drop_index("ix_job_events_told", table_name="job_events")
    op.drop_index("ix_jobs_finished", table_name="jobs")
    op.drop_index("ix_jobs_due", table_name="jobs")
    # In place: a copy of the table would fill in the column that the database reckons itself.
    op.drop_column("jobs", "due_at")
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_workers_wished_by_id_users"), type_="foreignkey")
        for name in (
            *("version", "resting_since", "wish_reason", "wished_by_id", "wished_at", "wish"),
            *("memory", "left", "doing", "children", "queues"),
        ):
            batch_op.drop_column(name)
    op.drop_table("history_marks")
    op.drop_table("history")
    op.drop_table("queue_pauses")
