"""What the pictures of a report are made of: points, words, axes, the lines for targets and breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .theme import GOOD, LIGHT, SOFT, altair


@dataclass(frozen=True, kw_only=True)
class PeriodPoint:
    """One period of one procedure on the time axis. Shares are 0..1; None: nothing to show."""

    #: its place; apart from others of the same period where the way of asking changed within it
    at: float
    tick: str
    part: int
    share: float | None = None
    low: float | None = None
    high: float | None = None
    kpi: float | None = None
    answered: int = 0
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class AgentPoint:
    """One agent in the funnel; ``name`` only where it may be read."""

    answered: int
    share: float
    name: str = ""
    flagged: bool = False


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The satisfied share of what took about this long (hours)."""

    hours: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Size:
    """The room that a picture has: wide on a desk and on paper, narrow on a phone."""

    width: int = 560
    narrow: bool = False


WIDE = Size()
NARROW = Size(width=262, narrow=True)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the pictures say, in the reader's language."""

    percent: str = "%"
    satisfied: str = "Satisfied"
    kpi: str = "KPI met"
    target: str = "target"
    changed: str = "asked differently"
    answers: str = "answers"
    share: str = "satisfied share"
    hours: str = "hours until resolved"
    quadrants: tuple[str, str, str, str] = (
        "Met, satisfied",
        "Met, dissatisfied",
        "Missed, satisfied",
        "Missed, dissatisfied",
    )
    count_of: str = ""

    def share_of(self, value: float) -> str:
        """A share as readers write it, in whole per cent."""
        return f"{round(value * 100)}{self.percent}"


def point(p: PeriodPoint) -> dict[str, Any]:
    """A period as a row of a chart's data."""
    return {
        "at": p.at, "part": p.part, "share": p.share, "low": p.low, "high": p.high, "kpi": p.kpi,
        "open": LIGHT["paper"] if p.open else "",
    }  # fmt: skip


def dots(data: Any, x: Any, y: Any, colour: str, shape: str = "circle") -> Any:
    """A point for each period, hollow where it is preliminary."""
    alt = altair()

    return (
        alt.Chart(data)
        .mark_point(size=52, shape=shape, stroke=colour, strokeWidth=2, filled=True, opacity=1)
        .encode(x=x, y=y, fill=alt.condition("datum.open", alt.value(LIGHT["paper"]), alt.value(colour)))
    )


def time_axis(points: Sequence[PeriodPoint], words: Words, size: Size) -> Any:
    """Periods side by side, each with its name and, below it, its number of answers."""
    alt = altair()

    ticks: dict[int, list[str]] = {}
    for p in points:
        at = round(p.at)
        ticks[at] = [p.tick, str(p.answered + int(ticks[at][1]) if at in ticks else p.answered)]
    every = max(1, -(-len(ticks) // (6 if size.narrow else 13)))
    shown = [at for at in ticks if (max(ticks) - at) % every == 0]
    table = "{" + ",".join(f"'{at}':[{js(a)},{js(b)}]" for at, (a, b) in ticks.items()) + "}[datum.value]"
    return alt.X(
        "at:Q", title=words.count_of or None,
        scale=alt.Scale(domain=[min(ticks, default=0) - 0.35, max(ticks, default=1) + 0.35], nice=False),
        axis=alt.Axis(values=shown, labelExpr=table, labelFlush=False, labelOverlap=False, titlePadding=6),
    )  # fmt: skip


def share_axis(words: Words, low: float, of: str = "low", title: str | None = None) -> Any:
    """An axis of per cent that begins a whole ten below the lowest value."""
    alt = altair()

    low = floor(low)
    return alt.Y(
        f"{of}:Q", title=title, scale=alt.Scale(domain=[low, 1], nice=False, clamp=True),
        axis=alt.Axis(
            grid=True, labelOverlap=False, values=steps(low),
            labelExpr=f"round(datum.value * 100) + {js(words.percent)}",
        ),
    )  # fmt: skip


def target_line(target: float | None, words: Words) -> list[Any]:
    """A level line at the target, named."""
    alt = altair()

    if target is None:
        return []
    one = {"t": target, "label": f"{words.target} {words.share_of(target)}"}
    line = alt.Chart(alt.Data(values=[one])).mark_rule(color=GOOD, strokeDash=[2, 3], strokeWidth=1.5).encode(y="t:Q")
    return [line, *on_paper(one, GOOD, align="left", dx=4, dy=-9)(x=alt.value(0), y="t:Q")]


def on_paper(one: dict[str, Any], colour: str, **place: Any) -> Callable[..., list[Any]]:
    """The text ``label`` of a data row on a patch of paper, since a series may run behind it; give the encodings."""
    alt = altair()
    data = alt.Data(values=[one])
    halo = {"stroke": LIGHT["paper"], "strokeWidth": 4, "color": LIGHT["paper"]}
    return lambda **at: [
        alt.Chart(data).mark_text(fontSize=12.5, fontWeight=600, **place, **look).encode(**at, text="label:N")
        for look in (halo, {"color": colour})
    ]


def breaks(points: Sequence[PeriodPoint], words: Words, x: Any) -> list[Any]:
    """An upright line wherever one procedure ends and another begins."""
    alt = altair()

    ordered = sorted({(p.at, p.part) for p in points})
    places = [(a + b) / 2 for (a, one), (b, other) in pairwise(ordered) if one != other]
    layers = []
    for place in places:
        # the text stays inside the picture
        share = (place - ordered[0][0]) / (ordered[-1][0] - ordered[0][0])
        align = "left" if share < 0.25 else "right" if share > 0.75 else "center"
        data = alt.Data(values=[{"at": place, "text": words.changed}])
        rule = alt.Chart(data).mark_rule(color=SOFT, strokeWidth=1.5, strokeDash=[3, 3])
        text = alt.Chart(data).mark_text(color=SOFT, dy=-3, dx=4 * (share < 0.25) - 4 * (share > 0.75), align=align)
        layers += [rule.encode(x=x), text.encode(x=x, y=alt.value(0), text="text:N")]
    return layers


def floor(low: float) -> float:
    """Where the axis of per cent begins: a whole ten below the lowest value."""
    return max(0.0, min(0.8, int(low * 10 - 0.2) / 10))


def steps(low: float) -> list[float]:
    """Where an axis of shares is marked: every 10 or 20 per cent."""
    step = 0.1 if low >= 0.5 else 0.2
    return [round(1 - step * i, 2) for i in range(int((1 - low) / step + 1e-9) + 1)]


def js(text: str) -> str:
    """A text as a literal of Vega's expression language."""
    return json.dumps(text, ensure_ascii=False)
