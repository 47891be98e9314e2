"""The tables. Every primary key begins with ``tenant_id``; personal data hang on the surrogate key ``client``.

Closures are facts and never change. Answers are only added; their state changes with a row in ``nps_answer_mark``.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..model import AnswerState, NotAskedReason, SurveyState
from .call_tables import call_notes, calls
from .count_tables import counted, fold_queue, fold_states, folds, mixes, moments, standings, strata
from .inbound_tables import inbound_events
from .indicator_tables import indicator_answers, voices
from .schema import ID, NAME, metadata
from .types import Duration, UtcDateTime

__all__ = [
    "ID", "NAME", "answer_marks", "answer_reasons", "answers", "call_notes", "calls", "clients", "closures",
    "comments", "contacts", "counted", "evidence", "fold_queue", "fold_states", "folds", "inbound_events",
    "indicator_answers", "messages", "metadata", "mixes", "moments", "outbox", "procedures", "reopenings",
    "standings", "strata", "suppressions", "surveys", "voices",
]  # fmt: skip


#: What the worker may still have to look at.
_OPEN = text("state IN ('scheduled', 'sending', 'sent')")


def _one_of(column: str, values: type[AnswerState | SurveyState | NotAskedReason]) -> CheckConstraint:
    # text and a CHECK rather than a native enum: a new value is then an ordinary migration on both engines
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


#: Who a surrogate key is. Deleting the row forgets the person; everything else keeps counting.
clients = Table(
    "nps_client",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("client", ID, nullable=False),
    Column("key", String(512), nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
    Column("phone", Text, nullable=False, default=""),
    Column("telegram", Text, nullable=False, default=""),
    Column("locale", Text, nullable=False, default=""),
    Column("timezone", Text, nullable=False, default=""),
    Column("seen_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "client"),
    UniqueConstraint("tenant_id", "key"),
)

#: People who must not be asked, by the keyed hash of their key or address; outlives the person's own row.
suppressions = Table(
    "nps_suppression",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("why", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "digest"),
)

#: One resolution of one ticket: the facts as they stood at closing, and the KPI checked against them.
closures = Table(
    "nps_closure",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    Column("client", ID, nullable=True),
    Column("opened_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("kpi_met", Boolean(create_constraint=True, name="kpi_met")),
    Column("worked", Duration),
    Column("elapsed", Duration),
    Column("target", Duration),
    Column("kpi_unknown", Text, nullable=False, default=""),
    #: who is credited under the attribution in force at closing
    Column("credited", NAME, nullable=False, default=""),
    Column("agent", NAME, nullable=False, default=""),
    Column("closed_by", NAME, nullable=False, default=""),
    Column("last_replier", NAME, nullable=False, default=""),
    Column("queue", NAME, nullable=False, default=""),
    Column("service", NAME, nullable=False, default=""),
    Column("priority", NAME, nullable=False, default=""),
    Column("contract", NAME, nullable=False, default=""),
    Column("organization", NAME, nullable=False, default=""),
    Column("level", NAME, nullable=False, default=""),
    Column("reopened", Integer),
    Column("replies", Integer),
    Column("last_reply_length", Integer),
    #: [[agent, queue, time], ...]
    Column("path", JSON, nullable=False),
    #: [[from, until], ...]
    Column("paused", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    #: how often it was passed on, as the path tells; None: no path known
    Column("passes", Integer),
    #: [[who held it], [who passed it on]] where it was passed on, as JSON text; else ""
    Column("passing", Text, nullable=False, server_default=""),
    #: working time for which the clock stood still; None: clock or times unknown
    Column("still", Duration),
    #: marks of the client's addresses (store.addresses), to see that one changed; never an address
    Column("addresses", String(40), nullable=False, server_default=""),
    #: what could not be read of the host's facts, for the operator
    Column("problem", Text, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure"),
    CheckConstraint("closure >= 1", name="closure"),
    Index("ix_nps_closure_client", "tenant_id", "client", "closed_at"),
    Index("ix_nps_closure_opened", "tenant_id", "client", "opened_at"),
    # with the length, so that the last replies of a tenant are read from the index alone
    Index("ix_nps_closure_closed", "tenant_id", "closed_at", "last_reply_length"),
)

#: That a closure was taken up again. One row a closure, however often the host says so.
reopenings = Table(
    "nps_reopening",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "host", "ticket", "closure"),
)

#: One question to one respondent about one closure, or the reason why there is none.
surveys = Table(
    "nps_survey",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("survey", ID, nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    #: 0 the ticket's client, 1.. the further respondents in the host's order
    Column("respondent", Integer, nullable=False),
    Column("client", ID, nullable=True),
    #: the client's organization at closing, for a quarantine by organization
    Column("organization", NAME, nullable=False, default=""),
    #: the client's level at closing: whose plan it is
    Column("level", NAME, nullable=False, server_default=""),
    #: the version of how the tenant asks; surveys of two procedures are never pooled
    Column("procedure", String(16), nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("not_asked", String(16)),
    Column("detail", Text, nullable=False, default=""),
    #: the scale as it stood when the question was planned: {name, low, high, dissatisfied_to, satisfied_from}
    Column("scale", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    #: the channel on which the worker is to try next; each channel has a lane of its own
    Column("lane", NAME, nullable=False, server_default=""),
    #: when the question was to leave, as planned at closing; never changed
    Column("planned_for", UtcDateTime),
    #: when the worker is to look at it next: to ask, to try again, to remind; expires_at where nothing is left to do
    Column("due_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    #: when the question left (set at the claim, cleared where nothing left): what a quarantine looks at
    Column("sent_at", UtcDateTime),
    #: when state or detail last changed
    Column("state_at", UtcDateTime),
    #: strata: the channel and the language in which the question was really asked
    Column("channel", NAME, nullable=False, default=""),
    Column("locale", String(16), nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    PrimaryKeyConstraint("tenant_id", "survey"),
    UniqueConstraint("tenant_id", "host", "ticket", "closure", "respondent"),
    ForeignKeyConstraint(
        ["tenant_id", "host", "ticket", "closure"],
        ["nps_closure.tenant_id", "nps_closure.host", "nps_closure.ticket", "nps_closure.closure"],
    ),
    _one_of("state", SurveyState),
    _one_of("not_asked", NotAskedReason),
    CheckConstraint("(state = 'not_asked') = (not_asked IS NOT NULL)", name="reason"),
    Index("ix_nps_survey_due", "state", "due_at"),
    Index("ix_nps_survey_lane", "lane", "tenant_id", "due_at", postgresql_where=_OPEN, sqlite_where=_OPEN),
    Index("ix_nps_survey_expiry", "state", "expires_at"),
    Index("ix_nps_survey_client", "tenant_id", "client", "sent_at"),
    Index("ix_nps_survey_organization", "tenant_id", "organization", "sent_at"),
)

#: What the survey's wording needs of the person and ticket; personal, gone when the person is forgotten.
contacts = Table(
    "nps_contact",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("survey", ID, nullable=False),
    Column("client", ID, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("email", Text, nullable=False, default=""),
    Column("phone", Text, nullable=False, default=""),
    Column("telegram", Text, nullable=False, default=""),
    Column("locale", Text, nullable=False, default=""),
    Column("timezone", Text, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "survey"),
    Index("ix_nps_contact_client", "tenant_id", "client"),
)

#: One message that asks. Of its token only the digest is kept.
messages = Table(
    "nps_message",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("token_digest", String(64), nullable=False),
    Column("message", ID, nullable=False),
    Column("survey", ID, nullable=False),
    Column("client", ID, nullable=True),
    Column("channel", NAME, nullable=False),
    #: question, reminder
    Column("kind", String(16), nullable=False, default="question"),
    Column("locale", String(16), nullable=False),
    Column("question", Text, nullable=False),
    #: the scale on which an answer to it stands; None: the survey's
    Column("scale", JSON, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    #: sending, sent, delivered, refused, failed; unanswered: it failed, and the client noticed (a telephone that rang);
    #: down: the provider was out of reach; skipped: nothing was recorded to be played
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("reference", Text, nullable=False, default=""),
    #: keyed hash of the address that it went to, where answers come back by the address alone; never an address
    Column("address", String(64), nullable=False, server_default=""),
    PrimaryKeyConstraint("tenant_id", "token_digest"),
    Index("ix_nps_message_survey", "tenant_id", "survey"),
    Index("ix_nps_message_client", "tenant_id", "client"),
    Index("ix_nps_message_reference", "tenant_id", "channel", "reference"),
    Index("ix_nps_message_rate", "tenant_id", "channel", "created_at"),
    Index("ix_nps_message_address", "tenant_id", "channel", "address"),
)

#: Scores, only ever added.
answers = Table(
    "nps_answer",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("answer", ID, nullable=False),
    Column("survey", ID, nullable=False),
    Column("score", Integer, nullable=False),
    Column("band", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    #: what the circumstances say of who answered: human, unclear, scanner; stays when the evidence is deleted
    Column("grade", String(16), nullable=False, default="unclear"),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(32), nullable=False),
    Column("by", NAME, nullable=False, default=""),
    Column("channel", NAME, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "answer"),
    _one_of("state", AnswerState),
    # the last guard against two answers of one survey both counting, whatever raced
    Index(
        "uq_nps_answer_counted",
        "tenant_id",
        "survey",
        unique=True,
        sqlite_where=text("state = 'counted'"),
        postgresql_where=text("state = 'counted'"),
    ),
    Index("ix_nps_answer_survey", "tenant_id", "survey"),
)

#: Each change of an answer's state: when, by whom, why.
answer_marks = Table(
    "nps_answer_mark",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("answer", ID, nullable=False),
    Column("mark", ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", NAME, nullable=False, default=""),
    Column("why", Text, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "answer", "mark"),
)

answer_reasons = Table(
    "nps_answer_reason",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("answer", ID, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "answer", "reason"),
)

comments = Table(
    "nps_comment",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("comment", ID, nullable=False),
    #: None for words that came without a score; they join the first answer of their survey
    Column("answer", ID, nullable=True),
    Column("survey", ID, nullable=True),
    Column("client", ID, nullable=True),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "comment"),
    Index("ix_nps_comment_answer", "tenant_id", "answer"),
    Index("ix_nps_comment_survey", "tenant_id", "survey"),
    Index("ix_nps_comment_client", "tenant_id", "client"),
)

#: Visits to the page and the circumstances of answers: what screening looks at, deleted after a while.
evidence = Table(
    "nps_evidence",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("evidence", ID, nullable=False),
    Column("survey", ID, nullable=False),
    Column("client", ID, nullable=True),
    Column("answer", ID, nullable=True),
    #: sent, opened, decoy, submitted
    Column("link", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("address", String(64), nullable=False, default=""),
    Column("agent", String(300), nullable=False, default=""),
    #: the score that was clicked or submitted, where there was one
    Column("score", Integer),
    PrimaryKeyConstraint("tenant_id", "evidence"),
    Index("ix_nps_evidence_survey", "tenant_id", "survey"),
    Index("ix_nps_evidence_client", "tenant_id", "client"),
)

#: How a tenant asked, by the digest that surveys carry: {scale, channels, trigger, ...}, to say later what changed.
procedures = Table(
    "nps_procedure",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("procedure", String(16), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant_id", "procedure"),
)

#: News to tell: a row per event and subscriber. It names facts and holds none, so that what is told is never stale.
outbox = Table(
    "nps_outbox",
    metadata,
    Column("tenant_id", NAME, nullable=False),
    Column("event", ID, nullable=False),
    Column("subscriber", NAME, nullable=False),
    #: handed over by a process instead of named in the configuration: other processes cannot know whether it is gone
    Column("given", Boolean(create_constraint=True, name="given"), nullable=False, default=False),
    Column("kind", String(32), nullable=False),
    Column("host", NAME, nullable=False),
    Column("ticket", NAME, nullable=False),
    Column("closure", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    #: the survey, answer and message the news is about; JSON, no personal data
    Column("about", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("told_at", UtcDateTime),
    #: when it was ended untold, since its subscriber was removed
    Column("ended_at", UtcDateTime),
    #: what kind of error the last telling met and where; no message, which may hold personal data
    Column("error", Text, nullable=False, default=""),
    PrimaryKeyConstraint("tenant_id", "event", "subscriber"),
    Index("ix_nps_outbox_due", "told_at", "due_at"),
    Index("ix_nps_outbox_ticket", "tenant_id", "host", "ticket", "closure"),
)
