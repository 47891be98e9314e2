"""What a host tells the library: a closed ticket, its people, its way through the help-desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from .plain import Plain

#: A stretch of time in which the clock of the host stood still: (from, until), aware.
Interval = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Client(Plain):
    """A person who can be asked. Known by ``id``; without one, by the first address given. All text, "" if unknown."""

    id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    telegram: str = ""
    locale: str = ""
    timezone: str = ""
    organization: str = ""
    level: str = ""
    #: True or False where the host knows whether the person agreed to be asked, else None
    consent: bool | None = None

    @property
    def key(self) -> str:
        """How the person is recognised again: the id, else the first address, else "" for a nobody."""
        for kind in ("id", "email", "phone", "telegram"):
            value = str(getattr(self, kind) or "").strip()
            if value:
                return f"{kind}:{value.casefold() if kind == 'email' else value}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Assignment(Plain):
    """One station of a ticket: who held it, in which queue, from when."""

    agent: str = ""
    queue: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ClosedTicket(Plain):
    """A resolution of a ticket, as the host knows it at closing. Frozen here, whatever the host changes later.

    Times are aware datetimes. A naive, impossible or epoch-zero time makes the facts that need it unknown and is
    named in
    ``receipt.problem``; it never makes the closing fail. Texts are "" and everything else is None where unknown.
    """

    tenant: str
    ticket: str
    opened_at: datetime | None
    closed_at: datetime | None
    #: which help-desk of the tenant, where it has several
    host: str = ""
    #: which resolution of this ticket, from 1; None: 1 + the reopenings known
    closure: int | None = None
    #: resolution time on the host's own SLA clock; wins over a computed one
    worked: timedelta | None = None
    paused: tuple[Interval, ...] = ()
    #: resolution-time target of this ticket; wins over the configured rules
    target: timedelta | None = None
    client: Client | None = None
    #: further people to ask about the same resolution
    respondents: tuple[Client, ...] = ()
    agent: str = ""
    closed_by: str = ""
    last_replier: str = ""
    path: tuple[Assignment, ...] = ()
    queue: str = ""
    service: str = ""
    priority: str = ""
    contract: str = ""
    subject: str = ""
    tags: tuple[str, ...] = ()
    #: how often the ticket was reopened before this closing
    reopened: int | None = None
    #: public replies to the client
    replies: int | None = None
    #: characters in the last public reply
    last_reply_length: int | None = None
    #: the tenant's own slices, name -> value
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class ReopenedTicket(Plain):
    """A ticket that the host took up again after a closing."""

    tenant: str
    ticket: str
    at: datetime | None
    host: str = ""
