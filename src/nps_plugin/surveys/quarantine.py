"""Asking rarely: whether somebody was asked a short while ago, decided under a lock of that somebody.

Two workers that claim two closings of one client at once would otherwise both find that nobody was asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, exists, func, not_, or_, select

from ..config.settings import Tenant
from ..model import SurveyState
from ..store.tables import messages, surveys
from .statements import NOTICED, standing


@dataclass(frozen=True, kw_only=True)
class Case:
    """Whom a question about which closure would go to. ``client`` is a surrogate key."""

    host: str
    ticket: str
    closure: int
    client: str
    organization: str = ""


def try_locks(connection: Connection, tenant: Tenant, case: Case) -> bool:
    """Keep every other transaction from deciding about the same client or closure until this one ends.

    False where another one is deciding just now. Never waits. SQLite has one writer at a time, and our transaction is
    that writer; PostgreSQL needs advisory locks, which the end of the transaction (or of the savepoint) gives back.
    """
    # most claims come here, and most databases are SQLite's
    return connection.dialect.name != "postgresql" or try_locks_each(connection, tenant, [case])[0]


def try_locks_each(connection: Connection, tenant: Tenant, cases: Sequence[Case]) -> list[bool]:
    """The same for each of some cases, in one statement."""
    if connection.dialect.name != "postgresql":
        return [True] * len(cases)
    wanted = [
        (f"closure\0{case.host}\0{case.ticket}\0{case.closure}", f"quarantine\0{_whom(tenant, case)}") for case in cases
    ]
    names = list(dict.fromkeys(name for pair in wanted for name in pair))
    numbers = func.unnest([_lock_number(tenant.name, name) for name in names], type_=BigInteger).column_valued("number")
    got = dict(zip(names, connection.execute(select(func.pg_try_advisory_xact_lock(numbers))).scalars(), strict=True))
    return [all(got[name] for name in pair) for pair in wanted]


def asked_lately(connection: Connection, tenant: Tenant, case: Case, now: datetime) -> bool:
    """Whether a question about another closure left for that person (or organization) within the quarantine.

    One look into an index, however many closures there are. Those who are asked about one closure together do not put
    each other into quarantine. A question that was withdrawn since its ticket was reopened does not either, for that
    ticket: its page has promised another one.
    """
    return asked_lately_each(connection, tenant, [case], now)[0]


def asked_lately_each(connection: Connection, tenant: Tenant, cases: Sequence[Case], now: datetime) -> list[bool]:
    """The same for each of some cases, in one statement."""
    if not tenant.ask.quarantine or not cases:
        return [False] * len(cases)
    row = connection.execute(select(*(_question_lately(tenant, case, now) for case in cases))).one()
    return [bool(found) for found in row]


def _question_lately(tenant: Tenant, case: Case, now: datetime) -> Any:
    by_organization = tenant.ask.quarantine_by == "organization" and case.organization
    whose = surveys.c.organization == case.organization if by_organization else surveys.c.client == case.client
    same = and_(
        surveys.c.host == case.host,
        surveys.c.ticket == case.ticket,
        or_(surveys.c.closure == case.closure, surveys.c.state == SurveyState.CANCELLED.value),
    )
    return exists().where(
        surveys.c.tenant_id == tenant.name, whose, surveys.c.sent_at > now - tenant.ask.quarantine, not_(same)
    )


def contacts_so_far(connection: Connection, tenant: Tenant, case: Case) -> int:
    """How often the respondents of a closure were contacted about it."""
    return standing(connection, _closure(tenant, case), "client", "", None)[1]


def asked_and_contacts(connection: Connection, tenant: Tenant, case: Case, now: datetime) -> tuple[bool, int]:
    """What :func:`asked_lately` and :func:`contacts_so_far` say, in one statement."""
    by_organization = tenant.ask.quarantine_by == "organization" and case.organization
    whose, who = ("organization", case.organization) if by_organization else ("client", case.client)
    since = now - tenant.ask.quarantine if tenant.ask.quarantine else None
    return standing(connection, _closure(tenant, case), whose, who, since)


def _closure(tenant: Tenant, case: Case) -> dict[str, Any]:
    return {"tenant_id": tenant.name, "host": case.host, "ticket": case.ticket, "closure": case.closure}


def was_contacted(connection: Connection, tenant: Tenant, survey: str) -> bool:
    """Whether the client noticed anything of a survey."""
    found = select(messages.c.message).where(
        messages.c.tenant_id == tenant.name, messages.c.survey == survey, messages.c.outcome.in_(NOTICED)
    )
    return connection.execute(found.limit(1)).first() is not None


def _whom(tenant: Tenant, case: Case) -> str:
    if tenant.ask.quarantine_by == "organization" and case.organization:
        return f"organization\0{case.organization}"
    return f"person\0{case.client}"


def _lock_number(tenant: str, name: str) -> int:
    digest = hashlib.blake2b(f"nps_plugin\0{tenant}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
