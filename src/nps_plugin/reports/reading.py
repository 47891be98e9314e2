"""Reads the rows of a report from the counts, and everything else that its page shows, in one snapshot."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from ..counts import MET, Counted, Stratum, StratumTally, Tally, read_counts
from ..errors import ReportRefused
from ..model import (
    Audience,
    Band,
    Denominators,
    KpiAdvice,
    Peers,
    PeriodChange,
    ReasonFigures,
    ReportDetails,
    ReportRow,
    Scale,
    Share,
    SliceTable,
    SliceVerdict,
    Spot,
    Way,
)
from ..statistics import wilson
from ..store.tables import closures, procedures
from ..surveys.procedure import changes as procedure_changes
from ..verdicts import Procedures, read_slice
from ..verdicts.kpi_advice import read_kpi_advice
from ..verdicts.peers import judge_peers, peer_counts
from ..verdicts.periods import steady_share, steady_strata
from ..wording.report_sentences import change_sentence, spot_sentence, trend_sentence
from ..wording.texts import reason_text
from .audiences import KNOWN
from .findings import STRONG, WEAK, Steady, changes, last_procedure, reason_spot, spots, trends
from .frame import Frame
from .indicators import for_page
from .periods import Span, span_label
from .voices import not_asked, praise, reasons, sent

#: rows of a table on a page; the rest is counted, and stands in rows() and in the workbook
MOST_ROWS = 60
#: closings looked through for the names of facts
_LOOKED_THROUGH = 500


class Reader:
    """One report in one snapshot."""

    def __init__(self, connection: Connection, frame: Frame) -> None:
        self.connection, self.frame = connection, frame
        self._known = Procedures(connection, frame.tenant, frame.now)
        self.scales: dict[tuple[str, str], Scale] = {}
        self._tallies: dict[tuple[datetime, str, str], Tally] = {}

    # --- rows

    def rows(self) -> tuple[ReportRow, ...]:
        """A row for each value of the slices, or for each period where there is none; ordered by name and by time."""
        if self.frame.by:
            found = self.sliced(self.frame.by)
            self._refuse_unknown(found)
            return found
        self._refuse_unknown(())
        return self.periods()

    def sliced(self, by: Sequence[str]) -> tuple[ReportRow, ...]:
        """A row for each value, procedure and scale over the whole window."""
        counted = self._counts(self.frame.spans[0], self.frame.spans[-1], by)
        return tuple(self._row(one, by=dict(zip(by, one.value, strict=True)), span=None) for one in counted)

    def periods(self) -> tuple[ReportRow, ...]:
        """A row for each period, procedure and scale, oldest first; one of zeros where there was no closing."""
        found: list[ReportRow] = []
        for span in self.frame.spans:
            counted = self._counts(span, span, ()) if span.since <= self.frame.now else []
            self._tallies |= {(span.since, one.procedure, one.tally.scale.name): one.tally for one in counted}
            found += [self._row(one, by={}, span=span) for one in reversed(counted)]
            if not counted:
                nothing = _nothing(self.frame.tenant.scale)
                found.append(self.frame.row(nothing, "", by={}, span=span, weights=None))
        return tuple(found)

    def _counts(self, first: Span, last: Span, by: Sequence[str], *, moments: bool = True) -> list[Counted]:
        frame = self.frame
        return read_counts(
            self.connection, frame.tenant, basis=frame.basis, since=first.since, until=last.until, where=frame.where,
            by=by, months=False, moments=moments,
        )  # fmt: skip

    def _row(self, one: Counted, *, by: Mapping[str, str], span: Span | None) -> ReportRow:
        scale = one.tally.scale
        known = self._known
        self.scales[one.procedure, scale.name] = scale
        return self.frame.row(
            one.tally, one.procedure, by=by, span=span,
            weights=known.weights(one.procedure, scale).shares or None, recommend=known.recommend(one.procedure, scale),
        )  # fmt: skip

    def _refuse_unknown(self, found: Sequence[ReportRow]) -> None:
        """A slice that nothing has is a typing error, or a fact that the host does not tell."""
        frame = self.frame
        named = [name for name in (*frame.by, *frame.where) if name not in KNOWN]
        named = [name for name in named if not any(row.by.get(name) for row in found)]
        if not named:
            return
        facts = self._facts()
        for name in named:
            if name not in facts:
                raise ReportRefused(
                    f"{name}: no closing of tenant {frame.tenant.name} has such a fact; there are"
                    f" {', '.join([*KNOWN, *sorted(facts)])}"
                )

    def _facts(self) -> set[str]:
        """The names of the facts that the newest closings have."""
        newest = select(closures.c.facts).where(closures.c.tenant_id == self.frame.tenant.name)
        newest = newest.order_by(closures.c.recorded_at.desc()).limit(_LOOKED_THROUGH)
        return {name for facts in self.connection.execute(newest).scalars() for name in facts}

    # --- what else the page shows

    def details(self, locale: str) -> ReportDetails:
        """Everything that the page shows, in a language that ships."""
        frame = self.frame
        minimum = frame.tenant.minimum
        verdict, periods = self._verdict(locale), self.periods()
        tables = self._tables(verdict)
        named = [(table.by[0], row) for table in tables if len(table.by) == 1 for row in table.rows]
        newest = [(kind, row) for kind, row in named if row.procedure == verdict.procedure]
        places = [(kind, row) for kind, row in newest if kind in ("queue", "service", "stage")]
        weak, strong = spots(places, verdict.score.share, minimum)
        given, whole = reasons(self.connection, frame)
        texts = {code: reason_text(frame.tenant, code, locale) for code in given}
        shares = {code: _share(count, whole) for code, count in sorted(given.items(), key=lambda of: (-of[1], of[0]))}
        weak += [reason_spot(code, texts[code], share, minimum) for code, share in shares.items()]
        weak.sort(key=lambda spot: -spot.impact)
        closed = frame.basis == "closed"
        return ReportDetails(
            verdict=verdict,
            scale=self.scales.get((verdict.procedure, verdict.scale), frame.tenant.scale),
            denominators=Denominators(
                closings=sum(row.tickets for row in periods),
                eligible=sum(row.asked for row in periods),
                sent=sent(self.connection, frame) if closed else None,
                answered=sum(row.answered for row in periods),
                not_asked=not_asked(self.connection, frame) if closed else {},
            ),
            periods=periods,
            ways=tuple(self._ways(periods)),
            tables=tuple(tables),
            trends=tuple(
                replace(one, sentence=trend_sentence(one, locale, minimum.periods, minimum.ratings))
                for one in trends(periods, frame.period, minimum, self._steady(periods))
            ),
            changes=tuple(self._changes(periods, locale)),
            weak=tuple(self._told(spot, locale) for spot in weak[:WEAK]),
            strong=tuple(self._told(spot, locale) for spot in strong[:STRONG]),
            reasons=tuple(ReasonFigures(code=code, text=texts[code], share=share) for code, share in shares.items()),
            praise=praise(self.connection, frame),
            peers=self._peers() if "agent" in frame.by else None,
            advice=self._advice(locale),
            indicators=for_page(self.connection, frame, locale),
        )

    def _verdict(self, locale: str) -> SliceVerdict:
        """The verdict on the whole window, as Ratings.verdict gives it, in the language that is wanted."""
        frame = self.frame
        return read_slice(
            self.connection, replace(frame.tenant, locale=locale), since=frame.since, until=frame.until,
            basis=frame.basis, where=frame.where, shown=frame.shown, now=frame.now, known=self._known,
        )  # fmt: skip

    def _tables(self, verdict: SliceVerdict) -> list[SliceTable]:
        """The slices asked for; else by queue, service and stage, where there is more than one of each."""
        if self.frame.by:
            return [_table(self.frame.by, self.rows())]
        wanted = [name for name in ("queue", "service") if name not in self.frame.where]
        if "stage" in self._facts():
            wanted.append("stage")
        tables = [_table((name,), self.sliced((name,))) for name in wanted]
        return [table for table in tables if len({tuple(row.by.values()) for row in table.rows}) > 1]

    def _ways(self, periods: Sequence[ReportRow]) -> Iterator[Way]:
        """The ways of asking, in the order in which they were first used here, and what each changed."""
        closings: dict[str, int] = {}
        for row in periods:
            if row.tickets:
                closings[row.procedure] = closings.get(row.procedure, 0) + row.tickets
        kept = select(procedures.c.procedure, procedures.c.spec).where(procedures.c.tenant_id == self.frame.tenant.name)
        specs = {row.procedure: row.spec for row in self.connection.execute(kept)} if len(closings) > 1 else {}
        old = None
        for procedure, count in closings.items():
            new = specs.get(procedure)
            told = map(str, procedure_changes(old, new)) if old is not None and new is not None else ()
            yield Way(procedure=procedure, closings=count, changes=tuple(told))
            old = new

    def _changes(self, periods: Sequence[ReportRow], locale: str) -> list[PeriodChange]:
        frame = self.frame
        over = [span_label(frame.period, span.first, locale) for span in frame.spans if span.ended][-2:]
        if len(over) < 2:
            return []
        minimum = frame.tenant.minimum
        return [
            replace(one, sentence=change_sentence(one, locale, (over[0], over[1]), minimum.shown, minimum.ratings))
            for one in changes(periods, minimum)
        ]

    def _steady(self, periods: Sequence[ReportRow]) -> dict[datetime, Steady]:
        """The shares of each period over the channels and languages that all periods have, with fixed weights."""
        rows = [row for row in last_procedure(periods) if row.tickets]
        if not rows:
            return {}
        tallies = [(row.since, self._tallies[row.since, row.procedure, row.scale]) for row in rows]
        weights = self._known.weights(rows[0].procedure, tallies[0][1].scale).shares or None
        minimum = self.frame.tenant.minimum
        strata = steady_strata([(since.date(), tally) for since, tally in tallies], weights, minimum)
        return {
            since: {
                "satisfied": steady_share(tally, strata, Band.SATISFIED),
                "watermelon": steady_share(tally, strata, Band.DISSATISFIED, (MET,)),
            }
            for since, tally in tallies
        }

    def _told(self, spot: Spot, locale: str) -> Spot:
        target = self.frame.target({spot.kind: spot.value}).satisfied_share
        return replace(spot, sentence=spot_sentence(spot, locale, of_target=target is not None))

    def _advice(self, locale: str) -> KpiAdvice | None:
        """The time after which clients become unhappy, where there is enough to draw a curve."""
        if self.frame.audience not in (Audience.MANAGER, Audience.OPERATOR):
            return None
        frame = self.frame
        tenant = replace(frame.tenant, locale=locale)
        found = read_kpi_advice(self.connection, tenant, frame.where, since=frame.since, until=frame.until)
        return found if found.worked.curve or found.elapsed.curve else None

    def _peers(self) -> Peers | None:
        """Agents of the newest procedure against each other, on tickets of the same queue and priority."""
        first, last = self.frame.spans[0], self.frame.spans[-1]
        whole = self._counts(first, last, ("agent",))
        if not whole:
            return None
        newest = (whole[0].procedure, whole[0].tally.scale)
        cells: dict[str, dict[Hashable, Tally]] = {}
        for one in self._counts(first, last, ("agent", "queue", "priority"), moments=False):
            if (one.procedure, one.tally.scale) == newest:
                cells.setdefault(one.value[0], {})[one.value[1:]] = one.tally
        return judge_peers(
            (
                peer_counts(one.value[0], one.tally, cells.get(one.value[0], {}))
                for one in whole
                if (one.procedure, one.tally.scale) == newest and one.value[0]
            ),
            minimum=self.frame.tenant.minimum,
        )


def _table(by: tuple[str, ...], rows: Sequence[ReportRow]) -> SliceTable:
    return SliceTable(by=by, rows=tuple(rows[:MOST_ROWS]), left_out=max(0, len(rows) - MOST_ROWS))


def _nothing(scale: Scale) -> Tally:
    zeros = (0,) * len(scale.points)
    return Tally(scale=scale, strata=(StratumTally(stratum=Stratum(), rated=(zeros, zeros, zeros)),))


def _share(count: int, n: int) -> Share:
    if not n:
        return Share()
    interval = wilson(count, n)
    return Share(count=count, n=n, value=count / n, interval=(interval.low, interval.high))
