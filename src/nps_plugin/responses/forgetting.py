"""Forgetting a person: everything personal goes, everything that counts stays, and nobody asks them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, exists, or_, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..counts import mark_touched
from ..model import Client, Forgotten, SurveyState
from ..store.ids import first_id
from ..store.persons import FORGOTTEN, IN_FLIGHT, find_person, forgotten_since, hashes, made_anew, suppress
from ..store.tables import call_notes, calls, clients, closures, comments, contacts, evidence, messages, surveys, voices
from ..surveys.optout import release_planned


def forget(
    connection: Connection, tenant: Tenant, client: Client, secrets: Sequence[Secret], now: datetime
) -> Forgotten:
    """Delete what is personal of a person, and suppress the id and every address known of them.

    Closures, surveys, answers (score, band, state, reasons, indicators) and verdicts stay: their surrogate key leads to
    nobody.
    """
    person = find_person(connection, tenant.name, client)
    suppressed = suppress(connection, tenant.name, hashes(secrets[:1], tenant.name, person.names), FORGOTTEN, now)
    gone = erase(connection, tenant.name, person.clients, now)
    return Forgotten(tenant=tenant.name, suppressed=suppressed, shared=person.shared, **gone)


def erase(connection: Connection, tenant: str, persons: Sequence[str], now: datetime) -> dict[str, int]:
    """Delete what is personal under these surrogate keys; how many rows of each kind, and of questions let go."""
    theirs = select(surveys.c.survey).where(surveys.c.tenant_id == tenant, surveys.c.client.in_(list(persons)))
    # an answer that is being recorded is waited for: its comment is then seen and deleted below
    connection.execute(theirs.order_by(surveys.c.survey).with_for_update()).all()
    released = release_planned(connection, tenant, persons, now)
    # a question that is out is not reminded of; its link is gone, and it runs out as unanswered
    connection.execute(
        update(surveys)
        .where(surveys.c.tenant_id == tenant, surveys.c.client.in_(list(persons)))
        .where(surveys.c.state == SurveyState.SENT.value)
        .values(due_at=surveys.c.expires_at)
    )
    # what was kept to see that an address changed leads to nobody without the secret, and goes all the same
    marked = connection.execute(
        update(closures)
        .where(closures.c.tenant_id == tenant, closures.c.client.in_(list(persons)), closures.c.addresses != "")
        .values(addresses="")
        .returning(closures.c.host, closures.c.ticket, closures.c.closure)
    ).all()
    # of these closings, and of the next ones of the same tickets, nobody can tell any more that an address changed
    mark_touched(connection, tenant, marked, now)

    def gone(table: Table) -> int:
        ways = [table.c.client.in_(list(persons))]
        if "survey" in table.c:
            ways.append(table.c.survey.in_(theirs))
        return connection.execute(delete(table).where(table.c.tenant_id == tenant, or_(*ways))).rowcount

    # what was said in calls goes; that there was a call, and what it found, stays
    said = (call_notes.c.cause != "") | (call_notes.c.suggestion != "")
    whose = or_(call_notes.c.client.in_(list(persons)), call_notes.c.survey.in_(theirs))
    notes = update(call_notes).where(call_notes.c.tenant_id == tenant, whose, said)
    told = connection.execute(notes.values(cause="", suggestion="")).rowcount
    # nobody calls any more
    gone(calls)
    # first: a visit holds its message, so what it leaves is seen and deleted with the evidence
    links = gone(messages)
    found = {
        "comments": gone(comments),
        "calls": told,
        "evidence": gone(evidence),
        "messages": links,
        "contacts": gone(contacts),
        "persons": gone(clients),
        "surveys": released,
    }
    # last: a voice holds the row of its person, so one that is being kept was waited for and is seen
    spoken = update(voices).where(voices.c.tenant_id == tenant, voices.c.client.in_(list(persons)), voices.c.text != "")
    return found | {"voices": connection.execute(spoken.values(text="")).rowcount}


def left_behind(connection: Connection, tenant: str, secrets: Sequence[Secret], now: datetime) -> list[str]:
    """The surrogate keys under which something personal was written while its person was forgotten.

    A closing whose look-up ran before the forgetting was committed, or which was not committed when it ran, does not
    see it and is not seen by it. No lock could help a host that reads from a snapshot of its own.
    """
    digests = forgotten_since(connection, tenant, now - IN_FLIGHT)
    if not digests:
        return []
    since = first_id(now - 2 * IN_FLIGHT)
    nobody = ~exists().where(clients.c.tenant_id == tenant, clients.c.client == surveys.c.client)
    of = (surveys.c.tenant_id, surveys.c.survey)
    at = ("tenant_id", "host", "ticket", "closure")
    marked: list[Any] = [closures.c[name] == surveys.c[name] for name in at]
    personal = or_(
        *(exists().where(table.c.tenant_id == of[0], table.c.survey == of[1]) for table in (contacts, messages)),
        exists().where(and_(*marked), closures.c.client == surveys.c.client, closures.c.addresses != ""),
    )
    orphans = select(surveys.c.client).where(surveys.c.tenant_id == tenant, surveys.c.survey >= since)
    keys = connection.execute(orphans.where(surveys.c.client.is_not(None), nobody, personal).distinct()).scalars()
    return sorted({*keys, *made_anew(connection, tenant, digests, secrets, since)})
