"""What is said of indicators, and voices without a ticket"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0006"
down_revision = "nps_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nps_indicator",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("indicator", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "answer", "indicator", "revision", name="pk_nps_indicator"),
    )
    op.create_table(
        "nps_voice",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("voice", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("scale", sa.String(length=64), nullable=False),
        sa.Column("indicators", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(length=255), nullable=False),
        sa.Column("organization", sa.String(length=255), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("slices", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=255), nullable=False),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "voice", name="pk_nps_voice"),
    )
    op.create_index("ix_nps_voice_at", "nps_voice", ["tenant_id", "at"], unique=False)
    op.create_index("ix_nps_voice_client", "nps_voice", ["tenant_id", "client"], unique=False)
