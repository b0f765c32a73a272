"""Lay the tables of health and its alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STORED_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
NOT_OVER = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "checked_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("lines", STORED_JSON, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_checked_days")),
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mails", STORED_JSON, nullable=False),
        sa.Column("mail_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_problem", sa.String(length=300), nullable=True),
        sa.Column("lamps", STORED_JSON, nullable=False),
        sa.Column("found", STORED_JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("well_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_by_id", sa.Integer(), nullable=True),
        sa.Column("known_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["known_by_id"], ["users.id"], name=op.f("fk_alerts_known_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index("ix_alerts_rule", ["rule", "id"], unique=False)
        batch_op.create_index(
            "uq_alerts_open",
            ["rule"],
            unique=True,
            sqlite_where=NOT_OVER,
            postgresql_where=NOT_OVER,
        )

    op.create_table(
        "ticks",
        sa.Column("span", sa.String(length=10), nullable=False),
        sa.Column("line", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_ticks_by_id_users")),
        sa.PrimaryKeyConstraint("span", "line", name=op.f("pk_ticks")),
    )
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.create_index("ix_provider_events_heard", ["provider", "received_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_events_heard")

    for table in ("ticks", "alerts", "watches", "checked_days"):
        op.drop_table(table)
