"""A ticket of Trac in the words of the library. docs/trac.md says which fact is unknown when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, NamedTuple

from trac.notification.mail import RecipientMatcher

from nps_plugin import Assignment, Client, ClosedTicket

CLOSED = "closed"
#: Whom Trac names where it does not know who it was.
_NOBODY = ("", "anonymous")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What ``[nps-plugin]`` in trac.ini says of tickets. See docs/trac.md for each key."""

    tenant: str
    host: str
    service_field: str
    not_asked_resolutions: frozenset[str]
    author: str


class Change(NamedTuple):
    """One row of a ticket's change log."""

    at: datetime
    author: str
    field: str
    old: str
    new: str


def changes_of(ticket: Any) -> list[Change]:
    """The ticket's change log, oldest first, without attachments."""
    return [Change(*row[:5]) for row in ticket.get_changelog() if row[5]]


def closed_ticket(env: Any, ticket: Any, options: Options, *, seen: bool) -> ClosedTicket:
    """The facts of a closing. ``seen``: the closing was seen as it happened, not found later."""
    log = changes_of(ticket)
    moves = [change for change in log if change.field == "status"]
    closing = moves[-1] if moves and moves[-1].new == CLOSED else None
    # a ticket that is closed and never was anything else was created so, unless SQL did it
    created_closed = not moves and (seen or ticket["changetime"] == ticket["time"])
    client = _client(env, ticket)
    replies = _replies(env, ticket, client, log, options)
    return ClosedTicket(
        tenant=options.tenant,
        ticket=str(ticket.id),
        host=options.host,
        opened_at=ticket["time"],
        closed_at=closing.at if closing else ticket["time"] if created_closed else None,
        client=client,
        agent=_person(ticket["owner"]),
        closed_by=_person(closing.author if closing else ticket["reporter"] if created_closed else ""),
        last_replier=_person(replies[-1].author) if replies else "",
        path=_path(ticket, log),
        queue=ticket["component"] or "",
        service=str(ticket[options.service_field] or "") if options.service_field else "",
        priority=ticket["priority"] or "",
        subject=ticket["summary"] or "",
        tags=tuple(filter(None, re.split(r"[\s,;]+", ticket["keywords"] or ""))),
        reopened=sum(move.old == CLOSED != move.new for move in moves),
        replies=len(replies),
        last_reply_length=len(replies[-1].new.strip()) if replies else None,
        facts={name: str(ticket[name]) for name in ("resolution", "type") if ticket[name]},
    )


def _person(name: str | None) -> str:
    return "" if name in _NOBODY else str(name)


def _client(env: Any, ticket: Any) -> Client | None:
    """The reporter: a user of Trac by name, anybody else by address; the address is the one that Trac mails to."""
    reporter = (ticket["reporter"] or "").strip()
    if reporter in _NOBODY:
        return None
    found = RecipientMatcher(env).match_recipient(reporter)
    email = found[2] if found is not None and "@" in found[2] else ""
    users = env.get_known_users(as_dict=True)
    if reporter not in users:
        return Client(name=parseaddr(reporter)[0], email=email) if email else None
    return Client(id=reporter, name=users[reporter][0] or "", email=email, locale=_language(env, reporter))


def _language(env: Any, user: str) -> str:
    rows = env.db_query(
        "SELECT value FROM session_attribute WHERE sid=%s AND authenticated=1 AND name='language'", (user,)
    )
    return str(rows[0][0] or "") if rows else ""


def _replies(env: Any, ticket: Any, client: Client | None, log: list[Change], options: Options) -> list[Change]:
    """Comments by anybody but the client, under whichever name, and us."""
    users = env.get_known_users(as_dict=True)

    def ours_or_theirs(author: str) -> bool:
        address = (users.get(author, ("", ""))[1] or author).strip().casefold()
        same = client is not None and bool(client.email) and address == client.email.casefold()
        return same or author in (ticket["reporter"], options.author)

    comments = (change for change in log if change.field == "comment" and change.new.strip())
    return [change for change in comments if not ours_or_theirs(change.author)]


def _path(ticket: Any, log: list[Change]) -> tuple[Assignment, ...]:
    """The stations of the ticket, from the changes of owner and component."""
    names = {"owner": "agent", "component": "queue"}
    moves = [change for change in log if change.field in names]
    now = {field: ticket[field] or "" for field in names}
    for move in reversed(moves):
        now[move.field] = move.old
    stations = [Assignment(agent=_person(now["owner"]), queue=now["component"], at=ticket["time"])]
    for move in moves:
        now[move.field] = move.new
        station = Assignment(agent=_person(now["owner"]), queue=now["component"], at=move.at)
        # owner and component changed together: one station, not two
        stations[len(stations) - (move.at == stations[-1].at) :] = [station]
    return tuple(stations)
