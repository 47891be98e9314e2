"""Handing out what is kept: everything about one person, or every closure of a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_

from ..config.secret import Secret
from ..config.settings import Tenant
from ..model import Client
from ..model.plain import plain
from ..store.engine import Store
from ..store.persons import find_person, hashes
from ..store.tables import (
    answer_reasons,
    answers,
    call_notes,
    clients,
    closures,
    comments,
    contacts,
    evidence,
    indicator_answers,
    messages,
    suppressions,
    surveys,
    voices,
)
from ..verdicts import read_verdict

#: Closures that are read in one transaction; a slow reader must not keep one open.
_PAGE = 200
_KEY = ("host", "ticket", "closure")
_ADDRESSES = ("name", "email", "phone", "telegram", "locale", "timezone")
_CLOSURE = (
    *("opened_at", "closed_at", "queue", "service", "priority", "contract", "organization", "level", "tags", "facts"),
)
_SURVEY = ("survey", "respondent", "state", "not_asked", "channel", "locale", "due_at", "sent_at", "expires_at")
_ANSWER = ("answer", "score", "band", "state", "grade", "at", "source", "channel")
_MESSAGE = ("kind", "channel", "locale", "question", "created_at", "expires_at", "outcome", "detail")
_CALL = ("kind", "at", "outcome", "reason", "cause", "suggestion", "finding", "later")
_VOICE = (
    *("voice", "source", "at", "text", "score", "scale", "indicators", "level", "organization", "participants"),
    *("slices", "withdrawn_at"),
)
_VISIT = ("link", "at", "address", "agent", "score")


def export_person(connection: Connection, tenant: Tenant, client: Client, secrets: Sequence[Secret]) -> dict[str, Any]:
    """Everything kept about a person, JSON-ready; see :meth:`nps_plugin.Ratings.export_person`."""
    person = find_person(connection, tenant.name, client)
    mine = list(person.clients)
    asked = _rows(connection, surveys, tenant, client=mine)
    asked.sort(key=lambda row: (*(row[name] for name in _KEY), row["respondent"]))
    ids = [row["survey"] for row in asked]
    heard = _rows(connection, answers, tenant, survey=ids)
    words = _Words(connection, tenant, heard)
    contact = {row["survey"]: row for row in _rows(connection, contacts, tenant, survey=ids)}
    sent = sorted(_rows(connection, messages, tenant, survey=ids), key=lambda row: row["created_at"])
    visits = _rows(connection, evidence, tenant, survey=ids)
    spoken = _rows(connection, call_notes, tenant, survey=ids)
    said = _rows(connection, comments, tenant, survey=ids)
    about = _closures_of(connection, tenant, asked)
    found = []
    for row in asked:
        survey = row["survey"]
        facts = about.get(tuple(row[name] for name in _KEY), {})
        found.append(
            _some(row, _KEY)
            | _some(row, _SURVEY)
            | {
                # what the ticket says of its client says nothing of a further respondent
                "ticket_facts": _some(facts, _CLOSURE) if facts.get("client") in mine else None,
                "contact": _some(contact.get(survey), (*_ADDRESSES, "subject", "at")),
                "messages": [_some(message, _MESSAGE) for message in sent if message["survey"] == survey],
                "answers": [words.with_answer(answer) for answer in heard if answer["survey"] == survey],
                # words without a score, to which none came since
                "comments": [
                    _some(row, ("text", "at")) for row in said if row["survey"] == survey and row["answer"] is None
                ],
                "calls": [_some(call, _CALL) for call in spoken if call["survey"] == survey],
                "visits": [_some(visit, _VISIT) for visit in visits if visit["survey"] == survey],
            }
        )
    digests = hashes(secrets, tenant.name, person.names)
    profiles = _rows(connection, clients, tenant, client=mine)
    outs = {(row["why"], row["at"]) for row in _rows(connection, suppressions, tenant, digest=digests)}
    export = {
        "tenant": tenant.name,
        "profiles": [_some(row, ("key", *_ADDRESSES, "seen_at")) for row in profiles],
        "surveys": found,
        "voices": [_some(row, _VOICE) for row in _rows(connection, voices, tenant, client=mine)],
        "not_to_be_asked": [{"why": why, "at": at} for why, at in sorted(outs, key=lambda out: out[1])],
        "shared_with": person.shared,
    }
    made: dict[str, Any] = plain(export)
    return made


def export(store: Store, tenant: Tenant) -> Iterator[dict[str, Any]]:
    """Every closure of a tenant in the order of host and ticket, JSON-ready; see :meth:`nps_plugin.Ratings.export`."""
    after: tuple[Any, ...] | None = None
    while True:
        with store.read() as connection:
            page = _page(connection, tenant, after)
        yield from (row for _, row in page)
        if len(page) < _PAGE:
            return
        after = page[-1][0]


def _page(
    connection: Connection, tenant: Tenant, after: tuple[Any, ...] | None
) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    key = [closures.c[name] for name in _KEY]
    query = select(closures).where(closures.c.tenant_id == tenant.name).order_by(*key).limit(_PAGE)
    if after is not None:
        query = query.where(tuple_(*key) > after)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if not rows:
        return []
    keys = [tuple(row[name] for name in _KEY) for row in rows]
    asked = _in_pages(connection, tenant, keys)
    heard = _rows(connection, answers, tenant, survey=[row["survey"] for row in asked])
    words = _Words(connection, tenant, heard)
    made = []
    for key_, row in zip(keys, rows, strict=True):
        mine = [survey for survey in asked if tuple(survey[name] for name in _KEY) == key_]
        host, ticket, closure = key_
        verdict = read_verdict(connection, tenant, ticket, host, closure)
        kept = {name: value for name, value in row.items() if name not in ("tenant_id", "addresses")}
        kept |= {
            "tenant": tenant.name,
            "verdict": verdict.kind,
            "reopened_after": verdict.reopened,
            "surveys": [
                _some(survey, (*_SURVEY, "client", "procedure", "scale", "detail"))
                | {
                    "answers": [
                        words.with_answer(answer) | {"by": answer["by"]}
                        for answer in heard
                        if answer["survey"] == survey["survey"]
                    ]
                }
                for survey in mine
            ],
        }
        made.append((key_, plain(kept)))
    return made


class _Words:
    """Reasons, indicators and comments of some answers, read at once."""

    def __init__(self, connection: Connection, tenant: Tenant, heard: Iterable[dict[str, Any]]) -> None:
        ids = [row["answer"] for row in heard]
        self._reasons = _rows(connection, answer_reasons, tenant, answer=ids)
        self._indicators = _rows(connection, indicator_answers, tenant, answer=ids)
        self._comments = _rows(connection, comments, tenant, answer=ids)

    def with_answer(self, answer: dict[str, Any]) -> dict[str, Any]:
        reasons = [row["reason"] for row in self._reasons if row["answer"] == answer["answer"]]
        texts = [_some(row, ("text", "at")) for row in self._comments if row["answer"] == answer["answer"]]
        # in the order of their revisions: the last one stands
        said = {row["indicator"]: row["value"] for row in self._indicators if row["answer"] == answer["answer"]}
        return _some(answer, _ANSWER) | {"reasons": reasons, "indicators": said, "comments": texts}


def _in_pages(connection: Connection, tenant: Tenant, keys: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    of = tuple_(*(surveys.c[name] for name in _KEY)).in_(keys)
    query = select(surveys).where(surveys.c.tenant_id == tenant.name, of).order_by(surveys.c.respondent)
    return [dict(row) for row in connection.execute(query).mappings()]


def _closures_of(
    connection: Connection, tenant: Tenant, asked: Sequence[dict[str, Any]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    keys = sorted({tuple(row[name] for name in _KEY) for row in asked})
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for start in range(0, len(keys), _PAGE):
        of = tuple_(*(closures.c[name] for name in _KEY)).in_(keys[start : start + _PAGE])
        for row in connection.execute(select(closures).where(closures.c.tenant_id == tenant.name, of)).mappings():
            found[tuple(row[name] for name in _KEY)] = dict(row)
    return found


def _rows(connection: Connection, table: Table, tenant: Tenant, **within: Sequence[str]) -> list[dict[str, Any]]:
    """The rows whose column holds one of the values, in the order of their keys; asked in pieces that any engine
    takes."""
    ((name, values),) = within.items()
    found: list[dict[str, Any]] = []
    for start in range(0, len(values), 500):
        query = select(table).where(
            table.c.tenant_id == tenant.name, table.c[name].in_(list(values[start : start + 500]))
        )
        found += (dict(row) for row in connection.execute(query.order_by(*table.primary_key)).mappings())
    return found


def _some(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {} if not row else {name: row[name] for name in names}
