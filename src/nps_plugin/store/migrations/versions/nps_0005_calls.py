"""Calls that an operator makes, and what came of them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0005"
down_revision = "nps_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nps_call",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("call", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=255), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "call", name="pk_nps_call"),
    )
    op.create_index(
        "ix_nps_call_open",
        "nps_call",
        ["tenant_id", "kind", "due_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_nps_call_survey", "nps_call", ["tenant_id", "survey"], unique=False)
    op.create_index("ix_nps_call_client", "nps_call", ["tenant_id", "client"], unique=False)
    op.create_table(
        "nps_call_note",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("note", sa.String(length=32), nullable=False),
        sa.Column("call", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("survey", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("finding", sa.String(length=32), nullable=False),
        sa.Column("later", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "note", name="pk_nps_call_note"),
    )
    op.create_index("ix_nps_call_note_survey", "nps_call_note", ["tenant_id", "survey"], unique=False)
    op.create_index("ix_nps_call_note_client", "nps_call_note", ["tenant_id", "client"], unique=False)
