"""Persons: a surrogate key for each, their addresses beside it, and who must not be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from ..config.secret import Secret, keyed_digest
from ..model import Client
from .ids import new_id
from .tables import clients, suppressions
from .upsert import insert_or

_PROFILE = ("name", "email", "phone", "telegram", "locale", "timezone")


def surrogate(connection: Connection, tenant: str, client: Client, now: datetime) -> str | None:
    """The surrogate key of a person, made at first sight; what is known of them is brought up to date.

    None for a client without id and address, whom nothing can recognise.
    """
    if not client.key:
        return None
    profile = {name: getattr(client, name) for name in _PROFILE}
    known = connection.execute(
        select(clients.c.client, *(clients.c[name] for name in _PROFILE)).where(
            clients.c.tenant_id == tenant, clients.c.key == client.key
        )
    ).first()
    # an unchanged person is not written: the row would stay locked until the host's transaction ends
    if known is not None and all(not value or known._mapping[name] == value for name, value in profile.items()):
        return str(known.client)
    row = insert_or(connection, clients).values(
        tenant_id=tenant, client=new_id(now), key=client.key, seen_at=now, **profile
    )
    changed = {name: value for name, value in profile.items() if value} | {"seen_at": now}
    row = row.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=changed).returning(clients.c.client)
    return str(connection.execute(row).scalar_one())


def digests(keys: Sequence[Secret], tenant: str, client: Client) -> list[str]:
    """The keyed hashes under which this person may be suppressed: id and every address, by every secret in use."""
    names = {client.key} | {
        f"{kind}:{value.casefold() if kind == 'email' else value}"
        for kind in ("email", "phone", "telegram")
        if (value := getattr(client, kind).strip())
    }
    return [keyed_digest(key, f"suppression {tenant}", name) for key in keys for name in sorted(names - {""})]


def is_suppressed(connection: Connection, tenant: str, hashes: Sequence[str]) -> bool:
    """Whether any of the hashes is suppressed."""
    if not hashes:
        return False
    found = select(suppressions.c.digest).where(
        suppressions.c.tenant_id == tenant, suppressions.c.digest.in_(list(hashes))
    )
    return connection.execute(found.limit(1)).first() is not None


def suppress(connection: Connection, tenant: str, hashes: Sequence[str], why: str, now: datetime) -> None:
    """Remember that this person must not be asked. Repeats change nothing."""
    for digest in hashes:
        row = insert_or(connection, suppressions).values(tenant_id=tenant, digest=digest, why=why, at=now)
        connection.execute(row.on_conflict_do_nothing())
