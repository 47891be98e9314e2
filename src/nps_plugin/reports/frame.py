"""What a report was asked for: whose, when, sliced how, for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..config import Tenant
from ..config.settings import Target
from ..counts import Tally
from ..errors import ReportRefused
from ..model import Audience, PeerFigures, Period, ReportRow
from ..verdicts.figures import Weights, figures
from .audiences import allowed, audience_of, slices_of
from .periods import Span, period_of, span_label, spans

BASES = ("closed", "answered")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A request that was checked. ``where`` holds the agent too; the window is from the first span to the last."""

    tenant: Tenant
    period: Period
    spans: tuple[Span, ...]
    by: tuple[str, ...]
    basis: str
    audience: Audience
    where: Mapping[str, str]
    #: ``where`` as whoever asked named it: a client by its own key
    shown: Mapping[str, str]
    now: datetime

    @property
    def since(self) -> datetime:
        """When the window begins."""
        return self.spans[0].since

    @property
    def until(self) -> datetime:
        """When it ends, itself not in it."""
        return self.spans[-1].until

    def target(self, by: Mapping[str, str]) -> Target:
        """What is agreed for one row. Agents are held against their peers, never against a share of their own."""
        agreed = self.tenant.targets.of({**self.where, **by})
        return Target(kpi_share=agreed.kpi_share) if "agent" in by else agreed

    def row(
        self,
        tally: Tally,
        procedure: str,
        *,
        by: Mapping[str, str],
        span: Span | None,
        weights: Weights | None,
        recommend: bool = False,
        peer: PeerFigures | None = None,
    ) -> ReportRow:
        """One line: a slice over the whole window, or over one span."""
        found = figures(tally, weights=weights, target=self.target(by), recommend=recommend)
        within = self.spans[-1] if span is None else span
        return ReportRow(
            by=by,
            since=self.since if span is None else span.since,
            until=within.until,
            label="" if span is None else span_label(self.period, span.first, self.tenant.locale),
            procedure=procedure,
            scale=tally.scale.name,
            tickets=tally.tickets,
            asked=tally.asked,
            answered=tally.answered,
            kpi=found.kpi,
            score=found.score,
            watermelon=found.watermelon,
            association=found.association,
            peer=peer,
            shown=tally.answered >= self.tenant.minimum.shown,
            preliminary=not within.final,
            ended=within.ended,
        )


def frame_of(
    tenant: Tenant,
    now: datetime,
    *,
    period: str,
    last: int,
    by: str | Sequence[str],
    basis: str,
    audience: str,
    agent: str | None,
    where: Mapping[str, object],
    shown: Mapping[str, str] | None = None,
) -> Frame:
    """Check a request. ``shown``: what of ``where`` is called otherwise before people (a client's key).

    Raises :class:`~nps_plugin.errors.ReportRefused` that names what was wrong and what there is.
    """
    if basis not in BASES:
        raise ReportRefused(f"basis {basis!r}: closings are counted by when they were {' or '.join(BASES)}")
    reader, slices = audience_of(audience), slices_of(by)
    chosen = allowed(reader, slices, agent, where)
    kind = period_of(period)
    return Frame(
        tenant=tenant,
        period=kind,
        spans=spans(kind, last, tenant.timezone, now, tenant.ask.expires_after + tenant.ask.edit_window),
        by=slices,
        basis=basis,
        audience=reader,
        where=chosen,
        shown=chosen | dict(shown or {}),
        now=now,
    )
