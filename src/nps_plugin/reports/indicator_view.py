"""The indicators of a report as readers see them, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Fulfilled, IndicatorFigures, IndicatorReport, Share, Voice
from ..wording.clean import clean_line
from ..wording.indicator_texts import fulfilled_texts, indicator_text, source_text
from ..wording.report_sentences import kind_name
from ..wording.verdict_sentences import Said
from .report import Report

#: Voices on a page; all of them are in ``Ratings.voices``.
MOST_VOICES = 12
NAMELESS = "–"


def indicator_view(found: IndicatorReport | None, report: Report, locale: str, said: Said) -> dict[str, Any] | None:
    """What the template shows; None where there is nothing of the kind."""
    if found is None:
        return None
    view = _View(report, locale, said)
    rows = [view.row(one) for one in found.whole if one.n]
    return {
        "rows": rows,
        "few": any(not row["shown"] for row in rows),
        "slices": view.slices(found) if len(found.slices) > 1 else None,
        "apart": said.count(found.apart) if found.apart else "",
        "voices": [view.voice(one) for one in found.voices[:MOST_VOICES]],
        "left_out": max(0, len(found.voices) - MOST_VOICES),
    }


class _View:
    def __init__(self, report: Report, locale: str, said: Said) -> None:
        self.report, self.locale, self.said = report, locale, said
        self.gettext = said.words.gettext
        self.words = dict(fulfilled_texts(locale))

    def row(self, one: IndicatorFigures) -> dict[str, Any]:
        impact = one.impact
        compared = impact is not None and impact.difference is not None and impact.interval is not None
        return {
            "text": one.text,
            "criterion": one.criterion_text,
            "n": self.said.count(one.n),
            "share": self.share(one.share),
            "counts": self.counts({"yes": one.yes, "partly": one.partly, "no": one.no}),
            "shown": one.shown,
            "bar": _bar(one.share) if one.shown else None,
            "sentence": impact.sentence if impact else "",
            "tentative": compared and impact is not None and impact.tentative,
        }

    def share(self, share: Share) -> str:
        if share.n < self.report.settings.minimum.shown or share.value is None or share.interval is None:
            return self.gettext("%(k)s of %(n)s") % {"k": self.said.count(share.count), "n": self.said.count(share.n)}
        return f"{self.said.percent(share.value)} ({self.said.span(share.interval)})"

    def slices(self, found: IndicatorReport) -> dict[str, Any]:
        """A row for each indicator, a column for each value of the slice."""
        by = {one.value: {each.indicator: each for each in one.figures} for one in found.slices}
        return {
            "by": kind_name(found.by, self.locale),
            "values": [clean_line(value, 60) or NAMELESS for value in by],
            "rows": [
                {
                    "text": one.text,
                    "cells": [
                        (self.share(there[one.indicator].share), there[one.indicator].shown)
                        if one.indicator in there
                        else (NAMELESS, False)
                        for there in by.values()
                    ],
                }
                for one in found.whole
                if one.n
            ],
        }

    def voice(self, one: Voice) -> dict[str, Any]:
        from babel.dates import format_date

        day = format_date(one.at.astimezone(self.report.settings.timezone), "d MMMM y", self.locale)
        about = [source_text(one.source, self.locale), one.level, one.organization, *one.slices.values(), day]
        if one.participants > 1:
            about.append(self.said.counted("%(n)s participant", "%(n)s participants", one.participants))
        if one.score is not None:
            about.append(self.gettext("score %(score)s (%(scale)s)") % {"score": one.score, "scale": one.scale})
        return {
            "text": one.text,
            "about": " · ".join(clean_line(part, 80) for part in about if part),
            "indicators": [
                (indicator_text(self.report.settings, code, self.locale), self.counts(counts))
                for code, counts in one.indicators.items()
            ],
        }

    def counts(self, counts: Mapping[str, int]) -> str:
        said = [(self.words[value.value], counts.get(value.value, 0)) for value in Fulfilled]
        return ", ".join(f"{word.lower()} {self.said.count(n)}" for word, n in said if n)


def _bar(share: Share) -> dict[str, float] | None:
    """A share and its interval as a strip of 0 to 100."""
    if share.value is None or share.interval is None:
        return None
    low, high = share.interval
    return {"low": round(low * 100, 1), "width": round((high - low) * 100, 1), "value": round(share.value * 100, 1)}
