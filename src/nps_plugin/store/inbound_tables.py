"""What came in from providers and other hosts, so that it is known when it comes again."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table

from .schema import NAME, metadata
from .types import UtcDateTime

#: What came in over a channel, by the provider's own ids: a replay is known, and does nothing.
inbound_events = Table(
    "nps_inbound_event",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("channel", NAME, nullable=False),
    #: the kind of event and its id
    Column("event", NAME, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "channel", "event"),
    Index("ix_nps_inbound_event_at", "tenant_id", "at"),
)
