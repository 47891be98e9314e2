"""Persons: a surrogate key for each, their addresses beside it, and who must not be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, case, func, literal_column, or_, select

from ..config.secret import Secret, keyed_digest
from ..model import Client
from .ids import new_id
from .prepared import prepared
from .tables import clients, contacts, suppressions
from .upsert import add_new, insert_or, inserting

_PROFILE = ("name", "email", "phone", "telegram", "locale", "timezone")
_ADDRESSES = ("email", "phone", "telegram")
#: Persons that one statement writes; engines take so many parameters and no more.
AT_ONCE = 50

#: Why a person is suppressed. Of somebody forgotten nothing personal is written again.
OPTED_OUT = "opted_out"
FORGOTTEN = "forgotten"
#: How long a transaction may be open that was begun before somebody was forgotten, and writes of them.
IN_FLIGHT = timedelta(days=1)


def first_sight(connection: Connection, tenant: str, client: Client, now: datetime) -> str | None:
    """A surrogate key for a person whom the look-up did not find; None where somebody was quicker, or for a nobody."""
    row = _row(tenant, client, now)
    return str(row["client"]) if client.key and add_new(connection, clients, row) else None


def surrogates(connection: Connection, tenant: str, people: Iterable[Client], now: datetime) -> dict[str, str]:
    """The surrogate keys of persons by ``Client.key``, made at first sight; what is known of them is brought up to
    date.

    One statement for :data:`AT_ONCE` of them. Writes, and so locks their rows until the host's transaction ends: ask
    ``surveys.lookup`` first for an unchanged one. Clients without id and address are left out: nothing can recognise
    them.
    """
    rows: dict[str, dict[str, Any]] = {}
    for client in people:
        if client.key:
            before = rows.get(client.key, {})
            row = rows[client.key] = _row(tenant, client, now)
            row |= {name: row[name] or before.get(name, "") for name in _PROFILE}
    # in one order everywhere, so that two transactions never wait for each other
    listed = [rows[key] for key in sorted(rows)]
    found: dict[str, str] = {}
    for start in range(0, len(listed), AT_ONCE):
        some = listed[start : start + AT_ONCE]
        values = {f"{name}_{number}": value for number, row in enumerate(some) for name, value in row.items()}
        statement = prepared(connection.dialect, _upsert, len(some))
        made: Any = statement.run(connection, values).all()
        found |= dict(made)
    return found


def _row(tenant: str, client: Client, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "client": new_id(now),
        "key": client.key,
        "seen_at": now,
        "name": client.name,
        "email": client.email,
        "phone": client.phone,
        "telegram": client.telegram,
        "locale": client.locale,
        "timezone": client.timezone,
    }


def _upsert(dialect: str, people: int) -> Any:
    """For that many; what the host leaves out now stays as it was known."""
    columns = ("tenant_id", "client", "key", "seen_at", *_PROFILE)
    statement = inserting(dialect, clients).values(
        [
            {name: bindparam(f"{name}_{number}", type_=clients.c[name].type) for name in columns}
            for number in range(people)
        ]
    )
    kept = {
        name: case((statement.excluded[name] == literal_column("''"), clients.c[name]), else_=statement.excluded[name])
        for name in _PROFILE
    }
    kept["seen_at"] = statement.excluded.seen_at
    statement = statement.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=kept)
    return statement.returning(clients.c.key, clients.c.client)


# --- who must not be asked


def names_of(client: Client) -> set[str]:
    """All names under which this person may be known: the id and every address, as ``kind:value``."""
    addresses = {_name(kind, getattr(client, kind)) for kind in _ADDRESSES}
    return ({client.key} | addresses) - {""}


def hashes(keys: Sequence[Secret], tenant: str, names: Iterable[str]) -> list[str]:
    """The keyed hashes of such names, by every secret given, the first secret's first."""
    named = sorted(names)
    return [keyed_digest(key, f"suppression {tenant}", name) for key in keys for name in named]


def digests(keys: Sequence[Secret], tenant: str, client: Client) -> list[str]:
    """The keyed hashes under which this person may be suppressed: id and every address, by every secret in use."""
    return hashes(keys, tenant, names_of(client))


def is_suppressed(connection: Connection, tenant: str, hashes: Sequence[str]) -> bool:
    """Whether any of the hashes is suppressed."""
    return bool(_suppressed(connection, tenant, hashes))


def suppressions_of(
    connection: Connection, tenant: str, people: Sequence[Client], keys: Sequence[Secret], now: datetime
) -> list[str | None]:
    """Why each of these persons must not be asked (``OPTED_OUT`` or ``FORGOTTEN``, the latter wins), or None.

    One statement, however many. Somebody who is found by an older secret only is written under the newest too, so that
    a secret can be dropped once those who matter came by again.
    """
    names = [names_of(client) for client in people]
    theirs = [hashes(keys, tenant, each) for each in names]
    found = _suppressed(connection, tenant, [digest for each in theirs for digest in each])
    reasons: list[str | None] = []
    for each, known in zip(names, theirs, strict=True):
        whys = {found[digest] for digest in known if digest in found}
        why = FORGOTTEN if FORGOTTEN in whys else OPTED_OUT if whys else None
        newest = known[: len(each)]
        if why and not found.keys() & set(newest):
            suppress(connection, tenant, newest, why, now)
        reasons.append(why)
    return reasons


def suppress(connection: Connection, tenant: str, hashes: Sequence[str], why: str, now: datetime) -> int:
    """Remember that this person must not be asked; how many of the hashes were new. Repeats change nothing.

    ``FORGOTTEN`` takes the place of ``OPTED_OUT``, never the other way round.
    """
    new = 0
    for digest in sorted(hashes):
        row: Any = insert_or(connection, suppressions).values(tenant_id=tenant, digest=digest, why=why, at=now)
        if why == FORGOTTEN:
            row = row.on_conflict_do_update(
                index_elements=["tenant_id", "digest"], set_={"why": why}, where=suppressions.c.why != why
            )
        else:
            row = row.on_conflict_do_nothing()
        new += connection.execute(row.returning(suppressions.c.digest)).first() is not None
    return new


def forgotten_since(connection: Connection, tenant: str, at: datetime) -> set[str]:
    """The hashes of those who were forgotten since then."""
    found = select(suppressions.c.digest).filter_by(tenant_id=tenant, why=FORGOTTEN).where(suppressions.c.at >= at)
    return set(connection.execute(found).scalars())


def made_anew(
    connection: Connection, tenant: str, digests: set[str], secrets: Sequence[Secret], since: str
) -> Iterator[str]:
    """The surrogate keys made since that id for persons who are known by one of these hashes.

    Somebody without an id whose address is an id's too is left out: as in forgetting, nobody can say whose it is.
    """
    made = select(clients.c.client, clients.c.key).where(clients.c.tenant_id == tenant, clients.c.client >= since)
    for person, key in connection.execute(made).all():
        if not digests.isdisjoint(hashes(secrets, tenant, [key])):
            alike = _matching(connection, tenant, {key}).values()
            if key.startswith("id:") or not any(match.has_id for match in alike):
                yield person


def _suppressed(connection: Connection, tenant: str, hashes: Sequence[str]) -> dict[str, str]:
    if not hashes:
        return {}
    # padded, so that few different statements are ever compiled
    padded = [*hashes, *([hashes[-1]] * (-len(hashes) % 4))]
    values = {"tenant": tenant} | {f"digest{number}": each for number, each in enumerate(padded)}
    return dict(prepared(connection.dialect, _suppressing, len(padded)).run(connection, values).all())  # type: ignore[arg-type]


def _suppressing(_dialect: str, digests: int) -> Any:
    wanted: list[Any] = [bindparam(f"digest{number}") for number in range(digests)]
    return select(suppressions.c.digest, suppressions.c.why).where(
        suppressions.c.tenant_id == bindparam("tenant"), suppressions.c.digest.in_(wanted)
    )


# --- who a person is, in all that is kept


@dataclass(frozen=True, kw_only=True)
class Person:
    """What is known of one person: the surrogate keys, every name (id and addresses), and how many others with an id of
    their own share an address."""

    clients: tuple[str, ...]
    names: frozenset[str] = field(repr=False)
    shared: int = 0


@dataclass
class _Match:
    key: str = ""
    names: set[str] = field(default_factory=set)

    @property
    def has_id(self) -> bool:
        return self.key.startswith("id:")


def find_person(connection: Connection, tenant: str, client: Client) -> Person:
    """Everything kept that is this person's, under the id and under every address ever known of them.

    With an id: what is kept under that id, and what came without an id from one of its addresses. With addresses only:
    what came without an id from them, and the one id that has them; where several ids share an address, nobody can say
    whose it is, so those are left out and counted in ``shared``. Nobody known: no surrogate keys, the given names.
    """
    given = names_of(client)
    matches = _matching(connection, tenant, given)
    owner = client.key if client.id else None
    ids = {match.key for match in matches.values() if match.has_id}
    if owner is None and len(ids) == 1:
        owner = ids.pop()
    names = set(given)
    if owner is not None:
        names |= {name for match in matches.values() if match.key == owner for name in match.names}
        matches = _matching(connection, tenant, names)
    others = [match for match in matches.values() if match.has_id and match.key != owner]
    taken = {name for match in others for name in match.names}

    def mine(match: _Match) -> bool:
        if match.has_id:
            return match.key == owner
        # asked for by the address itself, it is this person's whoever else has the address
        return bool(match.names & (names - taken)) or (not client.id and match.key in given)

    own = {key: match for key, match in matches.items() if mine(match)}
    return Person(
        clients=tuple(sorted(own)),
        names=frozenset(names.union(*(match.names for match in own.values()))),
        shared=len(others),
    )


def key_of(connection: Connection, tenant: str, client: Client) -> str | None:
    """The surrogate key under which a person's closings are counted: by the id or address given, else any that is
    theirs; None for nobody known."""
    own = connection.execute(select(clients.c.client).filter_by(tenant_id=tenant, key=client.key)).scalar()
    return own or next(iter(find_person(connection, tenant, client).clients), None)


def _matching(connection: Connection, tenant: str, names: set[str]) -> dict[str, _Match]:
    """Those known under one of the names, now or in an earlier question, by surrogate key, with all their names."""
    found = {
        str(key)
        for table in (clients, contacts)
        for key in connection.execute(
            select(table.c.client).where(table.c.tenant_id == tenant, _known_as(table, names))
        ).scalars()
    }
    matches: dict[str, _Match] = defaultdict(_Match)
    for table in (clients, contacts):
        for row in connection.execute(select(table).where(table.c.tenant_id == tenant, table.c.client.in_(found))):
            match = matches[row.client]
            match.names |= names_of(Client(**{kind: getattr(row, kind) for kind in _ADDRESSES}))
            if table is clients:
                match.key = row.key
                match.names.add(row.key)
    return matches


def _known_as(table: Table, names: set[str]) -> Any:
    by_kind: dict[str, set[str]] = {kind: set() for kind in _ADDRESSES}
    for name in names:
        kind, _, value = name.partition(":")
        if kind in by_kind:
            by_kind[kind].add(value)
    ways = [table.c[kind].in_(values) for kind, values in by_kind.items() if values]
    if by_kind["email"]:
        ways.append(func.lower(table.c.email).in_(by_kind["email"]))
    if "key" in table.c:
        ways.append(table.c.key.in_(names))
    return or_(False, *ways)


def _name(kind: str, value: str) -> str:
    value = str(value or "").strip()
    if not value:
        return ""
    return f"{kind}:{value.casefold() if kind == 'email' else value}"
