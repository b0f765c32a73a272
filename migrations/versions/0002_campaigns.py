"""Lay the tables of campaigns, templates, notices and exports; one list of who wants no offers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=80), nullable=False),
        sa.Column(
            "level",
            sa.Enum("info", "ok", "warn", "bad", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column(
            "picked",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "role",
            sa.Enum("admin", "operator", "viewer", name="role", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("form_key", name=op.f("uq_announcements_form_key")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("rehearsal", sa.String(length=40), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("run_code", sa.String(length=20), nullable=True),
        sa.Column("run_length", sa.Integer(), nullable=False),
        sa.Column(
            "counts",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "reasons",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "billed",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "history",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("tallied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_batches_stale",
            ["id"],
            unique=False,
            sqlite_where=sa.text("stale"),
            postgresql_where=sa.text("stale"),
        )

    op.create_table(
        "prices",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("micros", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("channel", "country", name=op.f("pk_prices")),
    )
    op.create_table(
        "rate_slots",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("sms", "whatsapp", "email", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("frees_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_rate_slots")),
    )
    with op.batch_alter_table("rate_slots", schema=None) as batch_op:
        batch_op.create_index("ix_rate_slots_free", ["channel", "frees_at"], unique=False)

    op.create_table(
        "templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("sms", "whatsapp", "email", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint(
            "channel", "name", "language", name=op.f("uq_templates_channel_name_language")
        ),
    )
    op.create_table(
        "customer_tags",
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_customer_tags_customer_id_customers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "tag", name=op.f("pk_customer_tags")),
    )
    with op.batch_alter_table("customer_tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_tags_tag"), ["tag"], unique=False)

    op.create_table(
        "expansions",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_expansions_batch_id_batches")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_expansions")),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column(
            "args",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("subject_type", sa.String(length=32), nullable=True),
        sa.Column("subject_id", sa.String(length=40), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["users.id"], name=op.f("fk_exports_asked_by_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exports_subject_type"), ["subject_type"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum("info", "ok", "warn", "bad", name="level", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notices_unread",
            ["user_id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index("ix_notices_user", ["user_id", "id"], unique=False)
        batch_op.create_index("uq_notices_once", ["user_id", "key"], unique=True)

    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=270), nullable=False),
        sa.Column(
            "channel",
            sa.Enum("sms", "whatsapp", "email", name="channel", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column(
            "why",
            sa.Enum(
                "stop",
                "unsubscribed",
                "bounced",
                "refused",
                "by_hand",
                name="suppressedbecause",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_suppressions_by_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("lane", name=op.f("uq_suppressions_lane")),
    )
    op.create_table(
        "template_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "components",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_template_versions_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["templates.id"],
            name=op.f("fk_template_versions_template_id_templates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_versions")),
        sa.UniqueConstraint(
            "template_id", "number", name=op.f("uq_template_versions_template_id_number")
        ),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "scheduled",
                "overdue",
                "sending",
                "done",
                "cancelled",
                name="campaignstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "channels",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("sms_id", sa.Integer(), nullable=True),
        sa.Column("whatsapp_id", sa.Integer(), nullable=True),
        sa.Column("email_id", sa.Integer(), nullable=True),
        sa.Column(
            "fillings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        sa.Column("checked", sa.String(length=64), nullable=True),
        sa.Column(
            "findings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("rehearsal_id", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_campaigns_batch_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_campaigns_created_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["email_id"],
            ["template_versions.id"],
            name=op.f("fk_campaigns_email_id_template_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["batches.id"], name=op.f("fk_campaigns_rehearsal_id_batches")
        ),
        sa.ForeignKeyConstraint(
            ["sms_id"], ["template_versions.id"], name=op.f("fk_campaigns_sms_id_template_versions")
        ),
        sa.ForeignKeyConstraint(
            ["whatsapp_id"],
            ["template_versions.id"],
            name=op.f("fk_campaigns_whatsapp_id_template_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaigns_state"), ["state"], unique=False)

    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("file", "customers", "pasted", name="sourcekind", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "looking",
                "mapping",
                "reading",
                "read",
                "failed",
                "stopped",
                "leaving",
                name="sourcestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("filename", sa.String(length=200), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("encoding", sa.String(length=40), nullable=True),
        sa.Column("delimiter", sa.String(length=1), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column(
            "header",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "sample",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "mapping",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "asked",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("doubles", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_sources_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sources_campaign_id"), ["campaign_id"], unique=False)

    op.create_table(
        "bad_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column(
            "cells",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_bad_rows_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bad_rows")),
    )
    with op.batch_alter_table("bad_rows", schema=None) as batch_op:
        batch_op.create_index("ix_bad_rows_source", ["source_id", "row"], unique=False)

    op.create_table(
        "recipients",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column(
            "values",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("problem", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_recipients_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_recipients_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_recipients_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
    )
    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.create_index("ix_recipients_campaign", ["campaign_id", "id"], unique=False)
        batch_op.create_index(
            "ix_recipients_problem",
            ["campaign_id", "problem"],
            unique=False,
            sqlite_where=sa.text("problem IS NOT NULL"),
            postgresql_where=sa.text("problem IS NOT NULL"),
        )
        batch_op.create_index("uq_recipients_key", ["campaign_id", "key"], unique=True)

    with op.batch_alter_table("channel_states", schema=None) as batch_op:
        batch_op.add_column(sa.Column("per_minute", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("watched_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("watched_by", sa.String(length=120), nullable=True))

    _keep_who_wants_nothing()
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("no_email")
        batch_op.drop_column("no_whatsapp")
        batch_op.drop_column("no_sms")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("recipient", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("superseded", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("zone", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("country", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("units", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("billed", sa.Integer(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_messages_state"))
        batch_op.drop_index(
            batch_op.f("ix_messages_sending"), sqlite_where=sa.text("state = 'sending'")
        )
        batch_op.create_index(
            "ix_messages_sending",
            ["batch_id", "lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(
            "ix_messages_batch",
            [
                "batch_id",
                "superseded",
                "state",
                "code",
                "channel",
                "country",
                "billed",
                "units",
                "recipient",
            ],
            unique=False,
            sqlite_where=sa.text("batch_id IS NOT NULL AND state NOT IN ('queued', 'sending')"),
            postgresql_where=sa.text("batch_id IS NOT NULL AND state NOT IN ('queued', 'sending')"),
        )
        batch_op.create_index(
            "ix_messages_batch_due",
            ["batch_id", "channel", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'queued' AND batch_id IS NOT NULL"),
            postgresql_where=sa.text("state = 'queued' AND batch_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_look",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('failed', 'unknown')"),
            postgresql_where=sa.text("state IN ('failed', 'unknown')"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_messages_batch_id_batches"), "batches", ["batch_id"], ["id"]
        )
    # The same columns for fewer rows, which a comparison of the models does not see.
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_due")
        batch_op.create_index(
            "ix_messages_due",
            ["urgency", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'queued' AND batch_id IS NULL"),
            postgresql_where=sa.text("state = 'queued' AND batch_id IS NULL"),
        )
        batch_op.drop_index("ix_messages_provider")
        batch_op.create_index(
            "ix_messages_provider",
            ["channel", "provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_messages_customer_id")
        batch_op.create_index(
            "ix_messages_customer_id",
            ["customer_id"],
            unique=False,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        )
    # Only the rows that were there needed these.
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.alter_column("superseded", server_default=None)
        batch_op.alter_column("units", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_due")
        batch_op.create_index(
            "ix_messages_due",
            ["urgency", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index("ix_messages_provider")
        batch_op.create_index("ix_messages_provider", ["channel", "provider_id"], unique=False)
        batch_op.drop_index("ix_messages_customer_id")
        batch_op.create_index("ix_messages_customer_id", ["customer_id"], unique=False)
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_batch_id_batches"), type_="foreignkey")
        batch_op.drop_index(
            "ix_messages_look",
            sqlite_where=sa.text("state IN ('failed', 'unknown')"),
            postgresql_where=sa.text("state IN ('failed', 'unknown')"),
        )
        batch_op.drop_index(
            "ix_messages_batch_due",
            sqlite_where=sa.text("state = 'queued' AND batch_id IS NOT NULL"),
            postgresql_where=sa.text("state = 'queued' AND batch_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_messages_batch",
            sqlite_where=sa.text("batch_id IS NOT NULL AND state NOT IN ('queued', 'sending')"),
            postgresql_where=sa.text("batch_id IS NOT NULL AND state NOT IN ('queued', 'sending')"),
        )
        batch_op.drop_index(
            "ix_messages_sending",
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(
            batch_op.f("ix_messages_sending"),
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index(batch_op.f("ix_messages_state"), ["state", "id"], unique=False)
        batch_op.drop_column("billed")
        batch_op.drop_column("units")
        batch_op.drop_column("closes_at")
        batch_op.drop_column("country")
        batch_op.drop_column("zone")
        batch_op.drop_column("superseded")
        batch_op.drop_column("recipient")
        batch_op.drop_column("batch_id")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("no_sms", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("no_whatsapp", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("no_email", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _give_customers_their_wishes_back()
    with op.batch_alter_table("customers", schema=None) as batch_op:
        for flag, _channel, _address in WISHES:
            batch_op.alter_column(flag, server_default=None)

    with op.batch_alter_table("channel_states", schema=None) as batch_op:
        batch_op.drop_column("watched_by")
        batch_op.drop_column("watched_until")
        batch_op.drop_column("per_minute")

    with op.batch_alter_table("recipients", schema=None) as batch_op:
        batch_op.drop_index("uq_recipients_key")
        batch_op.drop_index(
            "ix_recipients_problem",
            sqlite_where=sa.text("problem IS NOT NULL"),
            postgresql_where=sa.text("problem IS NOT NULL"),
        )
        batch_op.drop_index("ix_recipients_campaign")

    op.drop_table("recipients")
    with op.batch_alter_table("bad_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_bad_rows_source")

    op.drop_table("bad_rows")
    with op.batch_alter_table("sources", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sources_campaign_id"))

    op.drop_table("sources")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_campaigns_state"))

    op.drop_table("campaigns")
    op.drop_table("template_versions")
    op.drop_table("suppressions")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index("uq_notices_once")
        batch_op.drop_index("ix_notices_user")
        batch_op.drop_index(
            "ix_notices_unread",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )

    op.drop_table("notices")
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exports_subject_type"))

    op.drop_table("exports")
    op.drop_table("expansions")
    with op.batch_alter_table("customer_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_tags_tag"))

    op.drop_table("customer_tags")
    op.drop_table("templates")
    with op.batch_alter_table("rate_slots", schema=None) as batch_op:
        batch_op.drop_index("ix_rate_slots_free")

    op.drop_table("rate_slots")
    op.drop_table("prices")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_batches_stale", sqlite_where=sa.text("stale"), postgresql_where=sa.text("stale")
        )

    op.drop_table("batches")
    op.drop_table("announcements")


#: The flag of a customer, the channel, and the customer's address there.
WISHES = (
    ("no_sms", "sms", "phone"),
    ("no_whatsapp", "whatsapp", "phone"),
    ("no_email", "email", "email"),
)


def _keep_who_wants_nothing() -> None:
    """Carry every customer's wish over into the one list."""
    for flag, channel, address in WISHES:
        op.execute(
            "INSERT INTO suppressions (lane, channel, address, why, created_at) "  # noqa: S608 - our own names
            f"SELECT DISTINCT '{channel}:' || {address}, '{channel}', {address}, 'by_hand', CURRENT_TIMESTAMP "
            f"FROM customers WHERE {flag} AND {address} IS NOT NULL"
        )


def _give_customers_their_wishes_back() -> None:
    for flag, channel, address in WISHES:
        op.execute(
            f"UPDATE customers SET {flag} = TRUE WHERE '{channel}:' || {address} "  # noqa: S608 - our own names
            "IN (SELECT lane FROM suppressions)"
        )
