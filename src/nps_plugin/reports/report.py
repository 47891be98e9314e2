"""``Report``: its rows at once; its page, pictures and workbook when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..model import Audience, Period, Plain, ReportDetails, ReportRow
from ..wording.catalogue import locale_for

if TYPE_CHECKING:
    from ..config import Tenant
    from ..store.engine import Store
    from .frame import Frame


@dataclass(frozen=True, kw_only=True)
class Report(Plain):
    """Closings of a tenant by period or by slice, with their intervals, for one audience.

    ``table`` holds the rows, read when the report was made; ordered by time or by name, never by score. What a page
    shows beyond them (verdict, trends, reasons ...) is read when it is first asked for, in one snapshot of its own.
    """

    tenant: str
    period: Period
    last: int
    by: tuple[str, ...] = ()
    basis: str = "closed"
    audience: Audience = Audience.MANAGER
    where: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime
    until: datetime
    made_at: datetime
    locale: str
    table: tuple[ReportRow, ...] = ()
    _settings: Tenant = field(repr=False, compare=False)
    _read: Callable[[str], ReportDetails] = field(repr=False, compare=False)
    _kept: dict[str, ReportDetails] = field(default_factory=dict, repr=False, compare=False)

    def rows(self) -> list[dict[str, Any]]:
        """Flat dicts of plain values, one a row: ready for a DataFrame. Shares are 0..1; what is unknown is None."""
        return [row.flat() for row in self.table]

    def details(self, locale: str | None = None) -> ReportDetails:
        """Verdict, trends, changes, weak and strong points, reasons, praise; in ``locale``, else the tenant's."""
        wanted = locale_for(locale or self.locale)
        if wanted not in self._kept:
            self._kept[wanted] = self._read(wanted)
        return self._kept[wanted]

    def html(self, locale: str | None = None, *, pictures: bool | None = None) -> str:
        """One self-contained page: nothing is loaded from elsewhere, no script, light and dark, fit for print.

        ``pictures`` None: where the extra ``charts`` is installed. True raises ``ReportRefused`` where it is not.
        """
        from .page import page

        return page(self, locale_for(locale or self.locale), pictures)

    def pictures(self, locale: str | None = None) -> dict[str, str]:
        """The pictures by name, each an SVG file's text. Needs the extra ``charts``, else ``ReportRefused``."""
        from .pictures import pictures

        return pictures(self, locale_for(locale or self.locale), alone=True)

    def xlsx(self, locale: str | None = None) -> bytes:
        """The same numbers as a workbook. Needs the extra ``excel``, else ``ReportRefused``."""
        from .workbook import workbook

        return workbook(self, locale_for(locale or self.locale))

    @property
    def about_people(self) -> bool:
        """Whether it is a view of agents, which says how it is to be taken."""
        return self.audience is Audience.AGENT or "agent" in (*self.by, *self.where)

    @property
    def settings(self) -> Tenant:
        """The tenant's configuration, as it was when the report was made."""
        return self._settings

    def _repr_html_(self) -> str:
        """The rows as a table, for notebooks."""
        from .page import table_html

        return table_html(self)


def make(store: Store, frame: Frame) -> Report:
    """Read the rows of a report that was asked for."""
    from .reading import Reader

    def read(locale: str) -> ReportDetails:
        with store.read() as connection:
            return Reader(connection, frame).details(locale)

    with store.read() as connection:
        rows = Reader(connection, frame).rows()
    return Report(
        tenant=frame.tenant.name,
        period=frame.period,
        last=len(frame.spans),
        by=frame.by,
        basis=frame.basis,
        audience=frame.audience,
        where=MappingProxyType(dict(frame.shown)),
        since=frame.since,
        until=frame.until,
        made_at=frame.now,
        locale=locale_for(frame.tenant.locale),
        table=rows,
        _settings=frame.tenant,
        _read=read,
    )
