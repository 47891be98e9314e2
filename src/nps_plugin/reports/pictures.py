"""From the figures of a report to its pictures."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TYPE_CHECKING, Any

from ..errors import ReportRefused
from ..model import Audience, ClockAdvice, PeerMark, Peers, ReportDetails
from ..statistics import normal_quantile
from ..wording.catalogue import translations
from ..wording.clean import clean_line
from ..wording.durations import human_duration
from ..wording.texts import point_label
from .axes import AgentPoint, CurvePoint, PeriodPoint, Size, Words
from .charts import distribution, funnel, kpi_and_score, quadrants, resolution_curve, score_trend
from .periods import span_tick
from .theme import MISSING, drawn, has_charts

if TYPE_CHECKING:
    from .report import Report

WIDE = Size(width=430)
NARROW = Size(width=262, narrow=True)


def pictures(report: Report, locale: str, *, alone: bool = False, size: Size = WIDE) -> dict[str, str]:
    """Every picture that the figures allow, by name, as SVG. Raises ReportRefused without the extra ``charts``."""
    if not has_charts():
        raise ReportRefused(MISSING)
    details = report.details(locale)
    words = words_of(locale)
    suffix = "-narrow" if size.narrow else ""
    made: dict[str, str] = {}
    for name, (title, draw) in _drawers(report, details, words, locale, size).items():
        made[name] = drawn(draw(), f"nps-{name}{suffix}", title, alone=alone)
    return made


def words_of(locale: str) -> Words:
    """What the pictures say."""
    gettext = translations(locale).gettext
    return Words(
        percent="\N{NO-BREAK SPACE}%" if locale == "ru" else "%",
        satisfied=gettext("Satisfied"),
        kpi=gettext("KPI met"),
        target=gettext("target"),
        changed=gettext("asked differently"),
        answers=gettext("answers"),
        share=gettext("satisfied share"),
        hours=gettext("hours until resolved"),
        quadrants=(
            gettext("KPI met, satisfied"),
            gettext("KPI met, dissatisfied"),
            gettext("KPI missed, satisfied"),
            gettext("KPI missed, dissatisfied"),
        ),
        count_of=gettext("below each period: its number of answers"),
    )


def _drawers(
    report: Report, details: ReportDetails, words: Words, locale: str, size: Size
) -> dict[str, tuple[str, Callable[[], Any]]]:
    gettext = translations(locale).gettext
    verdict, score = details.verdict, details.verdict.score
    found: dict[str, tuple[str, Callable[[], Any]]] = {}
    four = verdict.quadrants
    corners = (four.confirmed, four.watermelon, four.forgiven, four.failed)
    if sum(corners):
        title = gettext("Four fields: KPI met or missed against satisfied or dissatisfied")
        found["quadrants"] = (title, lambda: quadrants(corners, sum(corners) + four.lukewarm, words, size))
    points = period_points(report, details, locale)
    if sum(point.share is not None for point in points) > 1:
        title = gettext("The satisfied share period by period, with its interval")
        found["trend"] = (title, lambda: score_trend(points, score.target, words, size))
        title = gettext("The KPI share and the satisfied share on one time axis")
        targets = (verdict.kpi.target, score.target)
        found["together"] = (title, lambda: kpi_and_score(points, targets, words, size))
    if verdict.answered >= report.settings.minimum.shown:
        scale = details.scale
        labels = [clean_line(point_label(scale, point, locale), 24) for point in scale.points]
        kinds = {"satisfied": "good", "neutral": "mid", "dissatisfied": "bad"}
        bands = [kinds[scale.band(point).value] for point in scale.points]
        title = gettext("How often each answer was given")
        found["distribution"] = (title, lambda: distribution(labels, score.points, bands, words, size))
    peers = details.peers
    if peers is not None and peers.compared and peers.mean is not None and report.audience is Audience.MANAGER:
        title = gettext("Agents: satisfied share against number of answers, with the limits of chance")
        found["funnel"] = (title, lambda: _funnel(peers, words, size))
    clock = _clock(details)
    if clock is not None:
        title = gettext("The satisfied share against the time until resolved, with the target in force")
        found["curve"] = (title, lambda: _curve(details, clock, words, locale, size))
    return found


def _clock(details: ReportDetails) -> ClockAdvice | None:
    """The clock whose curve is drawn: that of the target, else the client's."""
    if details.advice is None:
        return None
    return next((one for one in (details.advice.worked, details.advice.elapsed) if len(one.curve) > 1), None)


def _curve(details: ReportDetails, clock: ClockAdvice, words: Words, locale: str, size: Size) -> Any:
    gettext = translations(locale).gettext
    points = []
    for one in clock.curve:
        if one.fitted is not None and one.band is not None:
            hours = max(one.since.total_seconds() / 3600, 1 / 60)
            points.append(CurvePoint(hours=hours, share=one.fitted, low=one.band[0], high=one.band[1]))
    last = points[-1]
    # the last step is drawn to its end
    points.append(CurvePoint(hours=last.hours * 2**0.5, share=last.share, low=last.low, high=last.high))
    target = details.advice.target if details.advice and clock.clock == "worked" else None
    marks = []
    for time, text, kind in (
        (target, gettext("KPI target %(time)s"), "ink"),
        (clock.at, gettext("under the target from %(time)s"), "bad"),
    ):  # fmt: skip
        if time is not None:
            told = text % {"time": human_duration(time, locale, days=False)}
            marks.append((time.total_seconds() / 3600, told, kind))
    return resolution_curve(points, marks, details.verdict.score.target, words, size)


def period_points(report: Report, details: ReportDetails, locale: str) -> list[PeriodPoint]:
    """The rows of the periods on a time axis; every procedure and scale is a part of its own."""
    places: dict[Any, int] = {}
    parts: dict[tuple[str, str], int] = {}
    zone = report.settings.timezone
    days = [row.since.astimezone(zone).date() for row in details.periods]
    january = any(day.month == 1 for day in days)
    points = []
    for row, day in zip(details.periods, days, strict=True):
        at = places.setdefault(row.since, len(places))
        # several ways of asking within one period stand side by side
        beside = [one for one in details.periods if one.since == row.since]
        place = at + 0.36 * (beside.index(row) - (len(beside) - 1) / 2)
        shown = row.shown and row.score.interval is not None
        low, high = row.score.interval if shown and row.score.interval else (None, None)
        # a period without closings belongs to whatever was asked before it
        part = parts.setdefault((row.procedure, row.scale), len(parts)) if row.tickets else max(len(parts) - 1, 0)
        points.append(
            PeriodPoint(
                at=place, tick=span_tick(report.period, day, locale, with_year=at == 0 and not january), part=part,
                share=row.score.share if shown else None, low=low, high=high,
                kpi=row.kpi.share, answered=row.answered, open=row.preliminary,
            )
        )  # fmt: skip
    return points


def _funnel(peers: Peers, words: Words, size: Size) -> Any:
    mean, tau2 = peers.mean or 0.0, peers.tau2
    z = normal_quantile(0.975)

    def limits(n: float) -> tuple[float, float]:
        half = z * sqrt(mean * (1 - mean) / n + tau2)
        return max(0.0, mean - half), min(1.0, mean + half)

    agents = [
        AgentPoint(
            answered=one.answered, share=one.share, name=clean_line(one.agent, 30) if _marked(one.mark) else "",
            flagged=one.mark is PeerMark.BELOW,
        )
        for one in peers.agents
        if one.share is not None and one.mark is not PeerMark.TOO_FEW
    ]  # fmt: skip
    return funnel(agents, mean, limits, words, size)


def _marked(mark: PeerMark) -> bool:
    return mark in (PeerMark.BELOW, PeerMark.ABOVE)
