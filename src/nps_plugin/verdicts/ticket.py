"""The verdict on one ticket: a table of two facts, then whether there is an answer at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..errors import UnknownTicket
from ..model import AnswerState, Band, KpiCheck, SeenSign, SurveyState, TicketVerdict, VerdictKind
from ..store.scales import scale_of
from ..store.tables import answers, closures, reopenings, surveys
from ..wording.texts import verdict_sentence
from .signs import signs_of

_CORNERS = {
    (True, Band.SATISFIED): VerdictKind.CONFIRMED,
    (True, Band.DISSATISFIED): VerdictKind.WATERMELON,
    (False, Band.SATISFIED): VerdictKind.FORGIVEN,
    (False, Band.DISSATISFIED): VerdictKind.FAILED,
}
_OPEN = {SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT, SurveyState.ANSWERED}


def judge(kpi_met: bool | None, band: Band | None, states: Iterable[SurveyState] = ()) -> VerdictKind:
    """The verdict from the KPI and the band of the answer that counts.

    Without one (``band`` None) it follows from the states of the closure's surveys: ``pending`` while one may still be
    answered (an ``answered`` one whose answer does not count yet included), ``not_asked`` where nobody was asked.
    """
    if band is not None:
        if kpi_met is None:
            return VerdictKind.UNTARGETED
        return _CORNERS.get((kpi_met, band), VerdictKind.LUKEWARM)
    found = set(states)
    if found & _OPEN:
        return VerdictKind.PENDING
    return VerdictKind.NOT_ASKED if found <= {SurveyState.NOT_ASKED} else VerdictKind.UNANSWERED


def read_verdict(
    connection: Connection, tenant: Tenant, ticket: str, host: str = "", closure: int | None = None
) -> TicketVerdict:
    """The verdict on a closure, the last one unless named. Raises ``UnknownTicket``.

    With several respondents the lowest band counts, and of equal bands the first respondent's.
    """
    key = {"tenant_id": tenant.name, "host": host, "ticket": ticket}
    query = select(closures).filter_by(**key).order_by(closures.c.closure.desc()).limit(1)
    row = connection.execute(query if closure is None else query.where(closures.c.closure == closure)).first()
    if row is None:
        which = f"closure {closure} of ticket {ticket!r}" if closure else f"ticket {ticket!r}"
        where = f" of host {host!r}" if host else ""
        raise UnknownTicket(
            f"tenant {tenant.name}: no closing of {which}{where} is known; was ticket_closed called for it?"
        )
    key["closure"] = row.closure
    asked = connection.execute(
        select(surveys.c.state, surveys.c.scale, answers.c.score, answers.c.band, answers.c.at)
        .outerjoin(
            answers,
            (answers.c.tenant_id == surveys.c.tenant_id)
            & (answers.c.survey == surveys.c.survey)
            & (answers.c.state == AnswerState.COUNTED.value),
        )
        .where(*(surveys.c[name] == value for name, value in key.items()))
        .order_by(surveys.c.respondent)
    ).all()
    reopened = connection.execute(select(reopenings.c.at).filter_by(**key)).first() is not None
    return _verdict(tenant, row, asked, reopened, signs_of(connection, tenant, row))


def _verdict(
    tenant: Tenant, row: Any, asked: Iterable[Any], reopened: bool, seen: tuple[SeenSign, ...]
) -> TicketVerdict:
    asked = list(asked)
    order = [Band.DISSATISFIED, Band.NEUTRAL, Band.SATISFIED]
    heard = min((one for one in asked if one.score is not None), key=lambda one: order.index(one.band), default=None)
    band = None if heard is None else Band(heard.band)
    verdict = {
        "tenant": tenant.name,
        "ticket": row.ticket,
        "host": row.host,
        "closure": row.closure,
        "kind": judge(row.kpi_met, band, [SurveyState(one.state) for one in asked]),
        "kpi": KpiCheck(
            met=row.kpi_met, worked=row.worked, elapsed=row.elapsed, target=row.target, unknown=row.kpi_unknown
        ),
        "score": None if heard is None else heard.score,
        "scale": "" if heard is None else heard.scale["name"],
        "band": band,
        "answered_at": None if heard is None else heard.at,
        "agent": row.credited,
        "queue": row.queue,
        "service": row.service,
        "reopened": reopened,
        "signs": tuple(one.sign for one in seen),
        "evidence": seen,
    }
    scale = None if heard is None else scale_of(heard.scale, tenant.scale)
    return TicketVerdict(**verdict, sentence=verdict_sentence(TicketVerdict(**verdict), tenant.locale, scale))
