"""``judge``: an export of closed tickets with scores, judged without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..config import Minimum
from ..counts import Tally
from ..model import (
    SCALES,
    Judged,
    JudgedKpi,
    JudgedLevel,
    JudgedLink,
    JudgedScore,
    JudgedShare,
    JudgedSlice,
    JudgedTrap,
    Judgement,
    Scale,
    Sign,
    SignFinding,
    SliceVerdict,
)
from ..verdicts import judge_slice
from .columns import Columns, check, load, spelling
from .counting import Counting, View, month_start
from .guess import fit, guess_scale
from .rows import Reader
from .source import Progress, Source

#: Slices of one dimension that are judged: those with most tickets.
MOST_SLICES = 200
_MINIMUM = Minimum()


@dataclass(frozen=True, kw_only=True)
class Export:
    """An export and how it is read."""

    source: Source
    columns: Columns
    scale: Scale


def open_export(
    path: str | Path, columns: Mapping[str, Any] | str | Path | None, needs: Sequence[str] = ("score",)
) -> Export:
    """Hold a columns file against an export. Raises ``ConfigError`` with every mistake, ``Unreadable`` for no table."""
    data = load(columns)
    source = Source(path, spelling(data))
    found = fit(check(data, source.header, columns is None, needs), source, guess=columns is None)
    if found.scale is not None or not found.has("score"):
        return Export(source=source, columns=found, scale=found.scale or SCALES["faces-3"])
    scale, unknown = guess_scale(found, source)
    score = replace(found.columns["score"], unknown=found.columns["score"].unknown | unknown)
    said = f"scale is {scale.name}" + (", and 0 is no answer" if unknown else "")
    return Export(
        source=source,
        columns=replace(found, columns={**found.columns, "score": score}, scale=scale, guessed=(*found.guessed, said)),
        scale=scale,
    )


def judge(
    path: str | Path, columns: Mapping[str, Any] | str | Path | None = None, *, progress: Progress | None = None
) -> Judgement:
    """See :func:`nps_plugin.judge`."""
    export = open_export(path, columns)
    reader = Reader(export.source, export.columns, export.scale)
    counting = Counting(export.scale, export.columns.by, export.columns.columns)
    for batch in reader.batches(progress):
        counting.add(batch)
    return _judgement(export, reader, counting)


def _judgement(export: Export, reader: Reader, counting: Counting) -> Judgement:
    notes = list(export.columns.guessed)
    whole = next(_judged(export, counting, counting.total, "", [0], counting.mix()))[1]
    slices: list[JudgedSlice] = []
    for role in export.columns.by:
        view = counting.by[role]
        wanted, there = counting.largest(view, MOST_SLICES)
        if there > len(wanted):
            notes.append(
                f"{there} different values of {role}: the {len(wanted)} with most tickets are judged one by one;"
                f" the others count in the whole alone"
            )
        assert view.names is not None  # noqa: S101 - a slice has names
        slices += [
            JudgedSlice(by=role, value=view.names.texts[number], **_fields(judged))
            for number, judged in _judged(export, counting, view, role, wanted)
        ]
    return Judgement(
        slices=tuple(slices), refused_rows=tuple(reader.reading.refused), notes=tuple(notes), **_fields(whole)
    )


def _fields(judged: Judged) -> dict[str, Any]:
    return {name: getattr(judged, name) for name in Judged.__dataclass_fields__}


def _judged(
    export: Export, counting: Counting, view: View, role: str, wanted: Iterable[int], mix: Any = ()
) -> Iterator[tuple[int, Judged]]:
    columns = export.columns
    by_month = counting.months(view, wanted)
    cells = {number: sum(months.values(), Counter()) for number, months in by_month.items()}
    moments = counting.moments(view, cells)
    findings = _Signs(view, role, by_month, cells, columns)
    for number in wanted:
        periods = (
            [(month_start(month), counting.tally(its)) for month, its in sorted(by_month[number].items())]
            if columns.has("closed_at")
            else []
        )
        tally = counting.tally(cells[number], moments[number])
        names = view.names.texts if view.names is not None else [""]
        verdict = judge_slice(
            tally,
            target=columns.targets,
            minimum=_MINIMUM,
            periods=periods,
            mix=mix,
            signs=findings.of(number),
            where={role: names[number]} if role else {},
            locale=columns.locale,
        )
        yield number, as_judged(verdict, tally, view.open[number << 30 if role else 0])


def as_judged(verdict: SliceVerdict, tally: Tally, still_open: int) -> Judged:
    """The figures of a slice verdict under the keys of ``judge``."""
    met, missed, unknown = tally.kpi()
    score, link = verdict.score, verdict.association
    return Judged(
        tickets=verdict.tickets + still_open,
        open=still_open,
        answered=verdict.answered,
        scale=verdict.scale,
        kpi=JudgedKpi(
            met=met,
            missed=missed,
            unknown=unknown,
            share=met / (met + missed) if met + missed else None,
            target=verdict.kpi.target,
        ),
        score=JudgedScore(
            satisfied=score.satisfied,
            neutral=score.neutral,
            dissatisfied=score.dissatisfied,
            share=score.share,
            interval=score.interval,
            net=score.net,
            net_interval=score.net_interval,
        ),
        quadrants=verdict.quadrants,
        watermelon_share=JudgedShare(value=verdict.watermelon_share.value, interval=verdict.watermelon_share.interval),
        link=JudgedLink(
            verdict=verdict.link,
            theta=link.crude_theta,
            d=link.crude_d,
            interval_d=link.crude_interval_d,
            simpson=link.simpson,
        ),
        level=JudgedLevel(verdict=verdict.level),
        trap=JudgedTrap(verdict=verdict.trap, signs=verdict.signs),
        headline=verdict.headline,
        sentence=verdict.sentence,
    )


class _Signs:
    """Findings of the reopened and reassigned columns: an agent against the other agents, all else its newer half of
    months against its older one."""

    def __init__(
        self,
        view: View,
        role: str,
        by_month: Mapping[int, Mapping[int, Mapping[int, int]]],
        cells: Mapping[int, Mapping[int, int]],
        columns: Columns,
    ) -> None:
        self._agent = role == "agent"
        self._columns = columns
        self._seen: dict[Sign, dict[int, Counter[int]]] = {}
        for sign, counts in view.signs.items():
            of = self._seen[sign] = {number: Counter() for number in cells}
            for key, count in counts.items():
                if (number := key >> 30) in of:
                    of[number][key & ((1 << 30) - 1)] += count
        self._known = {
            number: {month: sum(its.values()) for month, its in months.items()} for number, months in by_month.items()
        }

    def of(self, number: int) -> tuple[SignFinding, ...]:
        """What is found of one slice."""
        if not self._seen:
            return ()
        from ..verdicts.traps import SignCount, sign_findings_from_counts

        counts = []
        for sign, seen in self._seen.items():
            own = seen[number].total(), sum(self._known[number].values())
            if self._agent:
                peers = [(seen[one].total(), sum(self._known[one].values())) for one in seen if one != number]
                counts.append(SignCount(sign=sign, own=own, peers=peers))
                continue
            months = sorted(self._known[number])
            older = set(months[: len(months) // 2])
            if not older or not self._columns.has("closed_at"):
                counts.append(SignCount(sign=sign, own=own))
                continue
            halves = [
                (
                    sum(n for month, n in seen[number].items() if (month in older) is old),
                    sum(n for month, n in self._known[number].items() if (month in older) is old),
                )
                for old in (False, True)
            ]
            counts.append(SignCount(sign=sign, own=halves[0], before=halves[1]))
        return sign_findings_from_counts(counts, minimum=_MINIMUM, agent=self._agent, locale=self._columns.locale)
