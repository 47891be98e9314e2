"""What a closing needs to know before it is written, in one question to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, and_, bindparam, case, func, literal_column, or_, select

from ..model import Client, ClosedTicket, SurveyState
from ..store.prepared import prepared
from ..store.tables import clients, closures, reopenings, suppressions, surveys

#: States in which a question can still be withdrawn.
OPEN = (SurveyState.SCHEDULED, SurveyState.SENDING, SurveyState.SENT)
_PROFILE = ("name", "email", "phone", "telegram", "locale", "timezone")
_one = select(literal_column("1").label("one")).subquery("one")
_last_reopening = (
    select(func.max(reopenings.c.closure))
    .where(
        reopenings.c.tenant_id == bindparam("tenant"),
        reopenings.c.host == bindparam("host"),
        reopenings.c.ticket == bindparam("ticket"),
    )
    .scalar_subquery()
)
_last_closure = (
    select(func.max(closures.c.closure))
    .where(
        closures.c.tenant_id == bindparam("tenant"),
        closures.c.host == bindparam("host"),
        closures.c.ticket == bindparam("ticket"),
    )
    .scalar_subquery()
)
#: Over all questions of the ticket: PostgreSQL may go by a condition on states, and read every open question there is.
_still_asked = (
    select(
        func.max(
            case(
                (surveys.c.state.in_([literal_column(f"'{state.value}'") for state in OPEN]), literal_column("1")),
                else_=literal_column("0"),
            )
        )
    )
    .where(
        surveys.c.tenant_id == bindparam("tenant"),
        surveys.c.host == bindparam("host"),
        surveys.c.ticket == bindparam("ticket"),
    )
    .scalar_subquery()
)


def _question(_dialect: str, digests: int) -> Any:
    """The question for that many digests."""
    suppressed = (
        # of two reasons "forgotten" wins, and comes first in the alphabet too
        select(func.min(suppressions.c.why))
        .where(
            suppressions.c.tenant_id == bindparam("tenant"),
            suppressions.c.digest.in_([bindparam(f"digest{n}") for n in range(digests)]),
        )
        .scalar_subquery()
    )
    same_person = (clients.c.tenant_id == bindparam("tenant")) & (clients.c.key == bindparam("key"))
    return select(
        _last_reopening.label("reopenings"),
        _last_closure.label("closures"),
        _still_asked.label("still_asked"),
        suppressed.label("suppressed"),
        clients.c.client,
        and_(*(_as_given(name) for name in _PROFILE)).label("same"),
    ).select_from(_one.outerjoin(clients, same_person))


def _as_given(name: str) -> Any:
    """What the host leaves out is as good as what is known."""
    return or_(bindparam(name, type_=Text) == literal_column("''"), clients.c[name] == bindparam(name, type_=Text))


@dataclass(frozen=True, kw_only=True)
class Known:
    """What stands about a ticket and its client before a closing."""

    reopenings: int
    #: the last closure known, 0 where there is none
    closures: int
    #: whether a question about an earlier closure is still open
    still_asked: bool
    #: why the client must not be asked, see ``store.persons``; None where nothing is known against it
    suppressed: str | None
    #: whether the person has a row, whatever has changed about them
    seen: bool
    #: the client's surrogate key, where the person is known and nothing about them has changed
    person: str | None


def look_up(connection: Connection, closed: ClosedTicket, digests: Sequence[str]) -> Known:
    """Ask. ``digests``: the keyed hashes under which the client may be suppressed."""
    client = closed.client or Client()
    # an id and three addresses by each secret: padded, so that few different questions are ever compiled
    padded = [*digests, *([""] * (-len(digests) % 4 or (0 if digests else 4)))]
    values = {"tenant": closed.tenant, "host": closed.host, "ticket": closed.ticket, "key": client.key}
    values |= {f"digest{number}": digest for number, digest in enumerate(padded)}
    values |= {name: getattr(client, name) for name in _PROFILE}
    found: Any = prepared(connection.dialect, _question, len(padded)).run(connection, values)
    reopened, closed_before, still_asked, suppressed, person, same = found.one()
    return Known(
        reopenings=reopened or 0,
        closures=closed_before or 0,
        still_asked=bool(still_asked),
        suppressed=suppressed,
        seen=person is not None,
        person=person if client.key and same else None,
    )
