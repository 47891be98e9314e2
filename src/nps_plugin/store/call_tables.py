"""The tables of calls that an operator makes: who has which call, and what came of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from .schema import ID, NAME, metadata
from .types import UtcDateTime

#: The kind of a row that is no call: a link is sent instead, to learn why.
LINK = "link"

#: A call that somebody took, or that asks why. A question that waits for an operator is its message alone until it is
#: taken; its call has the message's id. A call that asks why has the id of its survey: there is one of each. So has a
#: survey at most one link, of which ``attempts`` and ``done_at`` are the sender's.
calls = Table(
    "nps_call",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("call", ID, nullable=False),
    #: question, why; link
    Column("kind", String(16), nullable=False),
    Column("survey", ID, nullable=False),
    Column("client", ID, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    #: from when on it may be made; None: the worker has not yet drawn whether it is made at all
    Column("due_at", UtcDateTime),
    #: how often the client was tried
    Column("attempts", Integer, nullable=False, default=0),
    Column("claimed_by", NAME, nullable=False, default=""),
    Column("claimed_until", UtcDateTime),
    #: when it was over: made, given up, or not drawn
    Column("done_at", UtcDateTime),
    PrimaryKeyConstraint("tenant_id", "call"),
    Index(
        "ix_nps_call_open",
        "tenant_id",
        "kind",
        "due_at",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index("ix_nps_call_survey", "tenant_id", "survey"),
    Index("ix_nps_call_client", "tenant_id", "client"),
)

#: What came of each try. ``cause`` and ``suggestion`` are a person's words; the rest counts on when they are deleted.
call_notes = Table(
    "nps_call_note",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("note", ID, nullable=False),
    Column("call", ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("survey", ID, nullable=False),
    Column("client", ID, nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", NAME, nullable=False),
    #: reached, busy, later, refused
    Column("outcome", String(16), nullable=False),
    #: the code of a reason, where the cause was one
    Column("reason", String(64), nullable=False, default=""),
    Column("cause", Text, nullable=False, default=""),
    Column("suggestion", Text, nullable=False, default=""),
    #: our_fault, expectation_corrected, ""
    Column("finding", String(32), nullable=False, default=""),
    #: when the client wants to be called
    Column("later", UtcDateTime),
    PrimaryKeyConstraint("tenant_id", "note"),
    Index("ix_nps_call_note_survey", "tenant_id", "survey"),
    Index("ix_nps_call_note_client", "tenant_id", "client"),
)
