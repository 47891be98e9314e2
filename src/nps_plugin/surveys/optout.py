"""Asking a person no more, from now on, on every address that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, NotAskedReason, SurveyState
from ..store.folding import queue_folds
from ..store.persons import OPTED_OUT, find_person, hashes, suppress
from ..store.tables import clients, messages, surveys
from .statements import NOTICED


def opt_out(
    connection: Connection, tenant: Tenant, person: str | None, secrets: Sequence[Secret], now: datetime
) -> None:
    """Suppress the person behind a surrogate key, and let go of the questions planned for them. Repeats change
    nothing."""
    row = connection.execute(select(clients).filter_by(tenant_id=tenant.name, client=person)).first()
    if row is None:
        return
    kind, _, value = row.key.partition(":")
    client = Client(id=value if kind == "id" else "", email=row.email, phone=row.phone, telegram=row.telegram)
    opt_out_client(connection, tenant, client, secrets, now)


def opt_out_client(
    connection: Connection, tenant: Tenant, client: Client, secrets: Sequence[Secret], now: datetime
) -> None:
    """Suppress a person under the id and every address known of them, and let go of the questions planned for them.

    They need not be known yet. Repeats change nothing.
    """
    person = find_person(connection, tenant.name, client)
    suppress(connection, tenant.name, hashes(secrets[:1], tenant.name, person.names), OPTED_OUT, now)
    release_planned(connection, tenant.name, person.clients, now)


def release_planned(connection: Connection, tenant: str, persons: Sequence[str], now: datetime) -> int:
    """Let go of the questions that are planned for these surrogate keys and have not left; how many there were."""
    # what the client noticed of an earlier try was asked: it is given up, as the worker itself would say
    noticed = (
        select(messages.c.message)
        .where(messages.c.tenant_id == tenant, messages.c.survey == surveys.c.survey, messages.c.outcome.in_(NOTICED))
        .correlate(surveys)
        .exists()
    )
    released = connection.execute(
        update(surveys)
        .where(surveys.c.tenant_id == tenant, surveys.c.client.in_(list(persons)))
        .where(surveys.c.state.in_([SurveyState.SCHEDULED.value, SurveyState.SENDING.value]))
        .values(
            state=case((noticed, SurveyState.GIVEN_UP.value), else_=SurveyState.NOT_ASKED.value),
            not_asked=case((noticed, None), else_=NotAskedReason.OPTED_OUT.value),
            detail=NotAskedReason.OPTED_OUT.value,
            state_at=now,
            sent_at=case((noticed, surveys.c.sent_at), else_=None),
        )
        .returning(surveys.c.host, surveys.c.ticket, surveys.c.closure)
    ).all()
    queue_folds(connection, tenant, released, now)
    return len(released)
