"""The procedure: the version of how a tenant asks. Answers of two procedures are never pooled or compared silently.

What opens a new one is the table in docs/procedures.md; a test holds it against this module and the configuration.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from ..config.settings import PATIENCE, Own, Tenant, Way
from ..model import SCALES, Plain, Scale
from ..store.checkup import is_there
from ..store.engine import Store
from ..store.tables import procedures, surveys
from ..store.upsert import insert_or
from ..wording.catalogue import locales

#: The version of the shipped questions and of the shipped scales' texts. A test holds their digest: whoever changes a
#: text of them raises this number, and says in the changelog that comparisons end.
SHIPPED_WORDING = 1
#: How the digests of procedures begin that are not ours: of answers that were imported.
IMPORTED = "import-"
_USUAL = Way()


@dataclass(frozen=True, kw_only=True)
class Procedure(Plain):
    """How a tenant asks. ``digest`` (16 hex digits) is carried by every survey; ``spec`` says it in plain values."""

    digest: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Change(Plain):
    """One difference between two procedures, as text for people."""

    key: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.key}: {self.before} -> {self.after}"


def procedure_of(tenant: Tenant) -> Procedure:
    """The procedure that a tenant's settings make.

    A key that a later release adds enters the spec only where it does not stand at its default: an upgrade of the
    library alone never opens a new procedure.
    """
    ask = tenant.ask
    spec = {
        "scale": _scale(tenant.scale),
        "ask.channels": list(ask.channels),
        "ask.attempts": _sorted(ask.attempts),
        "ask.max_contacts": ask.max_contacts,
        "ask.hours": _sorted({name: [list(span) for span in spans] for name, spans in ask.hours.items()}),
        "ask.delay": _length(ask.delay),
        "ask.remind_after": _length(ask.remind_after),
        "ask.expires_after": _length(ask.expires_after),
        "ask.sample": ask.sample,
        "ask.quarantine": _length(ask.quarantine),
        "ask.quarantine_by": ask.quarantine_by,
        "brand.sender": tenant.brand.sender,
        "question": {locale: tenant.question.get(locale) or f"shipped {SHIPPED_WORDING}" for locale in locales()},
        "channels": {
            name: str(tenant.channels.get(name, {}).get("adapter", name)) for name in sorted(tenant.all_channels)
        },
        **_own(tenant),
    }
    written = json.dumps(spec, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Procedure(digest=hashlib.sha256(written.encode()).hexdigest()[:16], spec=spec)


def _own(tenant: Tenant) -> dict[str, Any]:
    """What services, levels and channels have of their own, where they have anything."""
    ways = {
        name: {
            **({} if way.scale in (None, tenant.scale) else {"scale": _scale(way.scale)}),
            **({"question": _sorted(way.question)} if way.question else {}),
            **({"again": _takes(way.again)} if way.again else {}),
            **{key: getattr(way, key) for key in PATIENCE if getattr(way, key) != getattr(_USUAL, key)},
        }
        for name, way in sorted(tenant.ways.items())
    }
    found = {
        "ways": {name: own for name, own in ways.items() if own},
        "services": {name: _plan(own) for name, own in sorted(tenant.services.items())},
        "levels": {name: _plan(own) for name, own in sorted(tenant.levels.items())},
    }
    # a key without a value would open a new procedure for every tenant that has none of this
    return {
        f"{kind}.{name}.{key}": value
        for kind, owns in found.items()
        for name, own in owns.items()
        for key, value in own.items()
    }


def _plan(own: Own) -> dict[str, Any]:
    plan = {
        "delay": _length(own.delay),
        "channels": None if own.channels is None else list(own.channels),
        "attempts": _sorted(own.attempts),
        "hours": _sorted({name: [list(span) for span in spans] for name, spans in own.hours.items()}),
        "question": _sorted(own.question),
        "recording": _takes(own.recording),
    }
    return {key: value for key, value in plan.items() if value not in (None, {})}


def _takes(files: Mapping[str, str]) -> dict[str, str]:
    return {locale: _heard(path) for locale, path in sorted(files.items())}


def _heard(path: str) -> str:
    """What a recording says, by its bytes: another take of it is another question."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two specs, key by key; a key that one of them does not know counts as left out there."""
    found = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping) and not key.endswith("scale"):
            found += [
                Change(key=f"{key}.{inner}", before=_said(key, old.get(inner)), after=_said(key, new.get(inner)))
                for inner in sorted({*old, *new})
                if old.get(inner) != new.get(inner)
            ]
        else:
            found.append(Change(key=key, before=_said(key, old), after=_said(key, new)))
    # two scales of one name: the name alone would not say what changed
    return [_whole_scale(one, before, after) if one.before == one.after else one for one in found]


def note(connection: Connection, tenants: Iterable[tuple[str, Procedure]], now: datetime) -> None:
    """Keep what these procedures are, where it is not kept yet; one statement."""
    rows = [
        {"tenant_id": name, "procedure": procedure.digest, "spec": dict(procedure.spec), "at": now}
        for name, procedure in tenants
    ]
    if rows:
        connection.execute(insert_or(connection, procedures).on_conflict_do_nothing(), rows)


def last_used(connection: Connection, tenant: str) -> tuple[str, Mapping[str, Any] | None] | None:
    """The digest and spec of the procedure of the tenant's newest survey; None where nobody was asked yet.

    The spec is None where no process of ours has kept it.
    """
    newest = connection.execute(
        select(surveys.c.procedure)
        .where(
            surveys.c.tenant_id == tenant,
            surveys.c.procedure != "",
            surveys.c.procedure.not_like(f"{IMPORTED}%"),
        )
        .order_by(surveys.c.survey.desc())
        .limit(1)
    ).scalar()
    if newest is None:
        return None
    spec = connection.execute(
        select(procedures.c.spec).where(procedures.c.tenant_id == tenant, procedures.c.procedure == newest)
    ).scalar()
    return newest, spec


def would_open(connection: Connection, tenant: Tenant) -> Iterator[str]:
    """What a tenant's settings would change against the procedure in use, and what that ends, in words.

    Nothing where the procedure stays or nobody was asked yet.
    """
    now, last = procedure_of(tenant), last_used(connection, tenant.name)
    if last is None or last[0] == now.digest:
        return
    ends = "comparisons with answers before today end"
    known = connection.execute(
        select(func.min(surveys.c.survey)).where(surveys.c.tenant_id == tenant.name, surveys.c.procedure == now.digest)
    ).scalar()
    if known is not None:
        ends = "the earlier procedure is taken up again; comparisons with the answers since then end"
    if last[1] is None:
        yield f"the way of asking changed, and what it was is not kept: {ends}"
        return
    for change in changes(last[1], now.spec):
        yield f"{change}; {ends}"


def opened(store: Store, tenants: Iterable[Tenant]) -> list[tuple[str, str]]:
    """(tenant, what would change) for each tenant whose settings make another procedure than the one in use.

    A database that is not there yet holds no answers: nothing is compared, and none is made.
    """
    if not is_there(store):
        return []
    with store.read() as connection:
        return [(tenant.name, text) for tenant in tenants for text in would_open(connection, tenant)]


def _scale(scale: Scale) -> dict[str, Any]:
    known = SCALES.get(scale.name) == scale
    return {
        "name": scale.name,
        "low": scale.low,
        "high": scale.high,
        "dissatisfied_to": scale.dissatisfied_to,
        "satisfied_from": scale.satisfied_from,
        # what clients read at the points is part of the question
        "texts": f"shipped {SHIPPED_WORDING}"
        if known
        else {"ends": _sorted(_lists(scale.ends)), "labels": _sorted(_lists(scale.labels))},
    }


def _lists(texts: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {locale: list(words) for locale, words in texts.items()}


def _sorted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items()))


def _length(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def _whole_scale(change: Change, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    old, new = (json.dumps(spec.get(change.key), ensure_ascii=False, sort_keys=True) for spec in (before, after))
    return Change(key=change.key, before=old, after=new)


def _said(key: str, value: Any) -> str:
    if value is None or value in ({}, []):
        return "none"
    if key == "scale" or key.endswith(".scale"):
        return str(value["name"])
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(key, inner)}" for name, inner in value.items())
    if key.endswith(".hours"):
        return ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in value)
    if key.endswith((".delay", ".remind_after", ".expires_after", ".quarantine")):
        return _spelt(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return repr(value) if "question" in key else str(value)


def _spelt(seconds: int) -> str:
    """Seconds as the configuration writes them: "1d12h"."""
    text = ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
