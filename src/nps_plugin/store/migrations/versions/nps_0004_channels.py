"""Channels: lanes and levels of surveys, a message's own scale, events that came in, words without a score"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0004"
down_revision = "nps_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nps_survey", sa.Column("level", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("nps_survey", sa.Column("lane", sa.String(length=255), nullable=False, server_default=""))
    # what is under way goes on where it is; what is yet to be asked begins with the first channel of its plan
    surveys = sa.table("nps_survey", sa.column("lane"), sa.column("channel"), sa.column("channels", sa.JSON))
    first = surveys.c.channels[0].as_string()
    lane = sa.case((surveys.c.channel != "", surveys.c.channel), else_=sa.func.coalesce(first, ""))
    op.execute(surveys.update().values(lane=lane))
    unfinished = sa.text("state IN ('scheduled', 'sending', 'sent')")
    op.create_index(
        "ix_nps_survey_lane",
        "nps_survey",
        ["lane", "tenant_id", "due_at"],
        unique=False,
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )
    op.add_column("nps_message", sa.Column("scale", sa.JSON(), nullable=True))
    op.create_index("ix_nps_message_reference", "nps_message", ["tenant_id", "channel", "reference"], unique=False)
    op.add_column("nps_message", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.create_index("ix_nps_message_address", "nps_message", ["tenant_id", "channel", "address"], unique=False)
    op.create_index("ix_nps_message_rate", "nps_message", ["tenant_id", "channel", "created_at"], unique=False)
    op.create_table(
        "nps_inbound_event",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "channel", "event", name="pk_nps_inbound_event"),
    )
    op.create_index("ix_nps_inbound_event_at", "nps_inbound_event", ["tenant_id", "at"], unique=False)
    op.add_column("nps_comment", sa.Column("survey", sa.String(length=32), nullable=True))
    op.create_index("ix_nps_comment_survey", "nps_comment", ["tenant_id", "survey"], unique=False)
