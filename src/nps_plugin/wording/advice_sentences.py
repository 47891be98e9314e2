"""Advice in words: what differs, from what time on, and what is missing to say so; nothing about why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from ..model import Alike, ClockAdvice, KpiAdvice, Neighbours, OutcomeDifference, ScaleAdvice, ScaleSays, TimeSays
from .catalogue import locale_for, msgid, translations
from .durations import human_duration
from .verdict_sentences import Said

_OUTCOMES: Mapping[str, tuple[str, str]] = {
    "reopened": (
        msgid("After %(upper)d the ticket is reopened more often than after %(lower)d: by %(points)s (%(interval)s)."),
        msgid("After %(upper)d the ticket is reopened less often than after %(lower)d: by %(points)s (%(interval)s)."),
    ),
    "back": (
        msgid("After %(upper)d the client is soon back more often than after %(lower)d: by %(points)s (%(interval)s)."),
        msgid("After %(upper)d the client is soon back less often than after %(lower)d: by %(points)s (%(interval)s)."),
    ),
    "next_score": (
        msgid(
            "After %(upper)d the same client's next score is satisfied more often than after %(lower)d: by %(points)s"
            " (%(interval)s)."
        ),
        msgid(
            "After %(upper)d the same client's next score is satisfied less often than after %(lower)d: by %(points)s"
            " (%(interval)s)."
        ),
    ),
}
_CLOCKS: Mapping[str, str] = {"worked": msgid("by the SLA clock"), "elapsed": msgid("by the client's time")}


def scale_sentences(advice: ScaleAdvice, locale: str, *, needed: int) -> tuple[str, ...]:
    """The advice on a scale. ``needed``: how many ratings it takes to compare points."""
    return tuple(_scale(advice, locale_for(locale), needed))


def _scale(advice: ScaleAdvice, locale: str, needed: int) -> Iterator[str]:
    words = translations(locale)
    said = Said(words, locale)
    if advice.unused:
        told = ", ".join(f"{group[0]}\N{EN DASH}{group[-1]}" for group in advice.unused)
        yield words.gettext(
            "The difference between the points %(points)s is taken into account nowhere: neither in the bands, nor in"
            " whom to ask why."
        ) % {"points": told}
    else:
        yield words.gettext("Each point of the scale is treated differently from its neighbours.")
    if advice.ratings < needed:
        yield words.gettext(
            "%(ratings)s ratings are too few to say whether what follows after neighbouring points differs: it takes"
            " %(needed)s, 30 of each point."
        ) % {"ratings": said.count(advice.ratings), "needed": said.count(needed)}
        return
    for pair in advice.neighbours:
        yield from _pair(pair, said)
    same = [pair for pair in advice.neighbours if pair.alike in (Alike.SAME, Alike.NEGLIGIBLE)]
    for pair in same:
        yield words.gettext(
            "What follows after %(lower)d and after %(upper)d is the same for every practical purpose."
        ) % {
            "lower": pair.lower,
            "upper": pair.upper,
        }
    if advice.effective_points is not None:
        yield words.gettext("The ratings use the scale like %(points)s equally used points.") % {
            "points": _decimal(advice.effective_points, locale)
        }
    for way in advice.fewer:
        told = " | ".join(" ".join(str(point) for point in group) for group in way.groups)
        kept = [value for value in way.kept.values() if value is not None]
        if not kept:
            continue
        yield words.gettext(
            "%(n)d points (%(groups)s) keep at least %(kept)s of what the scores say of what follows."
        ) % {
            "n": way.points,
            "groups": told,
            "kept": said.percent(min(kept)),
        }
    if advice.says is ScaleSays.FEWER:
        least = min(way.points for way in advice.fewer if way.enough)
        yield words.gettext("A scale of %(n)d points would ask less of clients and tell as much.") % {"n": least}


def _pair(pair: Neighbours, said: Said) -> Iterator[str]:
    for one in pair.outcomes:
        if one.alike is Alike.DIFFERENT and one.difference is not None and one.interval is not None:
            if one.interval[0] <= 0 <= one.interval[1]:
                yield said.words.gettext(
                    "The same client's next score is distributed differently after %(lower)d and after %(upper)d."
                ) % {"lower": pair.lower, "upper": pair.upper}
            else:
                yield _differs(pair, one, said)


def _differs(pair: Neighbours, one: OutcomeDifference, said: Said) -> str:
    assert one.difference is not None and one.interval is not None  # noqa: S101 - the caller has looked
    more, less = _OUTCOMES[one.outcome]
    low, high = one.interval if one.difference > 0 else (-one.interval[1], -one.interval[0])
    return said.words.gettext(more if one.difference > 0 else less) % {
        "lower": pair.lower,
        "upper": pair.upper,
        "points": said.points(one.difference),
        "interval": said.span((low, high)),
    }


def clock_sentence(clock: ClockAdvice, advice: KpiAdvice, locale: str, *, needed: int) -> str:
    """What one clock's curve says, held against the target in force where the clock is the one that has it."""
    locale = locale_for(locale)
    words = translations(locale)
    said = Said(words, locale)
    by = words.gettext(_CLOCKS[clock.clock])
    share = "" if advice.satisfied_target is None else said.percent(advice.satisfied_target)
    if clock.says is TimeSays.NOT_ENOUGH:
        return words.gettext(
            "Too few answers to say from what time on clients become unhappy, %(by)s: %(answers)s of the %(needed)s"
            " that it takes, of 8 clients or more."
        ) % {"by": by, "answers": said.count(clock.answers), "needed": said.count(needed)}
    if clock.says is TimeSays.NO_TARGET:
        return words.gettext(
            "No target for the satisfied share is set, so it cannot be said from what time on it is under it, %(by)s."
        ) % {"by": by}
    if clock.says is TimeSays.ALWAYS_UNDER:
        return words.gettext(
            "No time is visible, however short, at which the satisfied share reaches its target of %(share)s; from"
            " %(high)s on it is surely under it, %(by)s (%(answers)s answers)."
        ) % {
            "share": share,
            "high": _time(clock.high or timedelta(0), locale),
            "by": by,
            "answers": said.count(clock.answers),
        }
    if clock.says is TimeSays.NOT_VISIBLE:
        return words.gettext(
            "No time is visible from which on the satisfied share is under its target of %(share)s, %(by)s (%(answers)s"
            " answers)."
        ) % {"share": share, "by": by, "answers": said.count(clock.answers)}
    assert clock.at is not None and clock.low is not None and clock.high is not None  # noqa: S101 - visible
    at, low, high = (_time(each, locale) for each in (clock.at, clock.low, clock.high))
    return words.gettext(
        "From %(at)s on (%(low)s to %(high)s) the satisfied share is under its target of %(share)s, %(by)s (%(answers)s"
        " answers)."
    ) % {"at": at, "low": low, "high": high, "share": share, "by": by, "answers": said.count(clock.answers)}


def kpi_sentences(advice: KpiAdvice, locale: str) -> tuple[str, ...]:
    """The advice on a resolution-time target: both clocks, then the target in force held against the SLA clock's."""
    locale = locale_for(locale)
    words = translations(locale)
    said = Said(words, locale)
    found = [advice.worked.sentence, advice.elapsed.sentence]
    clock = advice.worked
    if advice.target is None:
        found.append(words.gettext("No resolution-time target is in force to hold this against."))
    elif clock.says is TimeSays.VISIBLE and clock.low is not None and clock.high is not None:
        if advice.target < clock.low:
            text = words.gettext("The target in force, %(target)s, is shorter than that")
        elif advice.target > clock.high:
            text = words.gettext("The target in force, %(target)s, is longer than that")
        else:
            text = words.gettext("The target in force, %(target)s, lies in that interval")
        text %= {"target": _time(advice.target, locale)}
        if advice.within_target is not None and clock.closed_by_then is not None:
            text += "; " + words.gettext("%(within)s of closings met their target, %(then)s were closed by then") % {
                "within": said.percent(advice.within_target),
                "then": said.percent(clock.closed_by_then),
            }
        found.append(text + ".")
    if clock.tau_b is not None and clock.tau_b_interval is not None:
        low, high = (_decimal(each, locale, 2) for each in clock.tau_b_interval)
        found.append(
            words.gettext("Time and score, by the SLA clock: tau-b %(tau)s (%(low)s to %(high)s).")
            % {"tau": _decimal(clock.tau_b, locale, 2), "low": low, "high": high}
        )
    return tuple(found)


def _decimal(value: float, locale: str, digits: int = 1) -> str:
    text = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if locale == "ru" else text


def _time(time: timedelta, locale: str) -> str:
    return human_duration(time, locale, days=False)
