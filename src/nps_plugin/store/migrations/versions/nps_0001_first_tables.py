"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nps_answer",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("band", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.CheckConstraint(
            "state IN ('counted', 'provisional', 'suspect', 'superseded', 'withdrawn', 'ignored')",
            name=op.f("ck_nps_answer_state"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "answer", name=op.f("pk_nps_answer")),
    )
    with op.batch_alter_table("nps_answer", schema=None) as batch_op:
        batch_op.create_index("ix_nps_answer_survey", ["tenant_id", "survey"], unique=False)
        batch_op.create_index(
            "uq_nps_answer_counted",
            ["tenant_id", "survey"],
            unique=True,
            sqlite_where=sa.text("state = 'counted'"),
            postgresql_where=sa.text("state = 'counted'"),
        )

    op.create_table(
        "nps_answer_mark",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "answer", "mark", name=op.f("pk_nps_answer_mark")),
    )
    op.create_table(
        "nps_answer_reason",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "answer", "reason", name=op.f("pk_nps_answer_reason")),
    )
    op.create_table(
        "nps_client",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=512), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("telegram", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "client", name=op.f("pk_nps_client")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_nps_client_tenant_id_key")),
    )
    op.create_table(
        "nps_closure",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kpi_met", sa.Boolean(create_constraint=True, name="kpi_met"), nullable=True),
        sa.Column("worked", sa.BigInteger(), nullable=True),
        sa.Column("elapsed", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("kpi_unknown", sa.Text(), nullable=False),
        sa.Column("credited", sa.String(length=255), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("closed_by", sa.String(length=255), nullable=False),
        sa.Column("last_replier", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("service", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.String(length=255), nullable=False),
        sa.Column("contract", sa.String(length=255), nullable=False),
        sa.Column("organization", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=255), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=True),
        sa.Column("last_reply_length", sa.Integer(), nullable=True),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("paused", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("closure >= 1", name=op.f("ck_nps_closure_closure")),
        sa.PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure", name=op.f("pk_nps_closure")),
    )
    op.create_table(
        "nps_comment",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("comment", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "comment", name=op.f("pk_nps_comment")),
    )
    with op.batch_alter_table("nps_comment", schema=None) as batch_op:
        batch_op.create_index("ix_nps_comment_answer", ["tenant_id", "answer"], unique=False)
        batch_op.create_index("ix_nps_comment_client", ["tenant_id", "client"], unique=False)

    op.create_table(
        "nps_contact",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("telegram", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "survey", name=op.f("pk_nps_contact")),
    )
    with op.batch_alter_table("nps_contact", schema=None) as batch_op:
        batch_op.create_index("ix_nps_contact_client", ["tenant_id", "client"], unique=False)

    op.create_table(
        "nps_evidence",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("evidence", sa.String(length=32), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("answer", sa.String(length=32), nullable=True),
        sa.Column("link", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "evidence", name=op.f("pk_nps_evidence")),
    )
    with op.batch_alter_table("nps_evidence", schema=None) as batch_op:
        batch_op.create_index("ix_nps_evidence_client", ["tenant_id", "client"], unique=False)
        batch_op.create_index("ix_nps_evidence_survey", ["tenant_id", "survey"], unique=False)

    op.create_table(
        "nps_fold_queue",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "entry", name=op.f("pk_nps_fold_queue")),
    )
    op.create_table(
        "nps_message",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token_digest", name=op.f("pk_nps_message")),
    )
    with op.batch_alter_table("nps_message", schema=None) as batch_op:
        batch_op.create_index("ix_nps_message_client", ["tenant_id", "client"], unique=False)
        batch_op.create_index("ix_nps_message_survey", ["tenant_id", "survey"], unique=False)

    op.create_table(
        "nps_outbox",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("subscriber", sa.String(length=255), nullable=False),
        sa.Column("given", sa.Boolean(create_constraint=True, name="given"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event", "subscriber", name=op.f("pk_nps_outbox")),
    )
    with op.batch_alter_table("nps_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_nps_outbox_due", ["told_at", "due_at"], unique=False)
        batch_op.create_index("ix_nps_outbox_ticket", ["tenant_id", "host", "ticket", "closure"], unique=False)

    op.create_table(
        "nps_procedure",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("procedure", sa.String(length=16), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "procedure", name=op.f("pk_nps_procedure")),
    )
    op.create_table(
        "nps_reopening",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure", name=op.f("pk_nps_reopening")),
    )
    op.create_table(
        "nps_suppression",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_nps_suppression")),
    )
    op.create_table(
        "nps_survey",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("respondent", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("organization", sa.String(length=255), nullable=False),
        sa.Column("procedure", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("not_asked", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("scale", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("planned_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'not_asked') = (not_asked IS NOT NULL)", name=op.f("ck_nps_survey_reason")),
        sa.CheckConstraint(
            "not_asked IN ('excluded', 'sampled_out', 'opted_out', 'duplicate', 'too_old', 'no_consent', 'internal_client', 'quarantine', 'max_contacts', 'no_address', 'no_recording')",
            name=op.f("ck_nps_survey_not_asked"),
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'sending', 'sent', 'answered', 'expired', 'cancelled', 'given_up', 'not_asked')",
            name=op.f("ck_nps_survey_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "host", "ticket", "closure"],
            ["nps_closure.tenant_id", "nps_closure.host", "nps_closure.ticket", "nps_closure.closure"],
            name=op.f("fk_nps_survey_nps_closure"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "survey", name=op.f("pk_nps_survey")),
        sa.UniqueConstraint(
            "tenant_id",
            "host",
            "ticket",
            "closure",
            "respondent",
            name=op.f("uq_nps_survey_tenant_id_host_ticket_closure_respondent"),
        ),
    )
    with op.batch_alter_table("nps_survey", schema=None) as batch_op:
        batch_op.create_index("ix_nps_survey_client", ["tenant_id", "client", "sent_at"], unique=False)
        batch_op.create_index("ix_nps_survey_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_nps_survey_expiry", ["state", "expires_at"], unique=False)
        batch_op.create_index("ix_nps_survey_organization", ["tenant_id", "organization", "sent_at"], unique=False)
