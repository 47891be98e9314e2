"""A comparison of two windows, and a client's newest score against the earlier ones, in one sentence each."""

from __future__ import annotations

from ..model import ClientHistory, Comparison, ShareChange
from .catalogue import translations
from .verdict_sentences import Said


def comparison_sentence(found: Comparison, locale: str) -> str:
    """What changed, its interval, and whether it is larger than sampling noise; or why nothing can be compared."""
    words = translations(locale)
    said = Said(words, locale)
    if not found.comparable:
        return words.gettext("Not comparable, since the way of asking is not the same: %(changes)s.") % {
            "changes": "; ".join(found.changes)
        }
    if found.satisfied is None:
        missing = [_missing(n, said) for n in found.lacking]
        return words.gettext("Too few answers to compare; still missing: before %(before)s, after %(after)s.") % {
            "before": missing[0],
            "after": missing[1],
        }
    before, after = found.before.score.share, found.after.score.share
    values = {
        "before": said.percent(before or 0.0),
        "after": said.percent(after or 0.0),
        "span": _span(found.satisfied, said),
        "n": f"{said.count(found.before.answered)} / {said.count(found.after.answered)}",
    }
    if found.satisfied.beyond_noise:
        return (
            words.gettext(
                "The satisfied share was %(before)s and is %(after)s: a difference of %(span)s percentage points (95%%"
                " interval; answers before / after: %(n)s), larger than sampling noise."
            )
            % values
        )
    if found.beyond_limits is False and found.satisfied.interval is not None and _excludes(found.satisfied.interval):
        return (
            words.gettext(
                "The satisfied share was %(before)s and is %(after)s: a difference of %(span)s percentage points (95%%"
                " interval; answers before / after: %(n)s), no larger than earlier months differ among themselves."
            )
            % values
        )
    return (
        words.gettext(
            "The satisfied share was %(before)s and is %(after)s: a difference of %(span)s percentage points (95%%"
            " interval; answers before / after: %(n)s), no larger than sampling noise."
        )
        % values
    )


def history_sentence(found: ClientHistory, locale: str) -> str:
    """How the newest score stands against the earlier ones of the same client."""
    words = translations(locale)
    said = Said(words, locale)
    if not found.entries:
        return words.gettext("No scores yet.")
    last = found.entries[-1]
    if last.p is None:
        return said.counted(
            "The newest score is %(score)s; %(n)s more earlier score is needed to hold it against the others.",
            "The newest score is %(score)s; %(n)s more earlier scores are needed to hold it against the others.",
            found.lacking,
            score=str(last.score),
        )
    values = {"score": str(last.score), "p": said.percent(last.p, 0.05)}
    if last.alarm:
        return said.counted(
            "The newest score, %(score)s, is lower than %(n)s earlier score lets expect (chance %(p)s).",
            "The newest score, %(score)s, is lower than %(n)s earlier scores let expect (chance %(p)s).",
            last.earlier,
            **values,
        )
    return said.counted(
        "The newest score, %(score)s, is no surprise after %(n)s earlier score (chance %(p)s).",
        "The newest score, %(score)s, is no surprise after %(n)s earlier scores (chance %(p)s).",
        last.earlier,
        **values,
    )


def _missing(n: int, said: Said) -> str:
    if not n:
        return said.words.gettext("nothing")
    return said.counted("%(n)s answer", "%(n)s answers", n)


def _span(change: ShareChange, said: Said) -> str:
    low, high = change.interval or (change.estimate, change.estimate)
    return " ".join([said.signed(change.estimate), f"({said.signed(low)} \N{HORIZONTAL ELLIPSIS} {said.signed(high)})"])


def _excludes(interval: tuple[float, float]) -> bool:
    return interval[0] > 0 or interval[1] < 0
