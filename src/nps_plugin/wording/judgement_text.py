"""What ``nps-plugin judge`` prints for people: the verdict, four counts, the shares, the slices, what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ..model import Judged, JudgedSlice, Judgement, Level, Limits, Quadrants, RefusedRow
from .catalogue import msgid, translations
from .verdict_sentences import Said

#: Slices of one dimension and refused rows that are listed; ``--json`` has them all.
SLICES, ROWS = 20, 10
#: Below this many answers a share says nothing (docs/statistics.md).
_SHOWN = 5

_QUADRANTS: Mapping[str, str] = {
    "confirmed": msgid("KPI met, client satisfied"),
    "watermelon": msgid("KPI met, client dissatisfied (“watermelon”)"),
    "forgiven": msgid("KPI missed, client satisfied"),
    "failed": msgid("KPI missed, client dissatisfied"),
    "lukewarm": msgid("client neither satisfied nor dissatisfied"),
    "untargeted": msgid("KPI unknown"),
}
_LEVELS: Mapping[Level, str] = {
    Level.HEALTHY: msgid("both reach their targets"),
    Level.WATERMELON: msgid("watermelon"),
    Level.TOO_STRICT: msgid("target too strict"),
    Level.MISSED_BUT_HAPPY: msgid("missed, yet satisfied"),
    Level.FAILING: msgid("both under target"),
    Level.UNDECIDED: msgid("undecided"),
    Level.NO_TARGET: msgid("no target"),
}
_DIMENSIONS: Mapping[str, str] = {
    "agent": msgid("By agent"),
    "queue": msgid("By queue"),
    "service": msgid("By service"),
    "client": msgid("By client"),
    "organization": msgid("By organization"),
    "priority": msgid("By priority"),
}


def judgement_text(judgement: Judgement, locale: str) -> str:
    """The whole text, in a locale that ships."""
    return "\n".join(_lines(judgement, Said(translations(locale), locale))) + "\n"


def _lines(judgement: Judgement, said: Said) -> Iterator[str]:
    words = said.words
    yield judgement.headline
    yield ""
    yield judgement.sentence
    yield ""
    yield words.gettext(
        "Tickets %(tickets)s: judged %(judged)s, still open %(open)s; answers %(answered)s, scale %(scale)s"
    ) % {
        "tickets": said.count(judgement.tickets),
        "judged": said.count(judgement.judged),
        "open": said.count(judgement.open),
        "answered": said.count(judgement.answered),
        "scale": judgement.scale,
    }
    yield ""
    yield from _figures(judgement, said)
    yield ""
    yield from _quadrants(judgement.quadrants, judgement.answered, said)
    for by in dict.fromkeys(one.by for one in judgement.slices):
        yield ""
        yield words.gettext(_DIMENSIONS[by])
        yield from _slices([one for one in judgement.slices if one.by == by], said)
        if by == "agent":
            yield "  " + words.gettext("A reason to look, not a measure of a person.")
    if judgement.notes:
        yield ""
        yield words.gettext("Not told, and so taken to be:")
        yield from (f"  {note}" for note in judgement.notes)
    if judgement.refused_rows:
        yield ""
        yield from _refused(judgement.refused_rows, said)


def _figures(judged: Judged, said: Said) -> Iterator[str]:
    words, kpi, score, melon = said.words, judged.kpi, judged.score, judged.watermelon_share
    none = words.gettext("unknown")
    rows = [
        (words.gettext("KPI share"), none if kpi.share is None else said.percent(kpi.share, kpi.target), None),
        (words.gettext("Satisfied share"), _share(score.share, judged.answered, score.satisfied, said), score.interval),
        (words.gettext("Net score"), _share(score.net, judged.answered, None, said), score.net_interval),
        (
            words.gettext("Dissatisfied where the KPI was met"),
            none if melon.value is None else said.percent(melon.value),
            melon.interval,
        ),
    ]
    width = max(len(name) for name, _, _ in rows)
    for name, value, interval in rows:
        yield f"  {name:{width}}  {value}{_interval(interval, judged.answered, said)}"


def _share(value: float | None, answered: int, count: int | None, said: Said) -> str:
    if value is None:
        return said.words.gettext("unknown")
    if answered < _SHOWN:
        if count is None:
            return said.words.gettext("too few answers")
        return said.words.gettext("%(count)s of %(n)s") % {"count": said.count(count), "n": said.count(answered)}
    return said.percent(value)


def _interval(interval: Limits, answered: int, said: Said) -> str:
    if interval is None or answered < _SHOWN:
        return ""
    return " (" + said.words.gettext("95%% interval %(interval)s") % {"interval": said.span(interval)} + ")"


def _quadrants(quadrants: Quadrants, answered: int, said: Said) -> Iterator[str]:
    shown = [(said.words.gettext(text), getattr(quadrants, name)) for name, text in _QUADRANTS.items()]
    width = max(len(text) for text, _ in shown)
    figures = len(said.count(answered))
    for text, count in shown:
        share = f"  {said.percent(count / answered):>5}" if answered >= _SHOWN else ""
        yield f"  {text:{width}}  {said.count(count):>{figures}}{share}"


def _slices(slices: list[JudgedSlice], said: Said) -> Iterator[str]:
    words = said.words
    head = tuple(map(words.gettext, (msgid("tickets"), msgid("KPI"), msgid("satisfied"), msgid("verdict"))))
    rows = [("", *head)]
    for one in slices[:SLICES]:
        interval = _interval(one.score.interval, one.answered, said).partition(" (")[2]
        share = _share(one.score.share, one.answered, one.score.satisfied, said)
        rows.append(
            (
                one.value[:40],
                said.count(one.tickets),
                "–" if one.kpi.share is None else said.percent(one.kpi.share, one.kpi.target),
                f"{share} ({said.span(one.score.interval)})" if interval and one.score.interval else share,
                words.gettext(_LEVELS[one.level.verdict]),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    for name, tickets, kpi, share, verdict in rows:
        left = f"{name:{widths[0]}}  {tickets:>{widths[1]}}  {kpi:>{widths[2]}}"
        yield f"  {left}  {share:{widths[3]}}  {verdict}".rstrip()
    if len(slices) > SLICES:
        yield "  " + said.counted("… and %(n)s more", "… and %(n)s more", len(slices) - SLICES)


def _refused(refused: tuple[RefusedRow, ...], said: Said) -> Iterator[str]:
    yield said.counted("%(n)s row is refused:", "%(n)s rows are refused:", len(refused))
    words = said.words
    for one in refused[:ROWS]:
        yield "  " + words.gettext("line %(row)s, %(field)s %(value)s: %(reason)s") % {
            "row": one.row,
            "field": one.field,
            "value": repr(one.value if len(one.value) <= 40 else one.value[:39] + "…"),
            "reason": one.reason,
        }
    if len(refused) > ROWS:
        reasons = Counter(one.field for one in refused)
        fields = ", ".join(f"{field} {said.count(n)}" for field, n in reasons.most_common())
        yield "  " + words.gettext("… of all: %(fields)s; --json lists every row") % {"fields": fields}
