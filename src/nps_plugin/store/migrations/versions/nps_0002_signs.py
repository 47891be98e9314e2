"""What signs on tickets are seen by: hand-overs, the time the clock stood still, marks of addresses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "nps_0002"
down_revision = "nps_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("nps_closure", sa.Column("passes", sa.Integer(), nullable=True))
    op.add_column("nps_closure", sa.Column("passing", sa.Text(), nullable=False, server_default=""))
    op.add_column("nps_closure", sa.Column("still", sa.BigInteger(), nullable=True))
    op.add_column("nps_closure", sa.Column("addresses", sa.String(length=40), nullable=False, server_default=""))
    op.create_index("ix_nps_closure_client", "nps_closure", ["tenant_id", "client", "closed_at"], unique=False)
    op.create_index("ix_nps_closure_opened", "nps_closure", ["tenant_id", "client", "opened_at"], unique=False)
    op.create_index(
        "ix_nps_closure_closed", "nps_closure", ["tenant_id", "closed_at", "last_reply_length"], unique=False
    )
