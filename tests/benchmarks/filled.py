"""A tenant of many answers for the benchmarks, made inside SQLite: a year, 100 agents, 8 queues, two languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from nps_plugin import SCALES, Secret, read_mapping
from nps_plugin.config import Tenant
from nps_plugin.counts import rebuild
from nps_plugin.counts.locking import lock
from nps_plugin.counts.rebuilding import write_folds
from nps_plugin.counts.strata import Strata
from nps_plugin.store import tables
from nps_plugin.store.engine import Store
from nps_plugin.store.scales import scale_row

CLIENTS, AGENTS = 60_000, 100
SINCE, UNTIL = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
_YEAR = int((UNTIL - SINCE).total_seconds())
_START = int(SINCE.timestamp())


def config(url: str) -> dict[str, Any]:
    """The configuration of tenant acme: UTC, three faces, mail."""
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the benchmark")]}
    acme = {"brand": {"sender": "a@b.example"}, "timezone": "UTC", "channels": {"email": {"host": "127.0.0.1"}}}
    return {"database": {"url": url}, "page": page, "tenants": {"acme": acme}}


def tenant() -> Tenant:
    """Its settings."""
    return read_mapping(config("sqlite://")).tenants["acme"]


def _drawn(salt: int, upto: int) -> str:
    """A number from 0 that is as good as drawn by lot for this row."""
    mixed = f"((i * {2654435761 + 2 * salt * 7919} + {salt} * 97) % 4294967291)"
    return f"(({mixed} * {40503 + 2 * salt} + i / 7) % 2147483647 % {upto})"


def fill(url: str, answers: int, *, facts: bool = True) -> Store:
    """A database of so many answers, counted. ``facts`` False: what each contributes alone, without closures, surveys
    and answers, which no report reads from the folds."""
    store = Store(url)
    store.upgrade()
    with store.write() as connection:
        connection.exec_driver_sql("CREATE TEMP TABLE drawn AS " + _rows(answers))
        if facts:
            _facts(connection)
        else:
            _counted(connection)
        connection.exec_driver_sql("DROP TABLE drawn")
    return store


def _rows(answers: int) -> str:
    # who misses the target is less content, and whoever was content is more often content again
    return f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {answers})
        SELECT i, printf('%09d', i) AS ticket, {_drawn(1, CLIENTS)} AS client, {_drawn(2, AGENTS)} AS agent,
            {_drawn(3, 8)} AS queue, {_drawn(4, 20)} AS service, {_drawn(5, 3)} AS priority,
            {_drawn(6, 10)} < 8 AS met, {_START} + (i * {_YEAR} / {answers + 1}) AS closed, {_drawn(7, 100)} AS luck,
            60 + {_drawn(8, 28000)} AS elapsed
        FROM n"""


_SCORE = "CASE WHEN luck + client % 20 < 12 + 15 * (1 - met) THEN 1 WHEN luck + client % 20 < 30 THEN 2 ELSE 3 END"
_SCALE = json.dumps(scale_row(SCALES["faces-3"]))
_STAMP = "strftime('%Y-%m-%d %H:%M:%S.000000', closed{}, 'unixepoch')"


def _facts(connection: Connection) -> None:
    at, opened, answered = _STAMP.format(""), _STAMP.format(" - elapsed"), _STAMP.format(" + 86400")
    connection.exec_driver_sql(f"""
        INSERT INTO nps_closure (tenant_id, host, ticket, closure, client, opened_at, closed_at, recorded_at, kpi_met,
            worked, elapsed, target, kpi_unknown, credited, agent, closed_by, last_replier, queue, service, priority,
            contract, organization, level, path, paused, tags, facts, problem, addresses)
        SELECT 'acme', '', ticket, 1, printf('%032x', client), {opened}, {at}, {at}, met, elapsed * 1000000,
            elapsed * 1000000, 14400000000, '', 'agent' || agent, 'agent' || agent, '', '', 'queue' || queue,
            'service' || service, 'p' || priority, '', 'org' || (client % 2000), '', '[]', '[]', '[]', '{{}}', '', ''
        FROM drawn""")
    connection.exec_driver_sql(f"""
        INSERT INTO nps_survey (tenant_id, survey, host, ticket, closure, respondent, client, organization, procedure,
            state, detail, scale, channels, channel, locale, attempts, sent_at, state_at, expires_at, due_at)
        SELECT 'acme', printf('%032x', i), '', ticket, 1, 0, printf('%032x', client), '', 'p1', 'answered', '',
            '{_SCALE}', '["email"]', 'email', CASE client % 3 WHEN 0 THEN 'en' ELSE 'ru' END, 1, {at}, {at}, {at}, {at}
        FROM drawn""")
    connection.exec_driver_sql(f"""
        INSERT INTO nps_answer (tenant_id, answer, survey, score, band, state, grade, at, source, by, channel)
        SELECT 'acme', printf('%032x', i), printf('%032x', i), {_SCORE},
            CASE {_SCORE} WHEN 1 THEN 'dissatisfied' WHEN 2 THEN 'neutral' ELSE 'satisfied' END,
            'counted', 'human', {answered}, 'client', '', 'email'
        FROM drawn""")


def _counted(connection: Connection) -> None:
    for number, locale in ((1, "en"), (2, "ru")):
        connection.exec_driver_sql(
            "INSERT INTO nps_stratum VALUES ('acme', ?, 'p1', ?, 'email', ?, 1, 3)", (number, _SCALE, locale)
        )
    # in the order of tickets the rows of an index by client fall everywhere; built afterwards it is sorted once
    for index in tables.counted.indexes:
        index.drop(connection)
    connection.exec_driver_sql(f"""
        INSERT INTO nps_counted
        SELECT 'acme', '', ticket, 1, printf('%032x', client), closed * 1000000, (closed + 86400) * 1000000,
            CASE client % 3 WHEN 0 THEN 1 ELSE 2 END, 3 * (1 - met) + {_SCORE} - 1, 'agent' || agent,
            'queue' || queue, 'service' || service, '', 'p' || priority, 'org' || (client % 2000), 12, 12, NULL,
            1, NULL, ''
        FROM drawn""")
    for index in tables.counted.indexes:
        index.create(connection)


def size(path: Path) -> float:
    """Megabytes of a database."""
    return path.stat().st_size / 1e6


def counted(store: Store) -> None:
    """Count everything from the facts."""
    rebuild(store, tenant())


def fold_all(store: Store) -> None:
    """Fold the rows of ``nps_counted`` as they stand."""
    with store.write() as connection:
        lock(connection, tenant(), wait=True)
        write_folds(connection, tenant(), Strata(connection, "acme"))
