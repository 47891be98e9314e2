"""``close``: the closings of an export told as a host tells them, so that their clients are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..model import Client, ClosedTicket, Imported, Receipt, RefusedRow
from .columns import CONTACTS
from .history import person
from .judging import open_export
from .rows import Good, Reader
from .source import Progress

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def close_tickets(
    tell: Callable[[ClosedTicket], Receipt],
    tenant: str,
    path: str | Path,
    columns: Mapping[str, Any] | str | Path | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Tell (``Ratings.ticket_closed``) every closed ticket of an export; open ones are passed over. A repeat changes
    nothing. Raises as ``judge`` does; what could not be recorded is among the refused rows."""
    export = open_export(path, columns, needs=("ticket", "closed_at"))
    reader = Reader(export.source, export.columns, export.scale, contacts=True)
    new = known = asked = 0
    refused: list[RefusedRow] = []
    for good in reader.batches(progress):
        for place, line in enumerate(good.lines):
            ticket = _ticket(tenant, good, place)
            if not ticket.ticket:
                refused.append(RefusedRow(line, "ticket", "", "is empty: nothing could find it again"))
                continue
            receipt = tell(ticket)
            if not receipt.recorded:
                refused.append(RefusedRow(line, "ticket", ticket.ticket, receipt.problem or "the tenant is disabled"))
                continue
            known += receipt.repeated
            new += not receipt.repeated
            asked += not receipt.repeated and receipt.survey is not None
    return Imported(
        closures=new,
        answers=0,
        known=known,
        open=reader.reading.open,
        asked=asked,
        refused_rows=tuple(sorted([*reader.reading.refused, *refused])),
        notes=export.columns.guessed,
    )


def _ticket(tenant: str, good: Good, place: int) -> ClosedTicket:
    texts = {role: column[place].strip() for role, column in good.texts.items()}
    named = person(texts.get("client", ""))
    given = {name: texts[name] for name in CONTACTS if name != "subject" and texts.get(name)}
    client: Client = replace(named, organization=texts.get("organization", ""), **given)  # type: ignore[arg-type]
    opened, closed, target = good.opened[place], good.closed[place], good.target[place]
    reopened = good.counts.get("reopened")
    return ClosedTicket(
        tenant=tenant,
        ticket=good.tickets[place],
        opened_at=None if opened is None else _EPOCH + opened,
        closed_at=None if closed is None else _EPOCH + closed,
        target=target - opened if target is not None and opened is not None and target > opened else None,
        client=client if client.key else None,
        reopened=None if reopened is None else reopened[place],
        subject=texts.get("subject", ""),
        agent=texts.get("agent", ""),
        queue=texts.get("queue", ""),
        service=texts.get("service", ""),
        priority=texts.get("priority", ""),
    )
