"""Recording a closing: the facts frozen, the question planned or the reason kept. No network, nobody else's rows
touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..counts import passing_of
from ..model import ClosedTicket, Exclusion, KpiCheck, NotAsked, Receipt, Survey, SurveyState
from ..store.addresses import address_marks
from ..store.folding import queue_fold
from ..store.persons import FORGOTTEN, digests, first_sight, suppressions_of, surrogates
from ..store.tables import closures, surveys
from ..store.upsert import add_new
from ..verdicts.passing import hand_overs
from .facts import as_json_times, usable
from .lookup import OPEN, look_up
from .planning import Respondent, others_of, plan
from .rows import outcome_of

#: Facts that are kept under the name that the host gives them.
_SAME = (
    *("agent", "closed_by", "last_replier", "queue", "service", "priority", "contract"),
    *("reopened", "replies", "last_reply_length"),
)


@dataclass(frozen=True, kw_only=True)
class Closing:
    """A closing ready to be written: the tidied ticket, what was checked of it, and who says that it is not asked."""

    tenant: Tenant
    closed: ClosedTicket
    kpi: KpiCheck
    #: working time for which the clock stood still
    still: timedelta | None
    problems: tuple[str, ...]
    exclusions: Sequence[Exclusion]
    secrets: Sequence[Secret]
    base_url: str
    #: a plugin's own question for a survey, for the host's message
    own_text: Callable[[Survey], str | None]
    #: the digest of how the tenant asks now
    procedure: str
    now: datetime


def record_closing(connection: Connection, closing: Closing) -> Receipt:
    """Write a closing once. A repeat gives back what stands; the first facts stay."""
    closed, tenant, now = closing.closed, closing.tenant, closing.now
    client = closed.client
    known = look_up(connection, closed, digests(closing.secrets, tenant.name, client) if client else ())
    if known.suppressed and client is not None and len(closing.secrets) > 1:
        # writes it under the newest secret too, so that an older one can be dropped once those who matter came by
        suppressions_of(connection, tenant.name, [client], closing.secrets, now)
    person = None if known.suppressed == FORGOTTEN else known.person
    fresh = None
    if person is None and client is not None and known.suppressed != FORGOTTEN:
        fresh = None if known.seen else first_sight(connection, tenant.name, client, now)
        person = fresh or surrogates(connection, tenant.name, [client], now).get(client.key)
    # no lower than the last one known: without a reopening since, a closing is a repeat of that
    closure = closed.closure or max(known.closures, 1 + max(known.reopenings, closed.reopened or 0))
    if not add_new(connection, closures, _facts(closing, closure, person)):
        return _standing(connection, closing, closure)
    if closure > 1 and known.still_asked:
        # the host reopened without telling: the question about the earlier resolution is out of date
        cancel_open(connection, _ticket(closed), through=closure - 1, now=now)
    first = Respondent(client=client, person=person, suppressed=bool(known.suppressed), fresh=fresh is not None)
    outcomes = plan(connection, closing, closure, [first, *others_of(connection, closing)])
    queue_fold(connection, tenant=tenant.name, host=closed.host, ticket=closed.ticket, closure=closure, now=now)
    return _receipt(closing, closure, closing.kpi, outcomes)


def cancel_open(connection: Connection, ticket: Mapping[str, str], *, through: int, now: datetime) -> int:
    """Withdraw the open questions about a ticket's closures up to that number; how many there were.

    ``ticket`` holds ``tenant_id``, ``host`` and ``ticket``.
    """
    return connection.execute(
        update(surveys)
        .filter_by(**ticket)
        .where(surveys.c.closure <= through, surveys.c.state.in_(OPEN))
        .values(state=SurveyState.CANCELLED.value, detail="reopened", state_at=now)
    ).rowcount


def _ticket(closed: ClosedTicket) -> dict[str, str]:
    return {"tenant_id": closed.tenant, "host": closed.host, "ticket": closed.ticket}


def _facts(closing: Closing, closure: int, person: str | None) -> dict[str, object]:
    closed, kpi, client = closing.closed, closing.kpi, closing.closed.client
    given = hand_overs(closed.path)
    credited = {"assignee": closed.agent, "closer": closed.closed_by, "last_replier": closed.last_replier}
    return {name: getattr(closed, name) for name in _SAME} | {
        "tenant_id": closed.tenant,
        "host": closed.host,
        "ticket": closed.ticket,
        "closure": closure,
        "client": person,
        "opened_at": usable(closed.opened_at),
        "closed_at": usable(closed.closed_at),
        "recorded_at": closing.now,
        "kpi_met": kpi.met,
        "worked": kpi.worked,
        "elapsed": kpi.elapsed,
        "target": kpi.target,
        "kpi_unknown": kpi.unknown,
        "credited": credited[closing.tenant.attribution],
        "organization": client.organization if client else "",
        "level": client.level if client else "",
        "path": [[step.agent, step.queue, step.at.isoformat() if step.at else None] for step in closed.path],
        "paused": as_json_times(closed.paused),
        "passes": len(given) if closed.path else None,
        "passing": passing_of((one.agent for one in closed.path), (one.agent for one in given)) if given else "",
        "still": closing.still,
        "addresses": address_marks(closing.secrets[0], closed.tenant, client) if client and person else "",
        "tags": list(closed.tags),
        "facts": dict(closed.facts),
        "problem": "; ".join(closing.problems),
    }


def _standing(connection: Connection, closing: Closing, closure: int) -> Receipt:
    closed = closing.closed
    key = _ticket(closed) | {"closure": closure}
    row = connection.execute(select(closures).filter_by(**key)).one()
    kpi = KpiCheck(met=row.kpi_met, worked=row.worked, elapsed=row.elapsed, target=row.target, unknown=row.kpi_unknown)
    rows = connection.execute(select(surveys).filter_by(**key).order_by(surveys.c.respondent))
    return _receipt(closing, closure, kpi, [outcome_of(survey, closing.tenant.scale) for survey in rows], repeated=True)


def _receipt(
    closing: Closing, closure: int, kpi: KpiCheck, outcomes: Sequence[Survey | NotAsked], *, repeated: bool = False
) -> Receipt:
    first = outcomes[0]
    return Receipt(
        recorded=True,
        problem="; ".join(closing.problems) or None,
        closure=closure,
        repeated=repeated,
        kpi=kpi,
        survey=first if isinstance(first, Survey) else None,
        not_asked=first if isinstance(first, NotAsked) else None,
        others=tuple(outcomes[1:]),
    )
