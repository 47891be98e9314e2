"""``import``: the history of an export in the store, as if it had been recorded then. Nobody is asked or told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from ..config import Secret, Tenant
from ..counts import MET, UNKNOWN
from ..kpi import calendars_of, check_kpi
from ..model import AnswerState, Client, ClosedTicket, Grade, Imported, RefusedRow, Scale, SurveyState
from ..store.addresses import address_marks
from ..store.engine import Store
from ..store.folding import queue_folds
from ..store.ids import new_id
from ..store.names import fitting
from ..store.persons import FORGOTTEN, suppressions_of, surrogates
from ..store.scales import scale_row
from ..store.tables import answers, closures, procedures, surveys
from ..store.upsert import add, insert_or
from ..surveys.procedure import IMPORTED
from .columns import Columns
from .judging import open_export
from .rows import Good, Reader
from .source import Progress

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Rows of one transaction; the worker and the host's closings come in between.
_AT_ONCE = 2000
#: Tickets that one statement looks up.
_LOOKED_UP = 500
_TEXTS = ("agent", "queue", "service", "organization", "priority")


class _Row(NamedTuple):
    """One row that can be imported."""

    line: int
    ticket: str
    opened: datetime | None
    closed: datetime | None
    took: timedelta | None
    target: timedelta | None
    kpi: int
    score: int | None
    client: str
    texts: Mapping[str, str]
    reopened: int | None


class _Closing(NamedTuple):
    """What the fold queue needs to know of a closing."""

    host: str
    ticket: str
    closure: int


@dataclass(kw_only=True)
class History:
    """One import into one tenant's store."""

    store: Store
    tenant: Tenant
    secrets: Sequence[Secret]
    now: datetime
    by: str = "import"
    host: str = ""
    #: client as the file names it -> surrogate key and marks of its address; None for somebody forgotten
    _people: dict[str, tuple[str | None, str]] = field(default_factory=dict)

    def take_in(
        self,
        path: str | Path,
        columns: Mapping[str, Any] | str | Path | None,
        progress: Progress | None = None,
    ) -> Imported:
        """Read the export and write what is not known yet. Raises as ``judge`` does, before anything is written."""
        export = open_export(path, columns, needs=("score", "ticket"))
        reader = Reader(export.source, export.columns, export.scale)
        by_rules = not (
            export.columns.has("kpi_met") or export.columns.has("target_at") or export.columns.resolve_within
        )
        writer = _Writer(self, export.scale, by_rules)
        refused: list[RefusedRow] = []
        rows: list[_Row] = []
        for good in reader.batches(progress):
            for row in _rows(good, export.columns, export.scale):
                if row.ticket:
                    rows.append(row)
                else:
                    refused.append(
                        RefusedRow(
                            row=row.line, field="ticket", value="", reason="is empty: nothing could find it again"
                        )
                    )
            while len(rows) >= _AT_ONCE:
                writer.write(rows[:_AT_ONCE])
                del rows[:_AT_ONCE]
        writer.write(rows)
        return Imported(
            closures=writer.closures,
            answers=writer.answers,
            known=writer.known,
            open=reader.reading.open,
            refused_rows=tuple(sorted([*reader.reading.refused, *refused])),
            notes=export.columns.guessed,
        )

    def keys(self, connection: Connection, names: Iterable[str]) -> Mapping[str, tuple[str | None, str]]:
        """Who the clients of the file are, made at first sight; of somebody forgotten nothing is kept."""
        new = {name: person(name) for name in dict.fromkeys(names) if name and name not in self._people}
        if new:
            tenant = self.tenant.name
            why = suppressions_of(connection, tenant, list(new.values()), self.secrets, self.now)
            kept = {name: one for (name, one), reason in zip(new.items(), why, strict=True) if reason != FORGOTTEN}
            found = surrogates(connection, tenant, kept.values(), self.now)
            for name, one in new.items():
                marks = address_marks(self.secrets[0], tenant, one) if name in kept and self.secrets else ""
                self._people[name] = (found.get(one.key) if name in kept else None, marks)
        return self._people


class _Writer:
    """Writes rows, some thousands in a transaction."""

    def __init__(self, history: History, scale: Scale, by_rules: bool) -> None:
        self._history, self._scale = history, scale
        self._by_rules = by_rules
        self._calendars = calendars_of(history.tenant.calendars) if by_rules else {}
        self._procedure, self._spec = _procedure(scale, history.by)
        self.closures = self.answers = self.known = 0

    def write(self, rows: Sequence[_Row]) -> None:
        """Write those that are not known. Somebody who records one of them at the same moment makes us look again."""
        if not rows:
            return
        for last in (False, True):
            people = dict(self._history._people)  # noqa: SLF001 - a part of it
            try:
                with self._history.store.write() as connection:
                    added, answered = self._write(connection, rows)
            except IntegrityError:
                self._history._people = people  # noqa: SLF001 - what was rolled back is not known
                if last:
                    raise
            else:
                self.closures += added
                self.answers += answered
                self.known += len(rows) - added
                return

    def _write(self, connection: Connection, rows: Sequence[_Row]) -> tuple[int, int]:
        history = self._history
        tenant, host, now = history.tenant.name, history.host, history.now
        fresh = list(_numbered(rows, self._standing(connection, {row.ticket for row in rows})))
        if not fresh:
            return 0, 0
        people = history.keys(connection, (row.client for row, _ in fresh))
        if self._spec is not None:
            spec = {"tenant_id": tenant, "procedure": self._procedure, "spec": self._spec, "at": now}
            connection.execute(insert_or(connection, procedures).on_conflict_do_nothing(), spec)
            self._spec = None
        facts, asked, heard = [], [], []
        scale, bands = scale_row(self._scale), {point: self._scale.band(point).value for point in self._scale.points}
        for row, closure in fresh:
            client, marks = people.get(row.client, (None, ""))
            at = row.closed or now
            survey = new_id(at)
            facts.append(self._facts(row, closure, client, marks))
            asked.append(
                {
                    "tenant_id": tenant,
                    "survey": survey,
                    "host": host,
                    "ticket": row.ticket,
                    "closure": closure,
                    "respondent": 0,
                    "client": client,
                    "organization": row.texts.get("organization", ""),
                    "procedure": self._procedure,
                    "state": (SurveyState.EXPIRED if row.score is None else SurveyState.ANSWERED).value,
                    "not_asked": None,
                    "detail": "import",
                    "scale": scale,
                    "channels": [],
                    "planned_for": None,
                    "due_at": None,
                    "expires_at": at,
                    "sent_at": None,
                    "state_at": now,
                    "channel": "import",
                    "locale": "",
                    "attempts": 0,
                }
            )
            if row.score is not None:
                heard.append(
                    {
                        "tenant_id": tenant,
                        "answer": new_id(at),
                        "survey": survey,
                        "score": row.score,
                        "band": bands[row.score],
                        "state": AnswerState.COUNTED.value,
                        "grade": Grade.UNCLEAR.value,
                        "at": at,
                        "source": "import",
                        "by": fitting(history.by),
                        "channel": "import",
                    }
                )
        add(connection, closures, *facts)
        add(connection, surveys, *asked)
        add(connection, answers, *heard)
        queue_folds(connection, tenant, [_Closing(host, row.ticket, closure) for row, closure in fresh], now)
        return len(facts), len(heard)

    def _standing(self, connection: Connection, tickets: set[str]) -> dict[str, dict[datetime | None, int]]:
        """The closings that are known of these tickets: when, and as which."""
        found: dict[str, dict[datetime | None, int]] = {}
        listed = sorted(tickets)
        for start in range(0, len(listed), _LOOKED_UP):
            query = select(closures.c.ticket, closures.c.closed_at, closures.c.closure).where(
                closures.c.tenant_id == self._history.tenant.name,
                closures.c.host == self._history.host,
                closures.c.ticket.in_(listed[start : start + _LOOKED_UP]),
            )
            for ticket, closed, closure in connection.execute(query):
                found.setdefault(ticket, {})[closed] = closure
        return found

    def _facts(self, row: _Row, closure: int, client: str | None, marks: str) -> dict[str, Any]:
        history, texts = self._history, row.texts
        met: bool | None = None if row.kpi == UNKNOWN else row.kpi == MET
        elapsed = row.closed - row.opened if row.closed and row.opened else None
        worked, target, unknown = row.took, row.target, "" if met is not None else "the import has no KPI for it"
        if self._by_rules:
            kpi, _ = check_kpi(_ticket(history.tenant.name, row), history.tenant.kpi, self._calendars)
            met, worked, elapsed, target, unknown = kpi.met, kpi.worked, kpi.elapsed, kpi.target, kpi.unknown
        agent = texts.get("agent", "")
        return {
            "tenant_id": history.tenant.name,
            "host": history.host,
            "ticket": row.ticket,
            "closure": closure,
            "client": client,
            "opened_at": row.opened,
            "closed_at": row.closed,
            "recorded_at": history.now,
            "kpi_met": met,
            "worked": worked,
            "elapsed": elapsed,
            "target": target,
            "kpi_unknown": unknown,
            "credited": agent,
            "agent": agent,
            "closed_by": "",
            "last_replier": "",
            "queue": texts.get("queue", ""),
            "service": texts.get("service", ""),
            "priority": texts.get("priority", ""),
            "contract": "",
            "organization": texts.get("organization", ""),
            "level": "",
            "reopened": row.reopened,
            "replies": None,
            "last_reply_length": None,
            "path": [],
            "paused": [],
            "tags": ["import"],
            "facts": {},
            "passes": None,
            "passing": "",
            "still": None,
            "addresses": marks if client else "",
            "problem": "",
        }


def person(name: str) -> Client:
    """Who a cell of the client column names: an address where it looks like one, else an id."""
    return Client(email=name) if "@" in name and " " not in name else Client(id=name)


def _ticket(tenant: str, row: _Row) -> ClosedTicket:
    return ClosedTicket(
        tenant=tenant,
        ticket=row.ticket,
        opened_at=row.opened,
        closed_at=row.closed,
        worked=row.took,
        client=Client(id=row.client, organization=row.texts.get("organization", "")),
        agent=row.texts.get("agent", ""),
        queue=row.texts.get("queue", ""),
        service=row.texts.get("service", ""),
        priority=row.texts.get("priority", ""),
    )


def _procedure(scale: Scale, by: str) -> tuple[str, dict[str, Any] | None]:
    """A procedure of its own: how others asked is never pooled with how we do."""
    spec = {"import": by, "scale": scale_row(scale)}
    written = json.dumps(spec, sort_keys=True, ensure_ascii=False)
    return IMPORTED + hashlib.sha256(written.encode()).hexdigest()[: 16 - len(IMPORTED)], spec


def _numbered(rows: Iterable[_Row], standing: Mapping[str, dict[datetime | None, int]]) -> Iterator[tuple[_Row, int]]:
    """The rows that are not known yet, each with the number of its closure."""
    for row in rows:
        known = standing.get(row.ticket)
        if known is None:
            standing[row.ticket] = {row.closed: 1}  # type: ignore[index]
            yield row, 1
        elif row.closed not in known:
            known[row.closed] = 1 + max(known.values())
            yield row, known[row.closed]


def _rows(good: Good, columns: Columns, scale: Scale) -> Iterator[_Row]:
    texts = {role: [fitting(cell.strip()) for cell in good.texts[role]] for role in _TEXTS if role in good.texts}
    clients = good.texts.get("client") or [""] * len(good.lines)
    reopened: Sequence[int | None] = good.counts.get("reopened") or [None] * len(good.lines)
    names = list(texts)
    for place, line in enumerate(good.lines):
        opened, closed, target = good.opened[place], good.closed[place], good.target[place]
        agreed = columns.resolve_within
        if target is not None:
            agreed = target - opened if opened is not None and target > opened else None
        point = good.scores[place]
        yield _Row(
            line,
            fitting(good.tickets[place]),
            None if opened is None else _EPOCH + opened,
            None if closed is None else _EPOCH + closed,
            good.took[place],
            agreed,
            good.kpis[place],
            scale.low + point if point < len(scale.points) else None,
            clients[place].strip(),
            {name: texts[name][place] for name in names},
            reopened[place],
        )
