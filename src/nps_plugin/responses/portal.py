"""The host's portal: a logged-in client rates a closed ticket of theirs, without a link."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..errors import AnswerRefused, SurveyCancelled, UnknownTicket
from ..model import AnswerState, Recorded, SurveyState
from ..store.tables import answers, clients, closures, reopenings, surveys
from .recording import Given, record

PORTAL = "portal"


def rate(
    connection: Connection,
    tenant: Tenant,
    ticket: str,
    given: Given,
    subscribers: Iterable[str],
    now: datetime,
    *,
    host: str = "",
    closure: int | None = None,
) -> Recorded:
    """Record the answer of a person who is logged in, to the survey of a closure (the last one unless named).

    Of several respondents' surveys it is the one of the person named by ``given.by`` (their id or address), else that
    of the ticket's client. Raises ``UnknownTicket`` or ``AnswerRefused``.
    """
    key: dict[str, Any] = {"tenant_id": tenant.name, "host": host, "ticket": ticket}
    if closure is not None:
        key["closure"] = closure
    found = select(closures.c.closure).filter_by(**key).order_by(closures.c.closure.desc()).limit(1)
    last = connection.execute(found).scalar()
    if last is None:
        which = f"closure {closure} of ticket {ticket!r:.80}" if closure else f"ticket {ticket!r:.80}"
        raise UnknownTicket(f"tenant {tenant.name}: no closing of {which} is known; was ticket_closed called for it?")
    key["closure"] = last
    asked = _survey(connection, key, given.by)
    if asked.state == SurveyState.NOT_ASKED:
        raise AnswerRefused(
            f"tenant {tenant.name}: ticket {ticket!r:.80} is not rated ({asked.not_asked}); an operator may enter an"
            " answer with record_answer(survey=...)"
        )
    reopened = connection.execute(select(reopenings.c.at).filter_by(**key)).first() is not None
    if reopened and not _answered(connection, tenant.name, asked.survey):
        raise SurveyCancelled(f"ticket {ticket!r:.80} was reopened; it can be rated when it is resolved")
    return record(connection, tenant, asked.survey, given, subscribers, now)


def _survey(connection: Connection, key: dict[str, Any], by: str) -> Any:
    rows = connection.execute(
        select(surveys.c.survey, surveys.c.state, surveys.c.not_asked, clients.c.key)
        .outerjoin(clients, (clients.c.tenant_id == surveys.c.tenant_id) & (clients.c.client == surveys.c.client))
        .where(*(surveys.c[name] == value for name, value in key.items()))
        .order_by(surveys.c.respondent)
    ).all()
    names = {f"id:{by}", f"email:{by.casefold()}", f"phone:{by}", f"telegram:{by}"}
    return next((row for row in rows if row.key in names), rows[0])


def _answered(connection: Connection, tenant: str, survey: str) -> bool:
    counted = select(answers.c.answer).filter_by(tenant_id=tenant, survey=survey, state=AnswerState.COUNTED.value)
    return connection.execute(counted.limit(1)).first() is not None
