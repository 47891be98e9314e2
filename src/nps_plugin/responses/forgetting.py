"""Forgetting a person: everything personal goes, everything that counts stays, and nobody asks them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, delete, or_, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, Forgotten, SurveyState
from ..store.persons import FORGOTTEN, find_person, hashes, suppress
from ..store.tables import call_notes, calls, clients, closures, comments, contacts, evidence, messages, surveys
from ..surveys.optout import release_planned


def forget(
    connection: Connection, tenant: Tenant, client: Client, secrets: Sequence[Secret], now: datetime
) -> Forgotten:
    """Delete what is personal of a person, and suppress the id and every address known of them.

    Closures, surveys, answers (score, band, state, reasons) and verdicts stay: their surrogate key leads to nobody.
    """
    person = find_person(connection, tenant.name, client)
    suppressed = suppress(connection, tenant.name, hashes(secrets[:1], tenant.name, person.names), FORGOTTEN, now)
    theirs = select(surveys.c.survey).where(
        surveys.c.tenant_id == tenant.name, surveys.c.client.in_(list(person.clients))
    )
    # an answer that is being recorded is waited for: its comment is then seen and deleted below
    connection.execute(theirs.order_by(surveys.c.survey).with_for_update()).all()
    released = release_planned(connection, tenant.name, person.clients, now)
    # a question that is out is not reminded of; its link is gone, and it runs out as unanswered
    connection.execute(
        update(surveys)
        .where(surveys.c.tenant_id == tenant.name, surveys.c.client.in_(list(person.clients)))
        .where(surveys.c.state == SurveyState.SENT.value)
        .values(due_at=surveys.c.expires_at)
    )
    # what was kept to see that an address changed leads to nobody without the secret, and goes all the same
    connection.execute(
        update(closures)
        .where(closures.c.tenant_id == tenant.name, closures.c.client.in_(list(person.clients)))
        .values(addresses="")
    )

    def gone(table: Table) -> int:
        ways = [table.c.client.in_(list(person.clients))]
        if "survey" in table.c:
            ways.append(table.c.survey.in_(theirs))
        return connection.execute(delete(table).where(table.c.tenant_id == tenant.name, or_(*ways))).rowcount

    # what was said in calls goes; that there was a call, and what it found, stays
    said = (call_notes.c.cause != "") | (call_notes.c.suggestion != "")
    whose = or_(call_notes.c.client.in_(list(person.clients)), call_notes.c.survey.in_(theirs))
    notes = update(call_notes).where(call_notes.c.tenant_id == tenant.name, whose, said)
    told = connection.execute(notes.values(cause="", suggestion="")).rowcount
    # nobody calls any more
    gone(calls)
    # first: a visit holds its message, so what it leaves is seen and deleted with the evidence
    links = gone(messages)
    return Forgotten(
        tenant=tenant.name,
        comments=gone(comments),
        calls=told,
        evidence=gone(evidence),
        messages=links,
        contacts=gone(contacts),
        persons=gone(clients),
        surveys=released,
        suppressed=suppressed,
        shared=person.shared,
    )
