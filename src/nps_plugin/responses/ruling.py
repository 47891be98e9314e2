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

_EFFECTS = {AnswerState.COUNTED: Effect.ACCEPTED, AnswerState.WITHDRAWN: Effect.WITHDRAWN}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A ruling on one answer: from now on it is counted, or withdrawn."""

    answer: str
    to: AnswerState
    by: str
    why: str


def decide(
    connection: Connection, tenant: Tenant, decision: Decision, subscribers: Iterable[str], now: datetime
) -> Recorded:
    """Let an answer count, whereby the one of that survey that counted is superseded; or take it out of the counts, for
    good or until it is accepted. Nothing is deleted, and one that stands as it is ruled to stays as it is.

    Raises ``UnknownAnswer`` or ``AnswerRefused``.
    """
    ledger, row = _open(connection, tenant, decision, subscribers, now)
    was, to, counted = AnswerState(row.state), decision.to, AnswerState.COUNTED
    if was is to:
        return ledger.recorded(row.answer, Effect.REPEATED)
    by, why = fitting(decision.by), kept_text(decision.why)
    if to is counted:
        ledger.supersede_counted(by=by, why=why)
    ledger.mark(row.answer, to, was=was, by=by, why=why)
    if to is counted:
        ledger.close_question()
    elif was is counted:
        ledger.open_question()
    if counted in (was, to):
        ledger.tell(("answer_recorded", "verdict_reached"), row.answer)
    return ledger.recorded(row.answer, _EFFECTS[to])


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
