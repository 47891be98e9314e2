"""The words of reports: what changed, what goes which way, where to look. They say what is seen, and never why."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Audience, Direction, Period, PeriodChange, Share, Spot, TrendFinding
from .catalogue import msgid, translations
from .verdict_sentences import Said

_SERIES: Mapping[str, str] = {
    "satisfied": msgid("The satisfied share"),
    "kpi": msgid("The KPI share"),
    "watermelon": msgid("The share of dissatisfied answers where the KPI was met"),
}

_KINDS: Mapping[str, str] = {
    "agent": msgid("Agent"),
    "queue": msgid("Queue"),
    "service": msgid("Service"),
    "level": msgid("Level"),
    "client": msgid("Client"),
    "organization": msgid("Organization"),
    "priority": msgid("Priority"),
    "contract": msgid("Contract"),
    "stage": msgid("Stage"),
    "reason": msgid("Reason"),
}

_PERIODS: Mapping[Period, str] = {
    Period.WEEK: msgid("by week"),
    Period.MONTH: msgid("by month"),
    Period.QUARTER: msgid("by quarter"),
    Period.YEAR: msgid("by year"),
}

_AUDIENCES: Mapping[Audience, str] = {
    Audience.EVERYONE: msgid("For everyone"),
    Audience.MANAGER: msgid("For the service manager"),
    Audience.AGENT: msgid("For the agent alone"),
    Audience.OPERATOR: msgid("For operators"),
}

_TRENDS: Mapping[Direction, str] = {
    Direction.UP: msgid("%(series)s rises: by %(change)s over %(periods)s (Mann-Kendall, p = %(p)s)."),
    Direction.DOWN: msgid("%(series)s falls: by %(change)s over %(periods)s (Mann-Kendall, p = %(p)s)."),
    Direction.NONE: msgid("%(series)s shows no trend over %(periods)s (Mann-Kendall, p = %(p)s)."),
}


_NOT_ASKED: Mapping[str, str] = {
    "excluded": msgid("left out by a rule of the help-desk"),
    "sampled_out": msgid("not in the sample"),
    "opted_out": msgid("does not want to be asked"),
    "duplicate": msgid("the same person under another name"),
    "too_old": msgid("closed too long ago"),
    "no_consent": msgid("no consent"),
    "internal_client": msgid("our own staff"),
    "quarantine": msgid("asked lately"),
    "max_contacts": msgid("contacted often enough"),
    "no_address": msgid("no address"),
    "no_recording": msgid("no recording for the call"),
}


def not_asked_name(code: str, locale: str) -> str:
    """Why a client was not asked, in a few words."""
    known = _NOT_ASKED.get(code)
    return translations(locale).gettext(known) if known else code


def kind_name(kind: str, locale: str) -> str:
    """What a slice is called; a host's own fact by its own name."""
    known = _KINDS.get(kind)
    return translations(locale).gettext(known) if known else kind


def period_name(period: Period, locale: str) -> str:
    """ "by month"."""
    return translations(locale).gettext(_PERIODS[period])


def audience_name(audience: Audience, locale: str) -> str:
    """Whom a report is for."""
    return translations(locale).gettext(_AUDIENCES[audience])


def share_text(share: Share, said: Said, shown: int) -> str:
    """ "76% (95% interval 72-80%)", or "3 of 4" where there are too few answers for a share."""
    if share.n < shown or share.value is None or share.interval is None:
        return said.words.gettext("%(k)s of %(n)s") % {"k": said.count(share.count), "n": said.count(share.n)}
    return said.words.gettext("%(share)s (95%% interval %(span)s)") % {
        "share": said.percent(share.value),
        "span": said.span(share.interval),
    }


def people_sentence(locale: str) -> str:
    """What every view of agents says."""
    return translations(locale).gettext(
        "Figures about a person are a reason to look at their tickets, and never a measure for pay: mix of tickets,"
        " chance and clients are in them."
    )


def trend_sentence(found: TrendFinding, locale: str, least: int, answers: int) -> str:
    """A trend, or why none is told."""
    said = Said(translations(locale), locale)
    series = said.words.gettext(_SERIES[found.series])
    if found.direction is Direction.INSUFFICIENT or found.p is None or found.change is None:
        told = said.words.gettext(
            "%(series)s: a trend needs %(least)s periods of %(answers)s answers in one way of asking; there are"
            " %(periods)s."
        )
        return told % {"series": series, "least": least, "answers": answers, "periods": found.periods}
    told = said.words.gettext(_TRENDS[found.direction]) % {
        "series": series,
        "change": said.points(found.change),
        "periods": said.counted("%(n)s period", "%(n)s periods", found.periods),
        "p": _p(found.p, said),
    }
    if found.direction is not Direction.NONE and not found.seasonal:
        told += " " + said.words.gettext("Seasonality is not excluded: that takes 24 months.")
    return told


def change_sentence(found: PeriodChange, locale: str, labels: tuple[str, str], shown: int, least: int) -> str:
    """The last period against the one before."""
    said = Said(translations(locale), locale)
    values = {
        "series": said.words.gettext(_SERIES[found.series]),
        "after": share_text(found.after, said, shown),
        "before": share_text(found.before, said, shown),
        "last": labels[1],
        "earlier": labels[0],
    }
    told = said.words.gettext("%(series)s: %(after)s in %(last)s after %(before)s in %(earlier)s") % values
    if not found.comparable or found.difference is None:
        return f"{told}: " + said.words.gettext("too few answers to compare (%(n)s in each are needed).") % {"n": least}
    if not found.beyond_noise:
        return f"{told}: " + said.words.gettext("no difference beyond chance.")
    up = said.words.gettext("up by %(change)s, beyond chance.")
    down = said.words.gettext("down by %(change)s, beyond chance.")
    return f"{told}: " + (up if found.difference > 0 else down) % {"change": said.points(found.difference)}


def spot_sentence(spot: Spot, locale: str, *, of_target: bool) -> str:
    """A weak or strong point, and how much hangs on it."""
    said = Said(translations(locale), locale)
    if spot.kind == "reason":
        told = said.counted(
            "named in %(k)s of %(n)s dissatisfied answer with a reason",
            "named in %(k)s of %(n)s dissatisfied answers with a reason",
            spot.share.n,
            k=said.count(spot.share.count),
        )
    else:
        if spot.share.value is None or spot.share.interval is None:
            return ""
        values = {
            "share": said.percent(spot.share.value, spot.reference),
            "span": said.span(spot.share.interval, spot.reference),
            "reference": said.percent(spot.reference or 0.0, spot.reference),
        }
        if of_target:
            told = said.counted(
                "%(share)s satisfied (95%% interval %(span)s, %(n)s answer) against a target of %(reference)s",
                "%(share)s satisfied (95%% interval %(span)s, %(n)s answers) against a target of %(reference)s",
                spot.answered,
                **values,
            )
        else:
            told = said.counted(
                "%(share)s satisfied (95%% interval %(span)s, %(n)s answer) against %(reference)s of all",
                "%(share)s satisfied (95%% interval %(span)s, %(n)s answers) against %(reference)s of all",
                spot.answered,
                **values,
            )
        n = max(1, round(spot.impact))
        missing = spot.share.value < (spot.reference or 0)
        told += ": " + (
            said.counted("%(n)s satisfied answer is missing", "%(n)s satisfied answers are missing", n)
            if missing
            else said.counted("%(n)s satisfied answer more", "%(n)s satisfied answers more", n)
        )
    return told


def _p(p: float, said: Said) -> str:
    text = f"{p:.3f}" if p >= 0.001 else "< 0.001"
    return text.replace(".", ",") if said.locale == "ru" else text
