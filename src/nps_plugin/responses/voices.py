"""Voices without a ticket: interviews, focus groups. Kept beside the answers, in none of their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import UnknownVoice, VoiceRefused
from ..model import Client, Fulfilled, Voice
from ..store.ids import new_id
from ..store.names import fitting, storable
from ..store.persons import FORGOTTEN, suppressions_of, surrogates
from ..store.tables import voices
from ..wording.clean import kept_text
from ..wording.indicator_texts import SOURCES
from .indicators import known_indicator
from .recording import COMMENT_LIMIT

#: More people than take part in anything of this kind.
MOST = 10_000
#: What a voice is asked for by, beside the tenant's own slices.
SLICES = ("level", "organization", "source")


def record_voice(
    connection: Connection,
    tenant: Tenant,
    secrets: Sequence[Secret],
    now: datetime,
    *,
    source: str,
    text: str | None,
    score: int | str | None,
    indicators: Mapping[str, Any] | None,
    client: Client | None,
    level: str,
    organization: str,
    participants: int,
    by: str,
    at: datetime | None,
    slices: Mapping[str, Any],
) -> Voice:
    """Keep what somebody said; see :meth:`nps_plugin.Ratings.record_voice`."""
    where = f"tenant {tenant.name}, record_voice"
    if source not in SOURCES:
        raise VoiceRefused(f"{where}: no source {source!r:.60}; there are {', '.join(SOURCES)}")
    if not by.strip():
        raise VoiceRefused(f"{where}: by= is needed, who recorded it")
    if type(participants) is not int or not 1 <= participants <= MOST:
        raise VoiceRefused(f"{where}: participants: expected a whole number from 1 to {MOST}, got {participants!r:.40}")
    if at is not None and at.tzinfo is None:
        raise VoiceRefused(f"{where}: at has no time zone")
    if at is not None and at > now:
        raise VoiceRefused(f"{where}: at lies ahead of us: {at.isoformat()}")
    if strange := [name for name, value in slices.items() if not isinstance(value, str)]:
        raise VoiceRefused(f"{where}: {strange[0]}: expected text")
    said = _counts(tenant, indicators, participants, where)
    words = kept_text(text or "", COMMENT_LIMIT).strip()
    if not words and score is None and not said:
        raise VoiceRefused(f"{where}: nothing was said: give text=, score= or indicators=")
    known = None
    if client is not None:
        if suppressions_of(connection, tenant.name, [client], secrets, now) == [FORGOTTEN]:
            raise VoiceRefused(f"{where}: this person was forgotten, and nothing is kept of them again")
        known = surrogates(connection, tenant.name, [client], now).get(client.key)
        level, organization = level or client.level, organization or client.organization
    row = {
        "tenant_id": tenant.name,
        "voice": new_id(now),
        "client": known,
        "source": source,
        "at": (at or now).astimezone(UTC),
        "by": fitting(by.strip()),
        "text": words,
        "score": None if score is None else tenant.scale.check(score),
        "scale": "" if score is None else tenant.scale.name,
        "indicators": said,
        "level": fitting(level),
        "organization": fitting(organization),
        "participants": participants,
        "slices": {fitting(name): fitting(value) for name, value in slices.items()},
        "recorded_at": now,
    }
    connection.execute(insert(voices).values(row))
    return read_voice(connection, tenant, str(row["voice"]))


def withdraw_voice(connection: Connection, tenant: Tenant, voice: str, by: str, why: str, now: datetime) -> Voice:
    """Take a voice out: its text is deleted, and it is in no report. Raises ``UnknownVoice``."""
    if not by.strip() or not why.strip():
        raise VoiceRefused(f"tenant {tenant.name}, voice {voice:.60}: by= and why= are needed")
    read_voice(connection, tenant, voice)
    values = {"text": "", "withdrawn_at": now, "withdrawn_by": fitting(by.strip()), "withdrawn_why": storable(why)}
    first = voices.c.withdrawn_at.is_(None)
    connection.execute(update(voices).filter_by(tenant_id=tenant.name, voice=voice).where(first).values(values))
    return read_voice(connection, tenant, voice)


def read_voice(connection: Connection, tenant: Tenant, voice: str) -> Voice:
    """One voice. Raises ``UnknownVoice``."""
    of = select(voices).filter_by(tenant_id=tenant.name, voice=storable(voice))
    row = connection.execute(of).first()
    if row is None:
        raise UnknownVoice(f"tenant {tenant.name}: there is no voice {voice!r:.60}")
    return _voice(row)


def list_voices(
    connection: Connection,
    tenant: Tenant,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    where: Mapping[str, str] | None = None,
    withdrawn: bool = False,
    limit: int | None = None,
) -> tuple[Voice, ...]:
    """The voices from ``since`` until before ``until``, the newest first; ``where`` as level, organization, source,
    client (a surrogate key) or the tenant's own slices."""
    query = select(voices).where(voices.c.tenant_id == tenant.name)
    if since is not None:
        query = query.where(voices.c.at >= since)
    if until is not None:
        query = query.where(voices.c.at < until)
    if not withdrawn:
        query = query.where(voices.c.withdrawn_at.is_(None))
    for name, value in (where or {}).items():
        own = name in SLICES or name == "client"
        query = query.where((voices.c[name] if own else voices.c.slices[name].as_string()) == value)
    rows = connection.execute(query.order_by(voices.c.at.desc(), voices.c.voice.desc()).limit(limit))
    return tuple(_voice(row) for row in rows)


def _counts(
    tenant: Tenant, given: Mapping[str, Any] | None, participants: int, where: str
) -> dict[str, dict[str, int]]:
    """How many said what of each indicator: one word of one voice, or counts of several."""
    found = {}
    for code, said in (given or {}).items():
        known_indicator(tenant, code)
        counts = said if isinstance(said, Mapping) else {said: 1}
        wrong = [value for value in counts if value not in list(Fulfilled)]
        whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in counts.values())
        if wrong or not whole or not 0 < sum(counts.values()) <= participants:
            raise VoiceRefused(
                f"{where}: indicator {code}: expected {', '.join(Fulfilled)}, or how many of the {participants} said"
                f" each, such as {{'yes': 3, 'no': 1}}; got {said!r:.60}"
            )
        found[code] = {value.value: int(counts[value]) for value in Fulfilled if counts.get(value)}
    return found


def _voice(row: Any) -> Voice:
    kept = dict(row._mapping)
    for name in ("tenant_id", "voice", "client", "recorded_at"):
        kept.pop(name)
    return Voice(id=row.voice, tenant=row.tenant_id, **kept)
