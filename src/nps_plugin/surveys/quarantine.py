"""Asking rarely: whether somebody was asked a short while ago, decided under a lock of that somebody.

Two workers that claim two closings of one client at once would otherwise both find that nobody was asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, not_, select

from ..config.settings import Tenant
from ..store.tables import messages, surveys

#: Outcomes of messages that the client noticed, or may have.
NOTICED = ("sending", "sent", "unanswered")


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
    if connection.dialect.name != "postgresql":
        return True
    names = [f"closure\0{case.host}\0{case.ticket}\0{case.closure}", f"quarantine\0{_whom(tenant, case)}"]
    locks = [func.pg_try_advisory_xact_lock(_lock_number(tenant.name, name)) for name in names]
    return all(connection.execute(select(*locks)).one())


def asked_lately(connection: Connection, tenant: Tenant, case: Case, now: datetime) -> bool:
    """Whether a question about another closure left for that person (or organization) within the quarantine.

    One look into an index, however many closures there are. Those who are asked about one closure together do not put
    each other into quarantine.
    """
    if not tenant.ask.quarantine:
        return False
    by_organization = tenant.ask.quarantine_by == "organization" and case.organization
    whose = surveys.c.organization == case.organization if by_organization else surveys.c.client == case.client
    same = and_(surveys.c.host == case.host, surveys.c.ticket == case.ticket, surveys.c.closure == case.closure)
    found = (
        select(surveys.c.survey)
        .where(surveys.c.tenant_id == tenant.name, whose, surveys.c.sent_at > now - tenant.ask.quarantine, not_(same))
        .limit(1)
    )
    return connection.execute(found).first() is not None


def contacts_so_far(connection: Connection, tenant: Tenant, case: Case) -> int:
    """How often the respondents of a closure were contacted about it."""
    counted = (
        select(func.count())
        .select_from(messages)
        .join(surveys, (surveys.c.tenant_id == messages.c.tenant_id) & (surveys.c.survey == messages.c.survey))
        .where(
            surveys.c.tenant_id == tenant.name,
            surveys.c.host == case.host,
            surveys.c.ticket == case.ticket,
            surveys.c.closure == case.closure,
            messages.c.outcome.in_(NOTICED),
        )
    )
    return int(connection.execute(counted).scalar_one())


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
