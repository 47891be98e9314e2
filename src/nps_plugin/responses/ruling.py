"""What people decide about answers: a ruling makes one count or takes it out, and says who and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from ..config.settings import Tenant
from ..errors import AnswerRefused, UnknownAnswer
from ..model import AnswerState, Effect, Recorded
from ..store.names import fitting
from ..store.tables import answers
from ..wording.clean import kept_text
from .marking import Ledger
from .recording import lock_survey

_NEWS = ("answer_recorded", "verdict_reached")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A ruling on one answer."""

    answer: str
    by: str
    why: str


def accept(
    connection: Connection, tenant: Tenant, decision: Decision, subscribers: Iterable[str], now: datetime
) -> Recorded:
    """Let an answer count; the one of that survey that counted is superseded. One that counts already stays as it is.

    Raises ``UnknownAnswer`` or ``AnswerRefused``.
    """
    ledger, row = _open(connection, tenant, decision, subscribers, now)
    was = AnswerState(row.state)
    if was is AnswerState.COUNTED:
        return ledger.recorded(row.answer, Effect.REPEATED)
    by, why = fitting(decision.by), kept_text(decision.why)
    ledger.supersede_counted(by=by, why=why)
    ledger.mark(row.answer, AnswerState.COUNTED, was=was, by=by, why=why)
    ledger.close_question()
    ledger.tell(_NEWS, row.answer)
    return ledger.recorded(row.answer, Effect.ACCEPTED)


def withdraw(
    connection: Connection, tenant: Tenant, decision: Decision, subscribers: Iterable[str], now: datetime
) -> Recorded:
    """Take an answer out of the counts for good, or until it is accepted; nothing is deleted.

    Raises ``UnknownAnswer`` or ``AnswerRefused``.
    """
    ledger, row = _open(connection, tenant, decision, subscribers, now)
    was = AnswerState(row.state)
    if was is AnswerState.WITHDRAWN:
        return ledger.recorded(row.answer, Effect.REPEATED)
    ledger.mark(row.answer, AnswerState.WITHDRAWN, was=was, by=fitting(decision.by), why=kept_text(decision.why))
    if was is AnswerState.COUNTED:
        ledger.open_question()
        ledger.tell(_NEWS, row.answer)
    return ledger.recorded(row.answer, Effect.WITHDRAWN)


def _open(
    connection: Connection, tenant: Tenant, decision: Decision, subscribers: Iterable[str], now: datetime
) -> tuple[Ledger, Any]:
    for name in ("by", "why"):
        if not str(getattr(decision, name) or "").strip():
            raise AnswerRefused(f"tenant {tenant.name}: a ruling needs {name}=; it is kept with the answer")
    query = select(answers).filter_by(tenant_id=tenant.name, answer=decision.answer)
    row = connection.execute(query).first()
    if row is None:
        raise UnknownAnswer(f"tenant {tenant.name}: there is no answer {decision.answer!r:.80}")
    survey = lock_survey(connection, tenant, row.survey)
    ledger = Ledger(connection=connection, tenant=tenant, survey=survey, now=now, subscribers=subscribers)
    ledger.refuse_own_agent(decision.by, "rule on the answer")
    # read again: it may have changed while the lock was waited for
    return ledger, connection.execute(query).one()
