"""Retention: what is personal is deleted by age; what counts stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, or_, select, update

from ..config.secret import Secret
from ..config.settings import Retention
from ..model import SurveyState
from ..store.engine import Store
from ..store.ids import first_id
from ..store.tables import (
    call_notes,
    clients,
    closures,
    comments,
    contacts,
    evidence,
    inbound_events,
    messages,
    surveys,
    voices,
)
from .forgetting import erase, left_behind

_OPEN = [SurveyState.SCHEDULED.value, SurveyState.SENDING.value, SurveyState.SENT.value]
_PROFILE = ("name", "email", "phone", "telegram", "locale", "timezone")
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)


class Sweep:
    """Deletes a bounded amount each round, and goes on in the next where it stopped.

    Rows are found by keys that begin with the tenant and are in the order of their making: retention has no index of
    its own, so that a closing pays nothing for it.
    """

    #: Tenants that are looked at in one round.
    TENANTS = 20
    #: How long a tenant with nothing over its age is left alone.
    REST = timedelta(hours=1)

    def __init__(self) -> None:
        self._rested: dict[str, datetime] = {}

    def round(
        self,
        store: Store,
        tenants: Iterable[str],
        retention: Retention,
        now: datetime,
        limit: int,
        secrets: Sequence[Secret] = (),
    ) -> int:
        """Delete at most ``limit`` rows of each kind of each tenant, and what was written of somebody while they were
        forgotten; how many rows went."""
        gone = 0
        due = [name for name in tenants if not self._rested.get(name, now) > now]
        for tenant in due[: self.TENANTS]:
            gone += _forget_again(store, tenant, secrets, now)
            if _anything(store, tenant, retention, now):
                with store.write() as connection:
                    gone += clean(connection, tenant, retention, now, limit)
            if not _anything(store, tenant, retention, now):
                self._rested[tenant] = now + self.REST
        return gone


def _forget_again(store: Store, tenant: str, secrets: Sequence[Secret], now: datetime) -> int:
    with store.read() as connection:
        persons = left_behind(connection, tenant, secrets, now)
    if not persons:
        return 0
    with store.write() as connection:
        return sum(erase(connection, tenant, persons, now).values())


@dataclass(frozen=True)
class _Kind:
    """Rows of one table that are over their age, and what becomes of them: deleted, or overwritten with ``values``."""

    table: Table
    #: the column that tells the rows of a tenant apart
    id: Any
    over: Any
    values: dict[str, str] | None = None

    def some(self, tenant: str, limit: int) -> Any:
        return select(self.id).where(self.table.c.tenant_id == tenant, self.over).limit(limit)


def clean(connection: Connection, tenant: str, retention: Retention, now: datetime, limit: int) -> int:
    """Delete what is over its age, at most ``limit`` rows of each kind; how many rows went."""
    gone = 0
    for kind in _kinds(tenant, retention, now):
        # two workers do not wait for each other's rows
        found = connection.execute(kind.some(tenant, limit).with_for_update(skip_locked=True, of=kind.table)).scalars()
        ids = list(found)
        if ids:
            change: Any = delete(kind.table) if kind.values is None else update(kind.table).values(kind.values)
            of = (kind.table.c.tenant_id == tenant) & kind.id.in_(ids)
            gone += connection.execute(change.where(of)).rowcount
    return gone


def _anything(store: Store, tenant: str, retention: Retention, now: datetime) -> bool:
    """Whether there is anything to delete: looked for without the lock that writing takes."""
    with store.read() as connection:
        return any(connection.execute(kind.some(tenant, 1)).first() for kind in _kinds(tenant, retention, now))


def _kinds(tenant: str, retention: Retention, now: datetime) -> list[_Kind]:
    old = _before(now, retention.contacts)
    spoken, seen = _before(now, retention.comments), _before(now, retention.evidence)
    stale = _stale(tenant, old)
    remembered = or_(
        exists().where(comments.c.tenant_id == tenant, comments.c.client == clients.c.client),
        exists().where(voices.c.tenant_id == tenant, voices.c.client == clients.c.client, voices.c.text != ""),
    )
    told = or_(*(clients.c[name] != "" for name in _PROFILE))
    # an id begins with the time of its making: the bound lets an index find the rows, the time beside it decides
    return [
        _Kind(comments, comments.c.comment, (comments.c.comment < first_id(spoken)) & (comments.c.at < spoken)),
        _Kind(
            call_notes,
            call_notes.c.note,
            (call_notes.c.note < first_id(spoken))
            & (call_notes.c.at < spoken)
            & ((call_notes.c.cause != "") | (call_notes.c.suggestion != "")),
            {"cause": "", "suggestion": ""},
        ),
        _Kind(
            voices,
            voices.c.voice,
            (voices.c.voice < first_id(spoken)) & (voices.c.recorded_at < spoken) & (voices.c.text != ""),
            {"text": ""},
        ),
        _Kind(evidence, evidence.c.evidence, (evidence.c.evidence < first_id(seen)) & (evidence.c.at < seen)),
        _Kind(inbound_events, inbound_events.c.event, inbound_events.c.at < seen),
        _Kind(
            contacts,
            contacts.c.survey,
            (contacts.c.survey < first_id(old)) & (contacts.c.at < old) & ~_still_open(contacts, tenant),
        ),
        _Kind(
            messages,
            messages.c.token_digest,
            (messages.c.survey < first_id(old))
            & (messages.c.created_at < old)
            & (messages.c.expires_at < now)
            & ~_still_open(messages, tenant),
        ),
        _Kind(clients, clients.c.client, stale & ~remembered),
        # whoever left a comment must be found to be forgotten: the key stays as long as that, the profile does not
        _Kind(clients, clients.c.client, stale & told, dict.fromkeys(_PROFILE, "")),
    ]


def _stale(tenant: str, old: datetime) -> Any:
    """Persons without a closing since then, and without an open question."""
    key = ("tenant_id", "host", "ticket", "closure")
    recent = (
        select(surveys.c.survey)
        .join(closures, and_(*(surveys.c[name] == closures.c[name] for name in key)))
        .where(surveys.c.tenant_id == tenant, surveys.c.client == clients.c.client)
        .where(or_(closures.c.recorded_at >= old, surveys.c.state.in_(_OPEN)))
    )
    return (clients.c.client < first_id(old)) & (clients.c.seen_at < old) & ~recent.correlate(clients).exists()


def _still_open(table: Table, tenant: str) -> Any:
    of = (surveys.c.tenant_id == tenant) & (surveys.c.survey == table.c.survey) & surveys.c.state.in_(_OPEN)
    return select(surveys.c.survey).where(of).correlate(table).exists()


def _before(now: datetime, age: timedelta) -> datetime:
    return now - age if age < now - _EARLIEST else _EARLIEST
