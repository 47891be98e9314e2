"""The methods of ``Ratings`` about many answers at once: judged, compared, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from .config import Tenant
    from .model import Client, ClientHistory, Comparison, Imported, KpiAdvice, Rebuilt, ScaleAdvice, SliceVerdict
    from .reports import Report


class Judging(Base):
    """What ``Ratings`` inherits: what the answers of an agent, queue, service, client or period say."""

    def verdict(
        self,
        tenant: str,
        since: datetime | None = None,
        until: datetime | None = None,
        basis: str = "closed",
        **where: Client | str,
    ) -> SliceVerdict:
        """What the answers of a slice say: its level, its link, whether there is a trap; see docs/verdicts.md.

        Closings from ``since`` until before ``until`` (aware; None: all), by when they were ``closed`` or ``answered``.
        ``where``: ``agent=`` (the one credited), ``queue=``, ``service=``, ``level=``, ``priority=``, ``contract=``,
        ``organization=``, ``client=`` (a Client, or its key such as ``"id:7"``), or a fact of the host's; several must
        all hold. The newest procedure is judged, the others stand in ``others``. Exact at any moment.

        Raises ``UnknownTenant``, ``ValueError`` for a time without a zone or an unknown basis.
        """
        from .verdicts import read_slice

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            found, shown = named_slice(connection, settings, where)
            now = self._parts.clock.now()
            return read_slice(
                connection, settings, since=since, until=until, basis=basis, where=found, now=now, shown=shown
            )

    def standing(self, tenant: str, **where: str) -> SliceVerdict | None:
        """The last verdict on an ``agent=``, a ``queue=``, a ``service=`` or, without any, the whole: one look-up.

        The worker keeps it, from the closings of the last twelve months. None before the first one. Raises
        ``UnknownTenant``, ``ValueError`` for any other slice: ``verdict`` judges those.
        """
        from .verdicts import read_standing

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            return read_standing(connection, settings, where)

    def compare(
        self,
        tenant: str,
        before: tuple[datetime | None, datetime | None],
        after: tuple[datetime | None, datetime | None],
        **where: Client | str,
    ) -> Comparison:
        """Two windows of a slice, each (since, until): how KPI share, satisfied share and net score differ.

        ``comparable`` is False where clients were not asked in one and the same way; ``changes`` names what differs.
        ``where`` as in :meth:`verdict`. Raises ``UnknownTenant``, ``ValueError`` for a window that ends before it
        begins.
        """
        from .surveys.procedure import changes
        from .verdicts import read_comparison

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            found, shown = named_slice(connection, settings, where)
            now = self._parts.clock.now()
            return read_comparison(
                connection, settings, before, after, where=found, changes=changes, now=now, shown=shown
            )

    def client_history(
        self, tenant: str, client: Client | str | None = None, organization: str | None = None
    ) -> ClientHistory:
        """The scores of a client (a Client, or its key) or of an organization, oldest first, each against the earlier.

        ``alarm``: the newest one is lower than the client's own history lets expect. Nobody known gives no entries.
        Raises ``UnknownTenant``, ``ValueError`` unless exactly one of the two is given.
        """
        from .store.persons import find_person
        from .surveys.facts import as_client
        from .verdicts import read_history

        settings = self._tenant(tenant)
        if (client is None) == (not organization):
            raise ValueError("client_history: give exactly one of client= and organization=")
        with self._parts.store.read() as connection:
            if client is None:
                return read_history(connection, settings, organization=organization or "")
            person = find_person(connection, settings.name, as_client(client))
            return read_history(connection, settings, clients=person.clients)

    def report(
        self,
        tenant: str,
        period: str = "month",
        last: int = 12,
        by: str | Sequence[str] = (),
        basis: str = "closed",
        audience: str = "manager",
        agent: str | None = None,
        **where: Client | str,
    ) -> Report:
        """Closings by period, or by one slice or two crossed, over the last so many periods, with their intervals.

        ``period``: week, month, quarter or year in the tenant's time zone; the running one is the last. ``by`` and
        ``where`` name agent (the one credited), queue, service, level, priority, contract, organization, client or a
        fact of the host's. ``basis``: closings by when they were ``closed``, or answered ones by when ``answered``.
        ``audience``: everyone, manager, agent (with ``agent=``) or operator; docs/reports.md says what each may see.

        The rows are read at once; what the page shows beyond them when it is asked for. Raises
        :class:`~nps_plugin.errors.ReportRefused` or ``UnknownTenant``.
        """
        from .reports import frame_of, make

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            found, shown = named_slice(connection, settings, where)
        asked = frame_of(
            settings, self._parts.clock.now(), period=period, last=last, by=by, basis=basis,
            audience=audience, agent=agent, where=found, shown=shown,
        )  # fmt: skip
        return make(self._parts.store, asked)

    def scale_advice(self, tenant: str) -> ScaleAdvice:
        """Which points of the tenant's scale are of use: to the configuration, and, from 200 ratings on, to tell what
        follows after them; what 3 or 2 points would lose (docs/advice.md). Changes nothing. Raises ``UnknownTenant``.
        """
        from .verdicts.scale_advice import read_scale_advice

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            return read_scale_advice(connection, settings, self._parts.clock.now())

    def kpi_advice(self, tenant: str, **where: Client | str) -> KpiAdvice:
        """From what resolution time on clients become unhappy, by the SLA clock and by the client's own time, held
        against the target in force (docs/advice.md). ``where`` as in :meth:`verdict`. Raises ``UnknownTenant``."""
        from .verdicts.kpi_advice import read_kpi_advice

        settings = self._tenant(tenant)
        with self._parts.store.read() as connection:
            found, shown = named_slice(connection, settings, where)
            return read_kpi_advice(connection, settings, found, shown)

    def import_answers(
        self,
        tenant: str,
        path: str | Path,
        columns: Mapping[str, Any] | str | Path | None = None,
        *,
        by: str = "import",
        host: str = "",
        progress: Callable[[int], None] | None = None,
    ) -> Imported:
        """Take the history of an export (docs/import.md) into the store: closings, scores, verdicts; once each.

        ``columns``: a columns file or a mapping, as for :func:`nps_plugin.judge`; ``by`` stands for the answers.
        Nobody is asked and nobody is told. What is known by ticket and closing time stays as it is. Rows that cannot be
        used are in ``refused_rows``. Raises ``ConfigError`` or another ``NpsError`` before anything is written.
        """
        from .imports.history import History

        parts = self._parts
        history = History(
            store=parts.store,
            tenant=self._tenant(tenant),
            secrets=parts.settings.page.secrets,
            now=parts.clock.now(),
            by=by,
            host=host,
        )
        return history.take_in(path, columns, progress)

    def rebuild(self, tenant: str) -> Rebuilt:
        """Build all counts of a tenant anew from the facts, and say whether what stood was equal (docs/counts.md).

        Changes nothing where it was. ``nps-plugin counts rebuild`` does the same. Raises ``UnknownTenant``.
        """
        from .counts import rebuild

        return rebuild(self._parts.store, self._tenant(tenant))


def named_slice(
    connection: Connection, tenant: Tenant, where: Mapping[str, Client | str]
) -> tuple[dict[str, str], dict[str, str]]:
    """A slice as it is counted (a client by the surrogate key), and as whoever asked for it named it."""
    from .store.persons import key_of
    from .surveys.facts import as_client

    found, shown = {}, {}
    for name, value in where.items():
        if name == "client":
            person = as_client(value)
            # nobody known: a key that there is not
            found[name] = key_of(connection, tenant.name, person) or "-"
            shown[name] = person.key
        elif isinstance(value, str):
            found[name] = shown[name] = value
        else:
            raise ValueError(f"{name}: expected text, got {type(value).__name__}")
    return found, shown
