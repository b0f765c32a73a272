"""Lay the tables of documents, websites and what they say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


#: SQLite's full-text search, its list of terms, and what keeps it clean; see knowledge/index_tables.py.
INDEX_ON_SQLITE = (
    "CREATE VIRTUAL TABLE knowledge_index USING fts5(terms, tokenize=\"ascii tokenchars '.:@+_-'\")",
    "CREATE VIRTUAL TABLE knowledge_index_terms USING fts5vocab(knowledge_index, row)",
    """CREATE TRIGGER knowledge_index_follows AFTER DELETE ON knowledge_chunks
    BEGIN DELETE FROM knowledge_index WHERE rowid = old.id; END""",
)
INDEX_AWAY = (
    "DROP TRIGGER IF EXISTS knowledge_index_follows",
    "DROP TABLE IF EXISTS knowledge_index_terms",
    "DROP TABLE IF EXISTS knowledge_index",
)


def upgrade() -> None:
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
    )
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stored_files_one_whole",
            ["path"],
            unique=True,
            sqlite_where=sa.text("whole"),
            postgresql_where=sa.text("whole"),
        )

    op.create_table(
        "stored_blocks",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["stored_files.id"],
            name=op.f("fk_stored_blocks_file_id_stored_files"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_stored_blocks")),
    )
    op.create_table(
        "knowledge_sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("document", "website", name="sourcekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "reading",
                "ready",
                "failed",
                "stopped",
                "removing",
                name="sourcestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["users.id"], name=op.f("fk_knowledge_sources_asked_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_sources")),
    )
    with op.batch_alter_table("knowledge_sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_knowledge_sources_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_knowledge_sources_state"), ["state"], unique=False)

    op.create_table(
        "documents",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=300), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("encoding", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_documents_source_id_knowledge_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_documents")),
        sa.UniqueConstraint("sha256", name=op.f("uq_documents_sha256")),
    )
    op.create_table(
        "knowledge_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "source_ids",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "answered",
                "failed",
                name="questionstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "citations",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("written_by", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["users.id"], name=op.f("fk_knowledge_questions_asked_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_questions")),
    )
    with op.batch_alter_table("knowledge_questions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_knowledge_questions_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "knowledge_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=2000), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("made_with", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column(
            "about",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("cut", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column(
            "carry",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_knowledge_readings_source_id_knowledge_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_readings")),
    )
    with op.batch_alter_table("knowledge_readings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_knowledge_readings_one_live",
            ["source_id", "place"],
            unique=True,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )
        batch_op.create_index(
            "ix_knowledge_readings_retired",
            ["id"],
            unique=False,
            sqlite_where=sa.text("retired"),
            postgresql_where=sa.text("retired"),
        )
        batch_op.create_index(
            "ix_knowledge_readings_source_id_place", ["source_id", "place"], unique=False
        )

    op.create_table(
        "websites",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("scope", sa.String(length=2000), nullable=False),
        sa.Column("max_pages", sa.Integer(), nullable=False),
        sa.Column("max_depth", sa.Integer(), nullable=False),
        sa.Column("max_seconds", sa.Integer(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crawl", sa.Integer(), nullable=False),
        sa.Column("crawl_began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("any_scheme", sa.Boolean(), nullable=False),
        sa.Column("mapped", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_websites_source_id_knowledge_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_websites")),
    )
    with op.batch_alter_table("websites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_websites_next_at"), ["next_at"], unique=False)

    op.create_table(
        "knowledge_chunks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Integer(), nullable=False),
        sa.Column("part_from", sa.Integer(), nullable=False),
        sa.Column("part_to", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column(
            "place",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["knowledge_readings.id"],
            name=op.f("fk_knowledge_chunks_reading_id_knowledge_readings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_knowledge_chunks_source_id_knowledge_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_chunks")),
        sa.UniqueConstraint(
            "reading_id", "ordinal", name=op.f("uq_knowledge_chunks_reading_id_ordinal")
        ),
    )
    with op.batch_alter_table("knowledge_chunks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_knowledge_chunks_source_id"), ["source_id"], unique=False
        )

    op.create_table(
        "knowledge_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "page", "sheet", "slide", "section", name="partunit", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "marks",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["knowledge_readings.id"],
            name=op.f("fk_knowledge_parts_reading_id_knowledge_readings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_parts")),
        sa.UniqueConstraint(
            "reading_id", "ordinal", name=op.f("uq_knowledge_parts_reading_id_ordinal")
        ),
    )
    numbers = sa.JSON().with_variant(postgresql.ARRAY(sa.BigInteger()), "postgresql")
    op.create_table(
        "knowledge_postings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column(
            "term",
            sa.String(length=64, collation="C").with_variant(sa.String(length=64), "sqlite"),
            nullable=False,
        ),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("passages", numbers, nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["knowledge_readings.id"],
            name=op.f("fk_knowledge_postings_reading_id_knowledge_readings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_postings")),
    )
    with op.batch_alter_table("knowledge_postings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_knowledge_postings_reading_id"), ["reading_id"], unique=False
        )
        batch_op.create_index(
            "ix_knowledge_postings_term",
            ["term"],
            unique=False,
            postgresql_include=["reading_id", "size", "passages"],
        )

    op.create_table(
        "knowledge_tallies",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["knowledge_readings.id"],
            name=op.f("fk_knowledge_tallies_reading_id_knowledge_readings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reading_id", "language", name=op.f("pk_knowledge_tallies")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for line in INDEX_ON_SQLITE:
            op.execute(line)

    op.create_table(
        "web_pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "found",
                "read",
                "unchanged",
                "skipped",
                "failed",
                "gone",
                name="pagestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("crawl", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("etag", sa.String(length=500), nullable=True),
        sa.Column("last_modified", sa.String(length=100), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "links",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["knowledge_readings.id"],
            name=op.f("fk_web_pages_reading_id_knowledge_readings"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["knowledge_sources.id"],
            name=op.f("fk_web_pages_source_id_knowledge_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_pages")),
        sa.UniqueConstraint("source_id", "url", name=op.f("uq_web_pages_source_id_url")),
    )
    with op.batch_alter_table("web_pages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_pages_sha256"), ["sha256"], unique=False)
        batch_op.create_index(
            "ix_web_pages_source_id_state_depth",
            ["source_id", "state", "depth", "id"],
            unique=False,
        )

    op.create_table(
        "knowledge_vectors",
        sa.Column("chunk_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chunk_id"],
            ["knowledge_chunks.id"],
            name=op.f("fk_knowledge_vectors_chunk_id_knowledge_chunks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chunk_id", name=op.f("pk_knowledge_vectors")),
    )


def downgrade() -> None:
    op.drop_table("knowledge_vectors")
    op.drop_table("stored_blocks")
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stored_files_one_whole",
            sqlite_where=sa.text("whole"),
            postgresql_where=sa.text("whole"),
        )

    op.drop_table("stored_files")
    with op.batch_alter_table("web_pages", schema=None) as batch_op:
        batch_op.drop_index("ix_web_pages_source_id_state_depth")
        batch_op.drop_index(batch_op.f("ix_web_pages_sha256"))

    op.drop_table("web_pages")
    op.drop_table("knowledge_tallies")
    with op.batch_alter_table("knowledge_postings", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_knowledge_postings_term", postgresql_include=["reading_id", "size", "passages"]
        )
        batch_op.drop_index(batch_op.f("ix_knowledge_postings_reading_id"))

    op.drop_table("knowledge_postings")
    if op.get_bind().dialect.name == "sqlite":
        for line in INDEX_AWAY:
            op.execute(line)

    op.drop_table("knowledge_parts")
    with op.batch_alter_table("knowledge_chunks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_chunks_source_id"))

    op.drop_table("knowledge_chunks")
    with op.batch_alter_table("websites", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_websites_next_at"))

    op.drop_table("websites")
    with op.batch_alter_table("knowledge_readings", schema=None) as batch_op:
        batch_op.drop_index("ix_knowledge_readings_source_id_place")
        batch_op.drop_index(
            "ix_knowledge_readings_retired",
            sqlite_where=sa.text("retired"),
            postgresql_where=sa.text("retired"),
        )
        batch_op.drop_index(
            "ix_knowledge_readings_one_live",
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )

    op.drop_table("knowledge_readings")
    with op.batch_alter_table("knowledge_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_questions_created_at"))

    op.drop_table("knowledge_questions")
    op.drop_table("documents")
    with op.batch_alter_table("knowledge_sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_knowledge_sources_state"))
        batch_op.drop_index(batch_op.f("ix_knowledge_sources_kind"))

    op.drop_table("knowledge_sources")
