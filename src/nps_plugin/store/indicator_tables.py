"""What was said of indicators after a score, and what was said without a ticket."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from .schema import ID, NAME, metadata
from .types import UtcDateTime

#: What an answer says of indicators, only ever added: a correction is another row.
indicator_answers = Table(
    "nps_indicator",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("answer", ID, nullable=False),
    Column("indicator", String(64), nullable=False),
    #: 1, 2, ...: the last one stands
    Column("revision", Integer, nullable=False),
    #: yes, partly, no
    Column("value", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(32), nullable=False),
    Column("by", NAME, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "answer", "indicator", "revision"),
)

#: What somebody said without a ticket. ``text`` is personal; the rest counts on when it is gone.
voices = Table(
    "nps_voice",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("voice", ID, nullable=False),
    Column("client", ID, nullable=True),
    Column("source", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", NAME, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("score", Integer),
    Column("scale", String(64), nullable=False, default=""),
    #: {indicator: {yes, partly, no: how many}}
    Column("indicators", JSON, nullable=False),
    Column("level", NAME, nullable=False, default=""),
    Column("organization", NAME, nullable=False, default=""),
    Column("participants", Integer, nullable=False, default=1),
    #: the tenant's own slices, name -> value
    Column("slices", JSON, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", NAME, nullable=False, default=""),
    Column("withdrawn_why", Text, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "voice"),
    Index("ix_nps_voice_at", "tenant_id", "at"),
    Index("ix_nps_voice_client", "tenant_id", "client"),
)
