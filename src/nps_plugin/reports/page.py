"""The page of a report: one file that a manager reads in two minutes, on a desk, a phone or paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..errors import ReportRefused
from ..model import PeerFigures, PeerMark, ReportDetails, ReportRow, Share, SliceTable, Spot
from ..wording.catalogue import locale_for, translations
from ..wording.clean import clean_line
from ..wording.colours import palette
from ..wording.render import render
from ..wording.report_sentences import audience_name, kind_name, not_asked_name, people_sentence, period_name
from ..wording.verdict_sentences import Said, sign_name
from .indicator_view import indicator_view
from .pictures import NARROW, pictures
from .theme import MISSING, css, has_charts

if TYPE_CHECKING:
    from .report import Report

#: agents and everything else are named like this where the host told no name
NAMELESS = "–"


def page(report: Report, locale: str, wanted: bool | None) -> str:
    """The whole page. Raises ReportRefused where pictures are wanted and cannot be drawn."""
    if wanted and not has_charts():
        raise ReportRefused(MISSING)
    details = report.details(locale)
    drawn: dict[str, Markup] = {}
    if wanted or (wanted is None and has_charts()):
        wide, narrow = pictures(report, locale), pictures(report, locale, size=NARROW)
        # S704: altair's SVG, in which every text is escaped; a test holds that
        drawn = {
            name: Markup(f'<div class="wide">{wide[name]}</div><div class="narrow">{narrow[name]}</div>')  # noqa: S704
            for name in wide
        }
    view = _View(report, details, locale)
    return render(
        "report/page.html",
        locale,
        colours=palette(report.settings.brand.colour),
        light=css(),
        dark=css(dark=True),
        brand=clean_line(report.settings.brand.name, 100),
        pictures=drawn,
        how_to_get_pictures="" if drawn or wanted is False or has_charts() else MISSING,
        **view.values(),
    )


def table_html(report: Report) -> str:
    """The rows alone, for notebooks: no database is asked again."""
    view = _View(report, None, report.locale)
    by = report.by or ("period",)
    return render(
        "report/rows.html", report.locale, table=view.table(SliceTable(by=by, rows=report.table)), **view.heading()
    )


class _View:
    """Figures as readers see them, in one language."""

    def __init__(self, report: Report, details: ReportDetails | None, locale: str) -> None:
        self.report, self.locale = report, locale
        self.said = Said(translations(locale), locale)
        self.gettext = translations(locale).gettext
        self.shown = report.settings.minimum.shown
        self._details = details

    @property
    def details(self) -> ReportDetails:
        assert self._details is not None  # noqa: S101 - table_html uses nothing of it
        return self._details

    def heading(self) -> dict[str, Any]:
        """What the report is about."""
        report = self.report
        zone = report.settings.timezone
        first, last = report.since.astimezone(zone).date(), report.until.astimezone(zone).date()
        return {
            "window": self.window(first, last),
            "grain": period_name(report.period, self.locale),
            "audience": report.audience.value,
            "audience_name": audience_name(report.audience, self.locale),
            "basis": report.basis,
            "where": [(kind_name(name, self.locale), clean_line(value, 80)) for name, value in report.where.items()],
            "by": [kind_name(name, self.locale) for name in report.by],
            "made_at": report.made_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            "zone": str(zone),
            "shown": self.shown,
            "of_agents": people_sentence(self.locale) if report.about_people else "",
        }

    def values(self) -> dict[str, Any]:
        """Everything that the template shows."""
        details, verdict = self.details, self.details.verdict
        minimum = self.report.settings.minimum
        return self.heading() | {
            "headline": verdict.headline,
            "sentence": verdict.sentence,
            "verdict": verdict,
            "notes": verdict.notes,
            "preliminary": verdict.preliminary,
            "cards": self.cards(),
            "quadrants": self.quadrants(),
            "changes": details.changes,
            "trends": details.trends,
            "weak": [self.spot(spot) for spot in details.weak],
            "strong": [self.spot(spot) for spot in details.strong],
            "signs": [
                {"name": sign_name(one.sign, self.locale), "found": one.found, "sentence": one.sentence}
                for one in verdict.signs
                if one.found
            ],
            "tables": [self.table(table, peers=True) for table in details.tables],
            "periods": self.table(SliceTable(by=("period",), rows=details.periods)),
            "reasons": [
                {"text": clean_line(one.text, 80), "share": self.share(one.share), "bar": _bar(one.share, None)}
                for one in details.reasons
            ],
            "praise": details.praise,
            "advice": () if details.advice is None else details.advice.sentences,
            "denominators": self.denominators(),
            "not_asked": [
                (not_asked_name(code, self.locale), self.said.count(n))
                for code, n in details.denominators.not_asked.items()
            ],
            "strata": [
                {
                    "name": " · ".join(filter(None, (one.channel, one.language))) or NAMELESS,
                    "asked": self.said.count(one.asked),
                    "answered": self.said.count(one.answered),
                    "rate": self.said.percent(one.answered / one.asked) if one.asked else NAMELESS,
                    "weight": self.said.percent(one.weight) if one.weight else NAMELESS,
                }
                for one in verdict.strata
            ],
            "others": [(one.headline, one.sentence) for one in verdict.others],
            "ways": [
                (_letter(place), self.said.count(way.closings), way.changes) for place, way in enumerate(details.ways)
            ],
            "apart": self.said.count(sum(one.tickets for one in verdict.others)) if verdict.others else "",
            "minimum": minimum,
            "net_label": verdict.score.net_label,
            "indicators": indicator_view(details.indicators, self.report, self.locale, self.said),
        }

    def window(self, first: Any, after: Any) -> str:
        """From when until when, as dates."""
        from datetime import timedelta

        from babel.dates import format_date

        days = [format_date(day, "d MMMM y", self.locale) for day in (first, after - timedelta(days=1))]
        return f"{days[0]} \N{EN DASH} {days[1]}"

    def cards(self) -> list[dict[str, Any]]:
        """The four numbers."""
        verdict, said, gettext = self.details.verdict, self.said, self.gettext
        score, kpi, melon = verdict.score, verdict.kpi, verdict.watermelon_share
        enough = verdict.answered >= self.shown
        return [
            {
                "name": gettext("Satisfied clients"),
                "value": said.percent(score.share, score.target) if enough and score.share is not None else "",
                "few": self.k_of_n(score.satisfied, verdict.answered),
                "span": self.span(score.interval if enough else None),
                "of": said.counted("%(n)s answer", "%(n)s answers", verdict.answered),
                "target": self.target(score.target, score.interval if enough else None),
            },
            {
                "name": gettext("KPI met"),
                "value": "" if kpi.share is None else said.percent(kpi.share, kpi.target),
                "few": gettext("unknown"),
                "span": gettext("all counted: no interval") if kpi.share is not None else "",
                "of": said.counted("%(n)s closing", "%(n)s closings", kpi.met + kpi.missed),
                "target": self.target(kpi.target, None if kpi.share is None else (kpi.share, kpi.share)),
            },
            {
                "name": gettext("Dissatisfied although the KPI was met (“watermelons”)"),
                "value": said.percent(melon.value) if melon.n >= self.shown and melon.value is not None else "",
                "few": self.k_of_n(melon.count, melon.n),
                "span": self.span(melon.interval if melon.n >= self.shown else None),
                "of": said.counted("%(n)s answer", "%(n)s answers", melon.n),
                "target": None,
            },
            {
                "name": "NPS" if score.net_label == "NPS" else gettext("Net score: satisfied minus dissatisfied"),
                "value": self.points(score.net) if enough and score.net is not None else "",
                "few": gettext("too few answers"),
                "span": self.span(score.net_interval if enough else None, net=True),
                "of": said.counted("%(n)s answer", "%(n)s answers", verdict.answered),
                "target": None,
            },
        ]  # fmt: skip

    def k_of_n(self, k: int, n: int) -> str:
        """Where there are too few for a share."""
        return self.gettext("%(k)s of %(n)s") % {"k": self.said.count(k), "n": self.said.count(n)}

    def span(self, interval: tuple[float, float] | None, *, net: bool = False) -> str:
        """The interval below a number."""
        if interval is None:
            return ""
        text = self.said.span(interval)
        if net:
            low, high = map(self.points, interval)
            text = self.gettext("%(low)s to %(high)s") % {"low": low, "high": high}
        # no line break inside an interval
        return self.gettext("95%% interval %(span)s") % {
            "span": text.replace("\N{EN DASH}", "\N{EN DASH}\N{WORD JOINER}")
        }

    def points(self, value: float) -> str:
        """A net score: +52, -8."""
        n = round(value * 100)
        return f"+{n}" if n > 0 else f"\N{MINUS SIGN}{-n}" if n < 0 else "0"

    def target(self, target: float | None, interval: tuple[float, float] | None) -> dict[str, str] | None:
        """The target, and whether it is reached: told in words, not by colour alone."""
        if target is None:
            return None
        state, words = "open", self.gettext("cannot be told from it")
        if interval is not None and interval[0] >= target:
            state, words = "good", self.gettext("reached")
        elif interval is not None and interval[1] < target:
            state, words = "bad", self.gettext("not reached")
        text = self.gettext("target %(target)s") % {"target": self.said.percent(target, target)}
        return {"state": state, "text": text, "words": words if interval is not None else ""}

    def quadrants(self) -> dict[str, Any] | None:
        """Counts and shares of the four fields, for the table beside the picture."""
        four = self.details.verdict.quadrants
        whole = four.confirmed + four.watermelon + four.forgiven + four.failed + four.lukewarm
        if not whole:
            return None
        fields = {"confirmed": four.confirmed, "watermelon": four.watermelon, "forgiven": four.forgiven,
                  "failed": four.failed, "lukewarm": four.lukewarm}  # fmt: skip
        return {
            "whole": self.said.count(whole),
            "untargeted": self.said.count(four.untargeted) if four.untargeted else "",
            **{name: (self.said.count(n), self.said.percent(n / whole)) for name, n in fields.items()},
        }

    def denominators(self) -> list[tuple[str, str, str]]:
        """From closings to answers: name, count, share of the first."""
        found = self.details.denominators
        steps = [(self.gettext("closings"), found.closings), (self.gettext("to be asked"), found.eligible)]
        if found.sent is not None:
            steps.append((self.gettext("question sent"), found.sent))
        steps.append((self.gettext("answered"), found.answered))
        first = found.closings or 1
        if self.report.basis == "answered":
            steps = steps[-1:]
        return [
            (name, self.said.count(n), self.said.percent(n / first) if found.closings and place else "")
            for place, (name, n) in enumerate(steps)
        ]

    def spot(self, spot: Spot) -> dict[str, Any]:
        """A weak or strong point."""
        return {
            "kind": kind_name(spot.kind, self.locale),
            "label": clean_line(spot.label, 80) or NAMELESS,
            "sentence": spot.sentence,
            "tentative": spot.tentative,
            "bar": None if spot.kind == "reason" else _bar(spot.share, spot.reference),
        }

    def share(self, share: Share) -> str:
        """A share with its interval, or k of n."""
        if share.n < self.shown or share.value is None or share.interval is None:
            return self.k_of_n(share.count, share.n)
        return f"{self.said.percent(share.value)} ({self.said.span(share.interval)})"

    def table(self, table: SliceTable, *, peers: bool = False) -> dict[str, Any]:
        """A table of rows; where several procedures are in it, each row names its own."""
        # A is the oldest way of asking: the rows of a slice have the newest first
        procedures = [way.procedure for way in self._details.ways] if self._details else []
        there = dict.fromkeys(row.procedure for row in table.rows if row.procedure)
        older_first = list(there) if table.by == ("period",) else list(reversed(there))
        procedures += [name for name in older_first if name not in procedures]
        agents = {} if self._details is None or self._details.peers is None else {
            one.agent: one for one in self._details.peers.agents
        }  # fmt: skip
        with_peers = peers and table.by == ("agent",) and bool(agents)
        return {
            "by": [kind_name(name, self.locale) if name != "period" else self.gettext("Period") for name in table.by],
            "rows": [self.row(row, table.by, procedures, agents if with_peers else {}) for row in table.rows],
            "left_out": table.left_out,
            "time": table.by == ("period",),
            "procedures": len(there) > 1,
            "peers": with_peers,
        }

    def row(
        self, row: ReportRow, by: Sequence[str], procedures: list[str], agents: dict[str, PeerFigures]
    ) -> dict[str, Any]:
        """One row as text."""
        said, score = self.said, row.score
        names = [row.by.get(name, "") for name in by]
        if list(by) == ["period"]:
            names = [self.label(row)]
        share = Share(count=score.satisfied, n=row.answered, value=score.share, interval=score.interval)
        # agents are compared under the newest way of asking
        newest = self._details is not None and row.procedure == self._details.verdict.procedure
        peer = agents.get(names[0]) if newest else None
        return {
            "names": [clean_line(name, 80) or NAMELESS for name in names],
            "procedure": _letter(procedures.index(row.procedure)) if row.procedure in procedures else "",
            "tickets": said.count(row.tickets),
            "answered": said.count(row.answered),
            "kpi": NAMELESS if row.kpi.share is None else said.percent(row.kpi.share),
            "satisfied": self.share(share) if row.answered else NAMELESS,
            "shown": row.shown,
            "watermelon": self.share(row.watermelon) if row.watermelon.n else NAMELESS,
            "bar": _bar(share, score.target) if row.shown else None,
            "preliminary": row.preliminary,
            "running": not row.ended,
            "expected": NAMELESS if peer is None or peer.expected is None else said.percent(peer.expected),
            "shrunken": NAMELESS if peer is None or peer.shrunken is None else said.percent(peer.shrunken),
            "mark": "" if peer is None else self.mark(peer.mark),
        }

    def mark(self, mark: PeerMark) -> str:
        """How an agent stands to the others, in words."""
        return {
            PeerMark.BELOW: self.gettext("fewer than expected: look why"),
            PeerMark.ABOVE: self.gettext("more than expected: learn how"),
            PeerMark.LIKE_OTHERS: self.gettext("like the others"),
            PeerMark.TOO_FEW: self.gettext("too few answers"),
        }[mark]

    def label(self, row: ReportRow) -> str:
        """The name of a period in this language."""
        from .periods import span_label

        day = row.since.astimezone(self.report.settings.timezone).date()
        return span_label(self.report.period, day, self.locale)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _bar(share: Share, reference: float | None) -> dict[str, float] | None:
    """A share and its interval as a strip of 0 to 100."""
    if share.value is None or share.interval is None:
        return None
    low, high = share.interval
    at = {"low": round(low * 100, 1), "width": round((high - low) * 100, 1), "value": round(share.value * 100, 1)}
    return at if reference is None else at | {"target": round(reference * 100, 1)}


def text_rows(report: Report, locale: str | None = None) -> list[str]:
    """The rows as lines of text, in columns."""
    wanted = locale_for(locale or report.locale)
    view = _View(report, None, wanted)
    table = view.table(SliceTable(by=report.by or ("period",), rows=report.table))
    head = [*table["by"], *map(view.gettext, ("Closings", "KPI met", "Answers", "Satisfied (interval)"))]
    lines = [head] + [
        [*row["names"], row["tickets"], row["kpi"], row["answered"], row["satisfied"]] for row in table["rows"]
    ]
    if table["procedures"]:
        lines[0].append(view.gettext("Way of asking"))
        for line, row in zip(lines[1:], table["rows"], strict=True):
            line.append(row["procedure"])
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]
