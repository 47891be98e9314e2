"""What a claim works with: the parts that sending needs, a due survey under our lock, a message that is ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Ask, Tenant
from ..model import Client, Message, Survey
from ..ports import Channel
from ..store.engine import Store
from ..store.folding import queue_fold
from ..store.tables import surveys
from ..store.upsert import change
from .asking import Asking
from .quarantine import Case


@dataclass(frozen=True, kw_only=True)
class Post:
    """What sending needs: the tenants that are enabled, their channels, and whom to tell."""

    store: Store
    clock: Clock
    tenants: Mapping[str, Tenant]
    channels: Mapping[tuple[str, str], Channel]
    secrets: Sequence[Secret]
    subscribers: Callable[[], Iterable[str]]
    word: Callable[[Tenant, Asking], Message]
    #: how often a channel's rate put a message off in this round
    put_off: Counter[tuple[str, str]] = field(default_factory=Counter)
    own_text: Callable[[Survey], str | None]


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message that is ours to send: the ``attempt``-th on that channel."""

    tenant: Tenant
    channel: str
    asking: Asking
    attempt: int
    level: str = ""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A survey's row under our lock, with what is known of its client (None: forgotten)."""

    connection: Connection
    post: Post
    tenant: Tenant
    row: Any
    contact: Any
    client: Client | None
    service: str
    #: the plan of this service and level
    ask: Ask
    now: datetime

    @property
    def where(self) -> str:
        """For the log."""
        return f"tenant {self.tenant.name}, survey {self.row.survey}"

    @property
    def case(self) -> Case:
        """Whom it would be asked of."""
        row = self.row
        return Case(
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            client=row.client or "",
            organization=row.organization,
        )

    def change(self, **values: Any) -> None:
        """Change the survey's row."""
        key = {"tenant_id": self.row.tenant_id, "survey": self.row.survey}
        change(self.connection, surveys, key, **values)

    def count(self) -> None:
        """Queue that the closure counts otherwise now: its question leaves, or is not asked."""
        row = self.row
        queue_fold(
            self.connection,
            tenant=row.tenant_id,
            host=row.host,
            ticket=row.ticket,
            closure=row.closure,
            now=self.now,
        )
