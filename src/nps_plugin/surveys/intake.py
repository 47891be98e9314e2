"""The host's door: a closing or reopening comes in, is checked, and is written in the host's transaction or our own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from ..clock import Clock
from ..config.secret import Secret
from ..config.settings import Tenant
from ..errors import UnknownTenant
from ..kpi import WorkingCalendar, calendars_of, check_kpi, stood_still
from ..model import ClosedTicket, Exclusion, Receipt, ReopenedTicket, Survey
from ..plugins import Plugins
from ..store.engine import Store
from ..store.joining import joinable, savepoint
from .closing import Closing, record_closing
from .facts import tidy, usable
from .procedure import note, procedure_of
from .reopening import record_reopening


class Intake:
    """Closings and reopenings of all tenants of one ``Ratings``."""

    def __init__(
        self,
        *,
        store: Store,
        tenants: Mapping[str, Tenant],
        plugins: Plugins,
        clock: Clock,
        secrets: Sequence[Secret],
        base_url: str,
        counts: Counter[str],
    ) -> None:
        self._store, self._tenants, self._plugins, self._clock = store, tenants, plugins, clock
        self._secrets, self._base_url, self._counts = secrets, base_url, counts
        # a calendar is built when its tenant's first ticket closes, not for a thousand tenants at the start
        self._calendars = lru_cache(maxsize=None)(self._build_calendars)
        self._procedures = lru_cache(maxsize=None)(lambda tenant: procedure_of(self._tenants[tenant]))
        #: tenants whose procedure this process has kept
        self._noted: set[str] = set()

    def closed(self, ticket: ClosedTicket, given: Any = None) -> Receipt:
        """Record a closing. Raises what goes wrong: ``Ratings`` contains it."""
        tenant = self._tenants.get(ticket.tenant)
        if tenant is None:
            raise UnknownTenant(f"no tenant {ticket.tenant!r:.80} is configured")
        if not tenant.enabled:
            return Receipt(recorded=False)
        now = self._clock.now()
        closed, problems = tidy(ticket, now)
        host_clock: timedelta | None = None
        if closed.worked is None:
            host_clock = self._plugins.first("nps_work_time", closed=closed)
        kpi, more = check_kpi(closed, tenant.kpi, self._calendars(tenant.name), host_clock)
        closing = Closing(
            tenant=tenant,
            closed=closed,
            kpi=kpi,
            still=stood_still(closed, kpi, tenant.kpi, self._calendars(tenant.name)),
            problems=(*problems, *more),
            exclusions=self._exclusions(closed),
            secrets=self._secrets,
            base_url=self._base_url,
            own_text=self.own_text,
            procedure=self._procedures(tenant.name).digest,
            now=now,
        )
        joined = self._joined(given)
        if joined is None:
            with self._store.write() as connection:
                receipt = record_closing(connection, closing)
                # never in the host's transaction, where each statement counts: there the worker keeps it
                if tenant.name not in self._noted:
                    note(connection, [(tenant.name, self._procedures(tenant.name))], now)
            self._noted.add(tenant.name)
        else:
            with savepoint(joined, bounded=True):
                self._store.ready(joined)
                receipt = record_closing(joined, closing)
        if not receipt.repeated and self._plugins.observed("nps_ticket_closed"):
            numbered = replace(closed, closure=receipt.closure)
            self._observe("nps_ticket_closed", joined, closed=numbered)
        return receipt

    def reopened(self, reopened: ReopenedTicket, given: Any = None) -> Receipt:
        """Record a reopening. Raises what goes wrong: ``Ratings`` contains it."""
        tenant = self._tenants.get(reopened.tenant)
        if tenant is None:
            raise UnknownTenant(f"no tenant {reopened.tenant!r:.80} is configured")
        if not tenant.enabled:
            return Receipt(recorded=False)
        joined, now = self._joined(given), self._clock.now()
        if joined is None:
            with self._store.write() as connection:
                new = record_reopening(connection, reopened, now)
        else:
            with savepoint(joined, bounded=True):
                self._store.ready(joined)
                new = record_reopening(joined, reopened, now)
        if new:
            self._observe("nps_ticket_reopened", joined, reopened=reopened)
        odd = usable(reopened.at) is None
        problem = f"at {reopened.at!r:.60} is no aware time, so the time of the call was taken" if odd else None
        return Receipt(recorded=True, repeated=not new, problem=problem)

    def note_procedures(self, names: Iterable[str]) -> None:
        """Keep what the procedures of these tenants are, once for each process; in a transaction of our own."""
        if missing := set(names) - self._noted:
            with self._store.write() as connection:
                note(connection, ((name, self._procedures(name)) for name in sorted(missing)), self._clock.now())
            self._noted |= missing

    def own_text(self, survey: Survey) -> str | None:
        """A plugin's question for a survey."""
        text = self._plugins.first("nps_message_text", survey=survey)
        return text if isinstance(text, str) and text.strip() else None

    def _exclusions(self, closed: ClosedTicket) -> list[Exclusion]:
        return [
            one for one in self._plugins.call("nps_exclude_from_survey", closed=closed) if isinstance(one, Exclusion)
        ]

    def _joined(self, given: Any) -> Connection | None:
        joined = joinable(self._store, given)
        if given is not None and joined is None:
            # at least once instead of atomic with the host's commit: worth knowing, so it is counted
            self._counts["own_transaction_instead_of_the_hosts"] += 1
        return joined

    def _observe(self, hook: str, joined: Connection | None, **values: Any) -> None:
        def guard() -> AbstractContextManager[Any]:
            return nullcontext() if joined is None else savepoint(joined, bounded=True)

        self._plugins.call(hook, guard=guard, connection=joined, **values)

    def _build_calendars(self, tenant: str) -> dict[str, WorkingCalendar]:
        return calendars_of(self._tenants[tenant].calendars)
