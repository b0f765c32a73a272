"""Let every job be found, told and followed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BYTES_32 = sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql")
BYTES_200 = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
FACET_SQL = (
    "kind || ' ' || queue || ' ' || coalesce(subject_type, '-') || ' '"
    " || coalesce(CAST(asked_by_id AS VARCHAR(20)), '-') || CASE WHEN routine THEN ' r' ELSE ' -' END"
)
# What jobs were about until now gets the name that stands in its own table, and is found by the
# words of it: by all of them from its next job on.
SUBJECTS = """
    INSERT INTO subjects (type, ref, name)
    SELECT had.type, had.ref, coalesce(substr(CASE
        WHEN had.type = 'booking' THEN (SELECT b.name || ', ' || s.name || ', ' || b.reference
            FROM bookings b JOIN services s ON s.id = b.service_id WHERE CAST(b.id AS VARCHAR(40)) = had.ref)
        WHEN had.type = 'campaign' THEN
            (SELECT name FROM campaigns WHERE CAST(id AS VARCHAR(40)) = had.ref)
        WHEN had.type IN ('document', 'website') THEN
            (SELECT name FROM knowledge_sources WHERE CAST(id AS VARCHAR(40)) = had.ref)
        WHEN had.type = 'export' THEN
            (SELECT filename FROM exports WHERE CAST(id AS VARCHAR(40)) = had.ref)
        WHEN had.type = 'announcement' THEN
            (SELECT title FROM announcements WHERE CAST(id AS VARCHAR(40)) = had.ref)
        WHEN had.type = 'question' THEN
            (SELECT text FROM knowledge_questions WHERE CAST(id AS VARCHAR(40)) = had.ref)
        END, 1, 300), '')
    FROM (SELECT DISTINCT subject_type AS type, subject_id AS ref FROM jobs
        WHERE subject_type IS NOT NULL AND subject_id IS NOT NULL) AS had
"""
UNNAMED = "UPDATE subjects SET name = type || ' ' || ref WHERE name = ''"
ABOUT = """
    UPDATE jobs SET about_id = (SELECT id FROM subjects
        WHERE type = jobs.subject_type AND ref = jobs.subject_id)
    WHERE subject_type IS NOT NULL AND subject_id IS NOT NULL
"""
# Each sentence for itself; the failures from now on are put together.
CAUSES = """
    INSERT INTO causes (fingerprint, text, advice, first_at, last_at)
    SELECT 'before ' || min(CAST(id AS VARCHAR(40))), error, min(advice), min(finished_at), max(finished_at)
    FROM jobs WHERE state = 'FAILURE' AND error IS NOT NULL GROUP BY error
"""
CAUSED = """
    UPDATE jobs SET cause_id = (SELECT id FROM causes WHERE text = jobs.error)
    WHERE state = 'FAILURE' AND error IS NOT NULL
"""
WORDS = """
    INSERT INTO subject_words (subject_id, word)
    WITH RECURSIVE called(subject_id, name) AS (
        SELECT id, CAST(replace(replace(replace(name, ',', ' '), '-', ' '), '.', ' ') AS TEXT) FROM subjects
        UNION ALL SELECT s.id, CAST(b.reference || ' ' || coalesce(substr(b.phone, 2) || ' '
            || substr(b.phone, length(b.phone) - 9), '') || ' ' || coalesce(b.email, '') AS TEXT)
            FROM subjects s JOIN bookings b ON CAST(b.id AS VARCHAR(40)) = s.ref WHERE s.type = 'booking'
    ), parts(subject_id, rest, word) AS (
        SELECT subject_id, lower(name) || ' ', '' FROM called
        UNION ALL SELECT subject_id, substr(rest, {position}(rest, ' ') + 1),
            substr(rest, 1, {position}(rest, ' ') - 1) FROM parts WHERE rest <> ''
    )
    SELECT DISTINCT subject_id, substr(word, 1, 32) FROM parts WHERE word <> ''
"""
# The lists ask indexes alone, which PostgreSQL can answer only for pages that autovacuum has seen: by
# default it comes round when a fifth of all jobs is new.
VACUUMED = """
    ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)
"""
UNVACUUMED = """
    ALTER TABLE jobs RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)
"""
POSITION = {"postgresql": "strpos", "sqlite": "instr"}


def upgrade() -> None:
    op.create_table(
        "causes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
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
        "subject_words",
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("word", BYTES_32, nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"],
            ["subjects.id"],
            name=op.f("fk_subject_words_subject_id_subjects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subject_id", "word", name=op.f("pk_subject_words")),
    )
    op.create_index("ix_subject_words_word", "subject_words", ["word", "subject_id"])
    op.create_table(
        "job_words",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("word", BYTES_32, nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_words_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "word", name=op.f("pk_job_words")),
    )
    op.create_index("ix_job_words_word", "job_words", ["word", "job_id"])
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column(
            "args",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_filters_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filters_user_id_name")),
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
        batch_op.drop_index("ix_jobs_recent")

    op.execute(
        "UPDATE jobs SET routine = (1 = 1) WHERE subject_type IS NULL AND asked_by_id IS NULL"
        " AND state <> 'FAILURE'"
    )
    # After the columns that it is made of, which SQLite wants to exist before.
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("facet", BYTES_200, sa.Computed(FACET_SQL, persisted=True), nullable=False)
        )
        batch_op.create_index("ix_jobs_facet", ["facet", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_jobs_shown",
            ["id"],
            unique=False,
            sqlite_where=sa.text("NOT routine"),
            postgresql_where=sa.text("NOT routine"),
        )
        batch_op.create_index(
            "ix_jobs_about",
            ["about_id", "id", "state", "facet", "cause_id"],
            unique=False,
            sqlite_where=sa.text("about_id IS NOT NULL"),
            postgresql_where=sa.text("about_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_jobs_subject")
        batch_op.create_index(
            "ix_jobs_subject",
            ["subject_type", "subject_id"],
            unique=False,
            sqlite_where=sa.text("subject_type IS NOT NULL"),
            postgresql_where=sa.text("subject_type IS NOT NULL"),
        )
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
            ["cause_id", "facet", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'FAILURE'"),
            postgresql_where=sa.text("state = 'FAILURE'"),
        )
        batch_op.create_index(
            "ix_jobs_of_cause",
            ["cause_id"],
            unique=False,
            sqlite_where=sa.text("cause_id IS NOT NULL"),
            postgresql_where=sa.text("cause_id IS NOT NULL"),
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

    op.execute(SUBJECTS)
    op.execute(UNNAMED)
    op.execute(ABOUT)
    op.execute(CAUSES)
    op.execute(CAUSED)
    op.execute(WORDS.format(position=POSITION[op.get_bind().dialect.name]))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(VACUUMED)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(UNVACUUMED)
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
            "ix_jobs_of_cause",
            sqlite_where=sa.text("cause_id IS NOT NULL"),
            postgresql_where=sa.text("cause_id IS NOT NULL"),
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
        batch_op.drop_index("ix_jobs_subject")
        batch_op.create_index("ix_jobs_subject", ["subject_type", "subject_id"], unique=False)
        batch_op.drop_index("ix_jobs_about")
        batch_op.drop_index("ix_jobs_waiting")
        batch_op.create_index(
            "ix_jobs_waiting",
            ["queue", "published_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('PENDING', 'RETRY')"),
            postgresql_where=sa.text("state IN ('PENDING', 'RETRY')"),
        )
        batch_op.drop_index("ix_jobs_shown", postgresql_where=sa.text("NOT routine"))
        batch_op.drop_index("ix_jobs_facet")
        batch_op.drop_column("facet")
        batch_op.create_index("ix_jobs_recent", ["state", "id"], unique=False)

    with op.batch_alter_table("jobs", schema=None) as batch_op:
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
    op.drop_table("saved_filters")
    op.drop_table("job_words")
    op.drop_table("subject_words")
    op.drop_table("subjects")
    op.drop_table("causes")
