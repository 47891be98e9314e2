"""What a client says of indicators after the score: whom which are offered to, and how what comes back is kept.

Nothing here touches a score, its band, or a verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, select

from ..config.settings import Tenant
from ..errors import UnknownIndicator
from ..model import Band, Choice, Fulfilled
from ..store.tables import indicator_answers
from ..wording.indicator_texts import indicator_text

#: Asked after one score.
AT_ONCE = 3


def offered(tenant: Tenant, survey: str, band: Band | None) -> tuple[str, ...]:
    """The indicators that this survey asks after a score of that band, at most three.

    Their order is drawn by a keyed hash of survey and indicator: the same whenever it is asked for, and over many
    surveys each has its turn as often as any other. None: after any score.
    """
    wanted = {band} if band is not None else set(Band)
    eligible = [code for code, one in tenant.indicators.items() if wanted <= one.bands]

    def turn(code: str) -> str:
        return hashlib.sha256(f"{tenant.name}\0{survey}\0{code}".encode()).hexdigest()

    return tuple(sorted(eligible, key=turn)[:AT_ONCE])


def offered_choices(tenant: Tenant, survey: str, band: Band | None, locale: str) -> tuple[Choice, ...]:
    """The same with their texts."""
    return tuple(Choice(code=code, text=indicator_text(tenant, code, locale)) for code in offered(tenant, survey, band))


def checked(tenant: Tenant, given: Mapping[Any, Any] | None) -> dict[str, Fulfilled]:
    """What was said, by indicator. Raises ``UnknownIndicator``."""
    found = {}
    for code, value in (given or {}).items():
        known_indicator(tenant, code)
        try:
            found[str(code)] = Fulfilled(value)
        except ValueError:
            raise UnknownIndicator(
                f"tenant {tenant.name}, indicator {code}: expected {', '.join(Fulfilled)}, got {value!r:.40}"
            ) from None
    return found


def known_indicator(tenant: Tenant, code: object) -> None:
    """Raise ``UnknownIndicator`` for one that the tenant did not agree on."""
    if code not in tenant.indicators:
        from ..config.fields import nearest

        there = f"there are {', '.join(tenant.indicators)}" if tenant.indicators else "none are configured"
        near = nearest(str(code), tenant.indicators)
        raise UnknownIndicator(f"tenant {tenant.name}: no indicator {code!r:.60}{near}; {there}")


def keep_indicators(
    connection: Connection,
    tenant: str,
    answer: str,
    said: Mapping[str, Fulfilled],
    *,
    may_change: bool,
    instead_of: Iterable[str] = (),
    source: str,
    by: str,
    now: datetime,
) -> bool:
    """Add what an answer says of indicators; whether anything was added. The survey's row is locked.

    ``may_change``: it may differ from what the answer said before. ``instead_of``: answers that gave way to this one
    because the same person changed the score: what they said of indicators stands with it.
    """
    gone, values = list(instead_of), {code: value.value for code, value in said.items()}
    if not gone and not values:
        return False
    known = _standing(connection, tenant, [answer])
    if gone:
        values = {code: value for code, (value, _) in _standing(connection, tenant, gone).items()} | values
    rows = []
    for code, value in values.items():
        before, revision = known.get(code, (None, 0))
        if before == value or (before is not None and not may_change):
            continue
        key = {"tenant_id": tenant, "answer": answer, "indicator": code, "revision": revision + 1}
        rows.append(key | {"value": value, "at": now, "source": source, "by": by})
    if rows:
        connection.execute(insert(indicator_answers), rows)
    return bool(rows)


def stands() -> Any:
    """The condition that a row of ``nps_indicator`` is the last about its answer and indicator."""
    later = indicator_answers.alias("later")
    same = ("tenant_id", "answer", "indicator")
    after = and_(
        *(later.c[name] == indicator_answers.c[name] for name in same),
        later.c.revision == indicator_answers.c.revision + 1,
    )
    return ~select(later.c.answer).where(after).correlate(indicator_answers).exists()


def _standing(connection: Connection, tenant: str, ids: list[str]) -> dict[str, tuple[str, int]]:
    """What these answers say, by indicator: the value and its revision."""
    query = select(indicator_answers).where(
        indicator_answers.c.tenant_id == tenant, indicator_answers.c.answer.in_(ids), stands()
    )
    return {row.indicator: (row.value, row.revision) for row in connection.execute(query)}
