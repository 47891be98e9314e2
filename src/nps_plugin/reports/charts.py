"""The pictures of a report, drawn with altair (the extra ``charts``). Each takes plain figures and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .axes import (
    AgentPoint,
    CurvePoint,
    PeriodPoint,
    Size,
    Words,
    breaks,
    dots,
    js,
    on_paper,
    point,
    share_axis,
    target_line,
    time_axis,
)
from .theme import BAD, GOOD, INK, LIGHT, MID, SOFT, altair, dressed


def score_trend(points: Sequence[PeriodPoint], target: float | None, words: Words, size: Size) -> Any:
    """The satisfied share with its 95 % interval, period by period; lines end where the way of asking changed."""
    alt = altair()

    shown = [p for p in points if p.share is not None]
    data = alt.Data(values=[point(p) for p in shown])
    low = min([p.low for p in shown if p.low is not None] + [1.0 if target is None else target])
    y = share_axis(words, low)
    x = time_axis(points, words, size)
    layers = [
        alt.Chart(data).mark_area(color=GOOD, opacity=0.16).encode(x=x, y=y, y2="high:Q", detail="part:N"),
        alt.Chart(data).mark_rule(color=GOOD, opacity=0.35, strokeWidth=1).encode(x=x, y=y, y2="high:Q"),
        alt.Chart(data).mark_line(color=GOOD, strokeWidth=2.5).encode(x=x, y="share:Q", detail="part:N"),
        dots(data, x, "share:Q", GOOD),
        *target_line(target, words),
        *breaks(points, words, x),
    ]
    return dressed(alt.layer(*layers), size.width, 190 if size.narrow else 220)


def kpi_and_score(
    points: Sequence[PeriodPoint], targets: tuple[float | None, float | None], words: Words, size: Size
) -> Any:
    """The KPI share and the satisfied share on one time axis and one scale of per cent."""
    alt = altair()

    values = [point(p) for p in points]
    shares = [s for p in points for s in (p.share, p.kpi) if s is not None] + [t for t in targets if t is not None]
    y = share_axis(words, min(shares, default=0.0), "value")
    x = time_axis(points, words, size)
    layers = []
    for key, name, colour, dash, shape in (
        ("kpi", words.kpi, INK, [6, 3], "square"),
        ("share", words.satisfied, GOOD, [1, 0], "circle"),
    ):
        own = [{**v, "value": v[key]} for v in values if v[key] is not None]
        if not own:
            continue
        data = alt.Data(values=own)
        last = own[-1]
        others = [one for one in (last["share"], last["kpi"]) if one is not None and one != last["value"]]
        rising = len(own) > 1 and own[-2]["value"] < last["value"]
        # above, where the line does not come from, unless the other line is there
        above = last["value"] > max(others, default=0.0) or (rising and max(others) - last["value"] > 0.12)
        label = f"{name} {words.share_of(last['value'])}"
        layers += [
            alt.Chart(data).mark_line(color=colour, strokeWidth=2.2, strokeDash=dash).encode(x=x, y=y, detail="part:N"),
            dots(data, x, y, colour, shape),
            *on_paper({**last, "label": label}, colour, align="right", dx=4, dy=-16 if above else 18)(x=x, y=y),
        ]
    layers += [*target_line(targets[1], words), *breaks(points, words, x)]
    return dressed(alt.layer(*layers), size.width, 190 if size.narrow else 220)


def quadrants(counts: tuple[int, int, int, int], whole: int, words: Words, size: Size) -> Any:
    """KPI met or missed against satisfied or dissatisfied, four fields; counts in the order of ``words.quadrants``."""
    alt = altair()

    fills = (LIGHT["good-tint"], LIGHT["bad-tint"], LIGHT["mid-tint"], LIGHT["bad-tint"])
    edges = (GOOD, BAD, MID, BAD)
    names = [name.replace(", ", ",\n") if size.narrow else name for name in words.quadrants]
    cells = [
        {
            "x": place % 2, "y": 1 - place // 2, "x2": place % 2 + 1, "y2": 2 - place // 2,
            "cx": place % 2 + 0.5, "cy": 1.5 - place // 2, "name": names[place], "n": f"{count}",
            "share": words.share_of(count / whole) if whole else "–", "fill": fills[place], "edge": edges[place],
            "width": 3 if place == 1 else 1,
        }
        for place, count in enumerate(counts)
    ]  # fmt: skip
    data, lines = alt.Data(values=cells), 1 + size.narrow
    width = size.width if size.narrow else 400
    plain = {"axis": None, "scale": alt.Scale(domain=[0, 2], nice=False)}
    centre = alt.Chart(data).encode(x=alt.X("cx:Q", **plain), y=alt.Y("cy:Q", **plain))
    layers = [
        alt.Chart(data)
        .mark_rect(cornerRadius=6, xOffset=3, x2Offset=-3, yOffset=-3, y2Offset=3)
        .encode(
            x=alt.X("x:Q", **plain), y=alt.Y("y:Q", **plain), x2="x2:Q", y2="y2:Q",
            color=alt.Color("fill:N", scale=None), stroke=alt.Stroke("edge:N", scale=None),
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
        ),
        centre.mark_text(fontSize=28, fontWeight="bold", dy=-lines * 6 - 8, color=INK).encode(text="share:N"),
        centre.mark_text(fontSize=12.5, dy=22 - lines * 8, lineBreak="\n", color=INK).encode(text="name:N"),
        centre.mark_text(fontSize=12, dy=24 + lines * 8, color=SOFT).encode(text="n:N"),
    ]  # fmt: skip
    return dressed(alt.layer(*layers), width, 250 if size.narrow else 220)


def distribution(labels: Sequence[str], counts: Sequence[int], bands: Sequence[str], words: Words, size: Size) -> Any:
    """How often each point was chosen, best at the top; ``bands`` are good, mid or bad."""
    alt = altair()

    whole = sum(counts) or 1
    order = [f"{i:02d}" for i in reversed(range(len(counts)))]
    rows = [
        {
            "place": f"{i:02d}", "label": labels[i], "count": count,
            "text": f"{words.share_of(count / whole)} · {count}", "fill": LIGHT[bands[i]],
        }
        for i, count in enumerate(counts)
    ]  # fmt: skip
    data = alt.Data(values=rows)
    names = "{" + ",".join(f"'{row['place']}':{js(str(row['label']))}" for row in rows) + "}[datum.value]"
    y = alt.Y(
        "place:N", sort=order, title=None, axis=alt.Axis(labelExpr=names, labelLimit=140, labelColor=INK)
    )  # fmt: skip
    x = alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, max([*counts, 1]) * 1.28], nice=False))
    base = alt.Chart(data).encode(y=y, x=x)
    layers = [
        base.mark_bar(cornerRadiusEnd=4, height={"band": 0.72}).encode(color=alt.Color("fill:N", scale=None)),
        base.mark_text(align="left", dx=7, color=INK).encode(text="text:N"),
    ]
    return dressed(alt.layer(*layers), size.width - (40 if size.narrow else 120), max(26 * len(counts), 80))


def funnel(
    agents: Sequence[AgentPoint],
    mean: float,
    limits: Callable[[float], tuple[float, float]],
    words: Words,
    size: Size,
) -> Any:
    """Each agent's satisfied share against the number of answers, within the limits of chance and common spread."""
    alt = altair()

    most = max([a.answered for a in agents], default=10)
    least = min([a.answered for a in agents], default=1)
    low, high = least * 0.85, most * 1.06
    sizes = [low + (high - low) * i / 40 for i in range(41)]
    band = [{"n": n, "low": limits(n)[0], "high": limits(n)[1]} for n in sizes if n > 0]
    lowest = min([a.share for a in agents] + [b["low"] for b in band], default=0.0)
    x = alt.X(
        "n:Q",
        title=words.answers,
        scale=alt.Scale(domain=[low, high], nice=False),
        axis=alt.Axis(tickCount=5, format="d"),
    )
    marks = [
        {"n": a.answered, "share": a.share, "name": a.name, "fill": BAD if a.flagged else LIGHT["paper"],
         "edge": BAD if a.flagged else GOOD, "shape": "diamond" if a.flagged else "circle"}
        for a in agents
    ]  # fmt: skip
    data = alt.Data(values=marks)
    at = {"x": x, "y": share_axis(words, lowest, "share", words.share)}
    band_y, mean_y = (share_axis(words, lowest, of, words.share) for of in ("low", "mean"))
    layers = [
        alt.Chart(alt.Data(values=band)).mark_area(color=MID, opacity=0.18).encode(x=x, y=band_y, y2="high:Q"),
        alt.Chart(alt.Data(values=[{"mean": mean}])).mark_rule(color=SOFT, strokeDash=[4, 3]).encode(y=mean_y),
        alt.Chart(data)
        .mark_point(filled=True, size=70, strokeWidth=2, opacity=1)
        .encode(
            **at, fill=alt.Fill("fill:N", scale=None), stroke=alt.Stroke("edge:N", scale=None),
            shape=alt.Shape("shape:N", scale=None),
        ),
        alt.Chart(alt.Data(values=[mark for mark in marks if mark["name"]]))
        .mark_text(dy=-13, color=INK)
        .encode(**at, text="name:N"),
    ]  # fmt: skip
    return dressed(alt.layer(*layers), size.width if size.narrow else 640, 240)


def resolution_curve(
    points: Sequence[CurvePoint],
    marks: Sequence[tuple[float, str, str]],
    target: float | None,
    words: Words,
    size: Size,
) -> Any:
    """The satisfied share against the time until resolved; ``marks``: (hours, text, good or bad) as upright lines."""
    alt = altair()

    lowest = min([p.low for p in points], default=0.0)
    hours = [p.hours for p in points] + [at for at, _, _ in marks]
    ticks = [t for t in (1 / 60, 1 / 12, 0.25, 1, 4, 12, 24, 72, 168, 720, 2160) if min(hours) <= t <= max(hours)]
    x = alt.X(
        "hours:Q", title=words.hours,
        scale=alt.Scale(type="log", domain=[min(hours), max(hours)], nice=False),
        axis=alt.Axis(values=ticks, labelExpr="datum.value < 1 ? round(datum.value * 60) + '′' : datum.value"),
    )  # fmt: skip
    data = alt.Data(values=[vars(p) for p in points])
    band, line = (share_axis(words, lowest, of, words.share) for of in ("low", "share"))
    layers = [
        alt.Chart(data).mark_area(color=GOOD, opacity=0.16, interpolate="step-after").encode(x=x, y=band, y2="high:Q"),
        alt.Chart(data).mark_line(color=GOOD, strokeWidth=2.5, interpolate="step-after").encode(x=x, y=line),
    ]
    for number, (at, text, kind) in enumerate(marks):
        one = alt.Data(values=[{"hours": at, "text": text, "top": 1.0}])
        colour = LIGHT[kind]
        right = at > (min(hours) * max(hours)) ** 0.5
        text_look = {"align": "right" if right else "left", "dx": -6 if right else 6, "dy": -8 - 16 * number}
        layers += [
            alt.Chart(one).mark_rule(color=colour, strokeWidth=2, strokeDash=[5, 3]).encode(x=x),
            alt.Chart(one)
            .mark_text(**text_look, color=colour, fontWeight="bold")
            .encode(x=x, y=share_axis(words, lowest, "top", words.share), text="text:N"),
        ]
    layers += target_line(target, words)
    return dressed(alt.layer(*layers), size.width, 230)
