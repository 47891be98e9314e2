"""Counts: folded closings, their moments, mixes and strata, and the last verdicts on slices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0003"
down_revision = "nps_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nps_counted",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("ticket", sa.String(length=255), nullable=False),
        sa.Column("closure", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=True),
        sa.Column("closed", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=True),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("service", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.String(length=255), nullable=False),
        sa.Column("organization", sa.String(length=255), nullable=False),
        sa.Column("elapsed_bin", sa.Integer(), nullable=True),
        sa.Column("worked_bin", sa.Integer(), nullable=True),
        sa.Column("deadline", sa.Integer(), nullable=True),
        sa.Column("signs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply", sa.Integer(), nullable=True),
        sa.Column("passing", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure", name=op.f("pk_nps_counted")),
    )
    with op.batch_alter_table("nps_counted", schema=None) as batch_op:
        batch_op.create_index("ix_nps_counted_answered", ["tenant_id", "answered"], unique=False)
        batch_op.create_index(
            "ix_nps_counted_client",
            [
                "tenant_id",
                "client",
                "agent",
                "queue",
                "service",
                "level",
                "priority",
                "stratum",
                "cell",
                "closed",
                "answered",
            ],
            unique=False,
        )
        batch_op.create_index("ix_nps_counted_closed", ["tenant_id", "closed"], unique=False)
        batch_op.create_index("ix_nps_counted_organization", ["tenant_id", "organization"], unique=False)
        batch_op.create_index(
            "ix_nps_counted_passing",
            ["tenant_id", "closed"],
            unique=False,
            sqlite_where=sa.text("passing <> ''"),
            postgresql_where=sa.text("passing <> ''"),
        )
        batch_op.create_index(
            "ix_nps_counted_reply",
            ["tenant_id", "closed", "reply", "agent", "queue", "service", "level"],
            unique=False,
            sqlite_where=sa.text("reply IS NOT NULL"),
            postgresql_where=sa.text("reply IS NOT NULL"),
        )
    op.create_table(
        "nps_fold",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("dimension", sa.String(length=8), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("signs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "basis", "dimension", "month", "value", "stratum", name=op.f("pk_nps_fold")
        ),
    )
    op.create_table(
        "nps_fold_state",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_nps_fold_state")),
    )
    op.create_table(
        "nps_mix",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.String(length=255), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "basis", "month", "agent", "queue", "priority", "stratum", name=op.f("pk_nps_mix")
        ),
    )
    op.create_table(
        "nps_moment",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("dimension", sa.String(length=8), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("lags", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "basis", "dimension", "month", "value", "stratum", "other", name=op.f("pk_nps_moment")
        ),
    )
    op.create_table(
        "nps_standing",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("dimension", sa.String(length=255), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=24), nullable=False),
        sa.Column("link", sa.String(length=24), nullable=False),
        sa.Column("trap", sa.String(length=24), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "dimension", "value", name=op.f("pk_nps_standing")),
    )
    op.create_index(
        "ix_nps_standing_changed",
        "nps_standing",
        ["tenant_id", "at"],
        unique=False,
        sqlite_where=sa.text("changes > 0"),
        postgresql_where=sa.text("changes > 0"),
    )
    op.create_table(
        "nps_stratum",
        sa.Column("tenant_id", sa.String(length=255), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.String(length=16), nullable=False),
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stratum", name=op.f("pk_nps_stratum")),
        sa.UniqueConstraint(
            "tenant_id",
            "procedure",
            "scale",
            "channel",
            "locale",
            name=op.f("uq_nps_stratum_tenant_id_procedure_scale_channel_locale"),
        ),
    )
