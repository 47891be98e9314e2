"""What each closure contributes to the counts, read from the facts: one query, whoever asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
    type_coerce,
)

from ..config.settings import Tenant
from ..model import AnswerState, Band, SurveyState
from ..store.tables import answers, closures, counted, surveys
from .bins import deadline_bin_sql, time_bin_sql
from .signs import sign_columns
from .touching import of_tickets, touched

#: (host, ticket, closure)
Key = tuple[str, str, int]
#: As many closures are looked up by one statement.
_AT_ONCE = 500
#: The columns of ``nps_counted`` by which closings are told apart.
DIMENSIONS = ("agent", "queue", "service", "level", "priority", "organization")
_SHAPES = ("elapsed_bin", "worked_bin", "deadline")


class Way(NamedTuple):
    """How a question was asked: what a stratum's number stands for. ``scale`` is the JSON text of the survey."""

    procedure: str
    scale: str
    channel: str
    locale: str

    @property
    def low(self) -> int:
        """The lowest score."""
        return int(json.loads(self.scale)["low"])

    @property
    def points(self) -> int:
        """How many points the scale has."""
        scale = json.loads(self.scale)
        return int(scale["high"] - scale["low"] + 1)


class Contribution(NamedTuple):
    """What one closure adds to the counts; see ``nps_counted``."""

    host: str
    ticket: str
    closure: int
    client: str | None
    closed: int
    answered: int | None
    stratum: int
    cell: int
    agent: str
    queue: str
    service: str
    level: str
    priority: str
    organization: str
    elapsed_bin: int | None
    worked_bin: int | None
    deadline: int | None
    signs: int
    reply: int | None
    passing: str

    @property
    def key(self) -> Key:
        """Which closure it is."""
        return self.host, self.ticket, self.closure


def rated(cell: int, points: int) -> bool:
    """Whether a cell has a score."""
    return cell < 3 * points


def facts_query(dialect: str, tenant: Tenant) -> Select[Any]:
    """Each closure of a tenant that has a survey or a reason, with what counts of it.

    The answer is that of the ticket verdict: of the respondents' counted answers the one with the lowest band, of equal
    bands the first respondent's. Without one the closure counts by the first respondent who was asked, else who is to
    be asked, else as not asked.
    """
    # The values are written into the statement: SQLite uses a partial index only where it sees that its condition holds
    counts = answers.c.state == literal_column(f"'{AnswerState.COUNTED.value}'")
    unasked = surveys.c.state == literal_column(f"'{SurveyState.NOT_ASKED.value}'")
    of_closure = and_(*(surveys.c[name] == closures.c[name] for name in ("tenant_id", "host", "ticket", "closure")))
    its_answer = and_(answers.c.tenant_id == surveys.c.tenant_id, answers.c.survey == surveys.c.survey, counts)
    bands = {Band.DISSATISFIED: 0, Band.NEUTRAL: 1, Band.SATISFIED: 2}
    lowest = case(*((answers.c.band == band.value, place) for band, place in bands.items()), else_=3)
    chosen = (
        select(surveys.c.survey)
        .select_from(surveys.outerjoin(answers, its_answer))
        .where(of_closure)
        .order_by(lowest, case((unasked, 1), else_=0), case((surveys.c.channel == "", 1), else_=0))
        .order_by(surveys.c.respondent)
        .limit(1)
        .correlate(closures)
        .scalar_subquery()
    )
    met = closures.c.kpi_met
    return (
        select(
            *(closures.c[name] for name in ("host", "ticket", "closure")),
            case(
                (answers.c.answer.is_(None), func.coalesce(closures.c.client, surveys.c.client)),
                else_=surveys.c.client,
            ).label("client"),
            _micros(dialect, func.coalesce(closures.c.closed_at, closures.c.recorded_at)).label("closed"),
            _micros(dialect, answers.c.at).label("answered"),
            case((met.is_(None), 2), (met, 0), else_=1).label("kpi"),
            answers.c.score,
            case((unasked, 0), else_=1).label("asked"),
            surveys.c.procedure,
            cast(surveys.c.scale, Text).label("scale"),
            case((surveys.c.channel != "", surveys.c.channel), else_=func.coalesce(answers.c.channel, "")).label(
                "channel"
            ),
            surveys.c.locale,
            closures.c.credited.label("agent"),
            *(closures.c[name] for name in DIMENSIONS[1:]),
            time_bin_sql(closures.c.elapsed).label("elapsed_bin"),
            time_bin_sql(closures.c.worked).label("worked_bin"),
            deadline_bin_sql(closures.c.worked, closures.c.target).label("deadline"),
            *(column.label(name) for name, column in sign_columns(dialect, tenant).items()),
        )
        .select_from(
            closures.join(
                surveys, and_(surveys.c.tenant_id == closures.c.tenant_id, surveys.c.survey == chosen)
            ).outerjoin(answers, its_answer)
        )
        .where(closures.c.tenant_id == tenant.name)
    )


def _micros(dialect: str, time: Any) -> ColumnElement[int]:
    if dialect == "postgresql":
        return cast(extract("epoch", time) * 1_000_000, BigInteger)
    # as SQLAlchemy writes times: 2026-11-20 12:00:00.000000
    text = type_coerce(time, String)
    return cast(func.strftime("%s", text), BigInteger) * 1_000_000 + cast(func.substr(text, 21, 6), BigInteger)


def cell_of(kpi: int, score: int | None, asked: int, low: int, points: int) -> int:
    """The cell of a closure; see ``nps_counted``."""
    if score is None:
        return 3 * points + kpi + (0 if asked else 3)
    return kpi * points + score - low


def contributions(
    connection: Connection, tenant: Tenant, keys: Iterable[Key], stratum_of: Callable[[Way], int]
) -> Iterator[Contribution]:
    """What these closures contribute by the facts as they stand."""
    query = facts_query(connection.dialect.name, tenant)
    for some in _lots(keys):
        of = set(some)
        for row in connection.execute(query.where(of_tickets(closures, some))):
            if row[:3] in of:
                yield contribution(row, stratum_of)


def contribution(row: Any, stratum_of: Callable[[Way], int]) -> Contribution:
    """A row of :func:`facts_query` as it counts."""
    way = Way(row.procedure, row.scale, row.channel, row.locale)
    cell = cell_of(row.kpi, row.score, row.asked, way.low, way.points)
    return Contribution._make((*row[:6], stratum_of(way), cell, *row[13:]))


def folded(connection: Connection, tenant: str, keys: Iterable[Key]) -> Iterator[Contribution]:
    """What was folded of these closures."""
    columns = [counted.c[name] for name in Contribution._fields]
    for some in _lots(keys):
        of = set(some)
        rows = connection.execute(select(*columns).where(counted.c.tenant_id == tenant, of_tickets(counted, some)))
        yield from (Contribution._make(row) for row in rows if row[:3] in of)


def before_and_now(
    connection: Connection, tenant: Tenant, keys: Iterable[Key], stratum_of: Callable[[Way], int]
) -> tuple[dict[Key, Contribution], dict[Key, Contribution]]:
    """What was folded of these closures, and what they contribute now; with those of which the new ones among them may
    have changed the signs, as far as they were folded."""
    keys = set(keys)
    before = {one.key: one for one in folded(connection, tenant.name, keys)}
    beside = touched(connection, tenant.name, keys - before.keys(), tenant.signs.quick_fix_within) - keys
    before |= {one.key: one for one in folded(connection, tenant.name, beside)}
    now = {one.key: one for one in contributions(connection, tenant, keys | before.keys(), stratum_of)}
    return before, now


def _lots(keys: Iterable[Key]) -> Iterator[list[Key]]:
    listed = list(keys)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
