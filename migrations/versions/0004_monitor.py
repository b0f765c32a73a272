"""Let every job be found, told and followed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "causes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_causes")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_causes_fingerprint")),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("type", "ref", name=op.f("uq_subjects_type_ref")),
    )
    op.create_table(
        "job_logs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_logs_job_id_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_logs")),
    )
    with op.batch_alter_table("job_logs", schema=None) as batch_op:
        batch_op.create_index("ix_job_logs_job", ["job_id", "id"], unique=False)

    with op.batch_alter_table("job_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attempt", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("began_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=300), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_job_events_user_id_users"), "users", ["user_id"], ["id"]
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("routine", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("parent_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("follows_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("bulk_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "before",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("cause_id", sa.Integer(), nullable=True))
        batch_op.create_index("ix_jobs_about", ["about_id", "id"], unique=False)
        batch_op.drop_index("ix_jobs_waiting")
        batch_op.create_index(
            "ix_jobs_waiting",
            ["queue", "bulk_id", "published_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('PENDING', 'RETRY')"),
            postgresql_where=sa.text("state IN ('PENDING', 'RETRY')"),
        )
        batch_op.create_index(
            "ix_jobs_bulk",
            ["bulk_id", "id"],
            unique=False,
            sqlite_where=sa.text("bulk_id IS NOT NULL"),
            postgresql_where=sa.text("bulk_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_jobs_cause",
            ["cause_id", "finished_at"],
            unique=False,
            sqlite_where=sa.text("state = 'FAILURE'"),
            postgresql_where=sa.text("state = 'FAILURE'"),
        )
        batch_op.create_index(
            "ix_jobs_follows",
            ["follows_id"],
            unique=False,
            sqlite_where=sa.text("follows_id IS NOT NULL"),
            postgresql_where=sa.text("follows_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_jobs_parent",
            ["parent_id"],
            unique=False,
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_jobs_about_id_subjects"), "subjects", ["about_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_jobs_cause_id_causes"), "causes", ["cause_id"], ["id"]
        )

    op.execute(
        "UPDATE jobs SET routine = (1 = 1) WHERE subject_type IS NULL AND asked_by_id IS NULL"
        " AND state <> 'FAILURE'"
    )


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_jobs_cause_id_causes"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_jobs_about_id_subjects"), type_="foreignkey")
        batch_op.drop_index(
            "ix_jobs_parent",
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_jobs_follows",
            sqlite_where=sa.text("follows_id IS NOT NULL"),
            postgresql_where=sa.text("follows_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_jobs_cause",
            sqlite_where=sa.text("state = 'FAILURE'"),
            postgresql_where=sa.text("state = 'FAILURE'"),
        )
        batch_op.drop_index(
            "ix_jobs_bulk",
            sqlite_where=sa.text("bulk_id IS NOT NULL"),
            postgresql_where=sa.text("bulk_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_jobs_about")
        batch_op.drop_index("ix_jobs_waiting")
        batch_op.create_index(
            "ix_jobs_waiting",
            ["queue", "published_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('PENDING', 'RETRY')"),
            postgresql_where=sa.text("state IN ('PENDING', 'RETRY')"),
        )
        batch_op.drop_column("cause_id")
        batch_op.drop_column("moved_at")
        batch_op.drop_column("before")
        batch_op.drop_column("bulk_id")
        batch_op.drop_column("follows_id")
        batch_op.drop_column("parent_id")
        batch_op.drop_column("routine")
        batch_op.drop_column("about_id")

    with op.batch_alter_table("job_events", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_job_events_user_id_users"), type_="foreignkey")
        batch_op.drop_column("reason")
        batch_op.drop_column("user_id")
        batch_op.drop_column("began_at")
        batch_op.drop_column("attempt")

    with op.batch_alter_table("job_logs", schema=None) as batch_op:
        batch_op.drop_index("ix_job_logs_job")

    op.drop_table("job_logs")
    op.drop_table("subjects")
    op.drop_table("causes")
