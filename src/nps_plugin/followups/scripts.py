"""What an operator sees of a call."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..model import Call, CallKind, CallNote, CallOutcome, CallScript, Choice, Finding, Point
from ..responses.indicators import offered_choices
from ..store.scales import scale_of
from ..store.tables import call_notes
from ..surveys.log import read_log
from ..verdicts import read_history
from ..wording.call_texts import script_lines
from ..wording.catalogue import locale_for
from ..wording.texts import point_label, reason_choices

#: Earlier calls that are shown.
NOTES = 20


def script_of(connection: Connection, tenant: Tenant, row: Any, call: Call, *, mine: bool) -> CallScript:
    """What to say in the client's language, the ticket's facts, what happened; the person only where ``mine``."""
    locale = locale_for(row.locale, tenant.locale)
    scale = scale_of(row.scale, tenant.scale)
    private: dict[str, Any] = {}
    if mine:
        score = "" if row.score is None else point_label(scale, row.score, locale)
        if score and score != str(row.score):
            score = f"{row.score} ({score})"
        lines = script_lines(
            tenant, locale, call.kind, question=row.question, name=row.name, ticket=row.ticket, subject=row.subject,
            closed_at=row.closed_at, score=score,
        )  # fmt: skip
        private = {
            "name": row.name,
            "phone": row.phone,
            "subject": row.subject,
            "lines": lines,
            "client_history": read_history(connection, tenant, clients=[row.client] if row.client else []),
            "company_history": read_history(connection, tenant, organization=row.organization)
            if row.organization
            else None,
            "notes": _notes(connection, tenant, row),
        }
    facts = ("opened_at", "closed_at", "kpi_met", "agent", "organization", "priority", "reopened")
    return CallScript(
        call=call,
        locale=locale,
        scale=scale,
        points=tuple(Point(score=score, label=point_label(scale, score, locale)) for score in scale.points),
        reasons=tuple(Choice(code=code, text=text) for code, text in reason_choices(tenant, locale)),
        indicators=offered_choices(tenant, row.survey, None if row.score is None else scale.band(row.score), locale),
        log=read_log(connection, tenant, row.ticket, row.host),
        **{name: getattr(row, name) for name in facts},
        **private,
    )


def _notes(connection: Connection, tenant: Tenant, row: Any) -> tuple[CallNote, ...]:
    """The calls to this client so far, the newest first."""
    whose = call_notes.c.survey == row.survey if row.client is None else call_notes.c.client == row.client
    query = select(call_notes).where(call_notes.c.tenant_id == tenant.name, whose)
    return tuple(
        CallNote(
            at=note.at,
            by=note.by,
            kind=CallKind(note.kind),
            outcome=CallOutcome(note.outcome),
            reason=note.reason,
            cause=note.cause,
            suggestion=note.suggestion,
            finding=Finding(note.finding) if note.finding else None,
            later=note.later,
        )
        for note in connection.execute(query.order_by(call_notes.c.note.desc()).limit(NOTES))
    )
