"""The tables of counts: everything here follows from the facts and can be built from them anew."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from .schema import ID, NAME, metadata
from .types import UtcDateTime

#: Closures whose facts changed and that wait to be folded into counts; a row is consumed in the transaction that folds.
#: A closure may stand here several times: each change is a row of its own, so that writers never wait for each other.
fold_queue = Table(
    "nps_fold_queue",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("entry", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "entry"),
)

#: How the folds of a tenant were made.
fold_states = Table(
    "nps_fold_state",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    #: the time zone in which months were cut; another one in the configuration makes the folds be built anew
    Column("zone", String(64), nullable=False),
    #: the thresholds of signs that are in the counts; so do others
    Column("rules", String(80), nullable=False),
    PrimaryKeyConstraint("tenant_id"),
)

#: The ways in which questions were asked, under a small number: rows that are counted together share all of it.
strata = Table(
    "nps_stratum",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("stratum", Integer, nullable=False),
    Column("procedure", String(16), nullable=False),
    #: as the survey holds it, its JSON as text
    Column("scale", Text, nullable=False),
    Column("channel", NAME, nullable=False),
    Column("locale", String(16), nullable=False),
    #: the lowest score and the number of points of the scale
    Column("low", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    PrimaryKeyConstraint("tenant_id", "stratum"),
    UniqueConstraint("tenant_id", "procedure", "scale", "channel", "locale"),
)

#: What was folded of each closure: its own contribution, so that a change takes out exactly what was put in.
counted = Table(
    "nps_counted",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    #: who gave the answer that counts, else the ticket's client
    Column("client", ID),
    #: microseconds since 1970 UTC
    Column("closed", BigInteger, nullable=False),
    Column("answered", BigInteger),
    Column("stratum", Integer, nullable=False),
    #: with K points: kpi * K + point; 3K + kpi unanswered; 3K + 3 + kpi not asked; kpi: 0 met, 1 missed, 2 unknown
    Column("cell", Integer, nullable=False),
    Column("agent", NAME, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("service", NAME, nullable=False),
    Column("level", NAME, nullable=False),
    Column("priority", NAME, nullable=False),
    Column("organization", NAME, nullable=False),
    #: half-octave bins of the calendar time and of the SLA clock; place around the deadline, 0 to 3
    Column("elapsed_bin", Integer),
    Column("worked_bin", Integer),
    Column("deadline", Integer),
    #: the bits of counts.signs, under the thresholds that ``nps_fold_state`` names
    Column("signs", Integer, nullable=False, server_default="0"),
    #: characters of the only reply, where it was closed soon after it: with a short one a brush-off
    Column("reply", Integer),
    #: [[who held it], [who passed it on]] of a ticket that was passed on, else ""
    Column("passing", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure"),
    # holds all that the moments of a slice need, in the order in which they need it
    Index(
        "ix_nps_counted_client",
        *("tenant_id", "client", "agent", "queue", "service", "level", "priority"),
        *("stratum", "cell", "closed", "answered"),
    ),
    Index("ix_nps_counted_organization", "tenant_id", "organization"),
    Index("ix_nps_counted_closed", "tenant_id", "closed"),
    Index("ix_nps_counted_answered", "tenant_id", "answered"),
    Index(
        "ix_nps_counted_reply",
        *("tenant_id", "closed", "reply", "agent", "queue", "service", "level"),
        sqlite_where=text("reply IS NOT NULL"),
        postgresql_where=text("reply IS NOT NULL"),
    ),
    Index(
        "ix_nps_counted_passing",
        *("tenant_id", "closed"),
        sqlite_where=text("passing <> ''"),
        postgresql_where=text("passing <> ''"),
    ),
)

#: Closings of one month by cell, packed: of everything, of an agent, a queue, a service, a level.
folds = Table(
    "nps_fold",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    #: closed, answered: by which time a closure belongs to a month
    Column("basis", String(8), nullable=False),
    Column("dimension", String(8), nullable=False),
    #: year * 12 + month - 1, in the tenant's zone
    Column("month", Integer, nullable=False),
    Column("value", NAME, nullable=False),
    Column("stratum", Integer, nullable=False),
    Column("cells", LargeBinary, nullable=False),
    #: deadline bins of all closings, then elapsed bin x point and worked bin x point of the rated ones
    Column("shape", LargeBinary, nullable=False),
    #: closings by sign, by bin around the deadline, and the scores of those near it and early, packed; by closing alone
    Column("signs", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "basis", "dimension", "month", "value", "stratum"),
)

#: How the answers of a slice cluster by client: for each month and pair of strata, second moments with the months
#: before, packed. Lag L holds the pairs of this month with itself and with the L months before it.
moments = Table(
    "nps_moment",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("basis", String(8), nullable=False),
    Column("dimension", String(8), nullable=False),
    Column("month", Integer, nullable=False),
    Column("value", NAME, nullable=False),
    Column("stratum", Integer, nullable=False),
    Column("other", Integer, nullable=False),
    #: bytes of one lag, and how many lags there are; a longer one equals the last
    Column("size", Integer, nullable=False),
    Column("lags", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "basis", "dimension", "month", "value", "stratum", "other"),
)

#: Closings of one month by case mix: the cells of each agent, queue and priority.
mixes = Table(
    "nps_mix",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("basis", String(8), nullable=False),
    Column("month", Integer, nullable=False),
    Column("agent", NAME, nullable=False),
    Column("queue", NAME, nullable=False),
    Column("priority", NAME, nullable=False),
    Column("stratum", Integer, nullable=False),
    Column("cells", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant_id", "basis", "month", "agent", "queue", "priority", "stratum"),
)

#: The last verdict on a slice, cheap enough for a ticket view.
standings = Table(
    "nps_standing",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("dimension", NAME, nullable=False),
    Column("value", NAME, nullable=False),
    Column("level", String(24), nullable=False),
    Column("link", String(24), nullable=False),
    Column("trap", String(24), nullable=False),
    Column("verdict", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    #: how often something of the slice was folded since, and until when it is not judged again
    Column("changes", Integer, nullable=False),
    Column("rest_until", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "dimension", "value"),
    Index(
        "ix_nps_standing_changed",
        "tenant_id",
        "at",
        sqlite_where=text("changes > 0"),
        postgresql_where=text("changes > 0"),
    ),
)
