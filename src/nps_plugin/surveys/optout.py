"""Asking a person no more, from now on, on every address that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client, NotAskedReason, SurveyState
from ..store.persons import digests, suppress
from ..store.tables import clients, surveys


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
    suppress(connection, tenant.name, digests(secrets, tenant.name, client), "opted_out", now)
    connection.execute(
        update(surveys)
        .filter_by(tenant_id=tenant.name, client=person)
        .where(surveys.c.state == SurveyState.SCHEDULED.value)
        .values(state=SurveyState.NOT_ASKED.value, not_asked=NotAskedReason.OPTED_OUT.value)
    )
