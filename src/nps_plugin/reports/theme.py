"""The colours of report pages and pictures, light and dark, and pictures made from charts.

The two colours that carry meaning are the blue and vermillion of Okabe & Ito (2008), which colour-blind people tell
apart; nothing is told by colour alone.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: token -> (light, dark). A light value stands once: it is how a token is found again in a picture.
COLOURS = {
    "ink": ("#16181d", "#eef0f4"),
    "soft": ("#565d6a", "#aeb6c3"),
    "grid": ("#e2e5ea", "#343a45"),
    "good": ("#0b6aa8", "#63b8ee"),
    "good-tint": ("#dcecf7", "#16324a"),
    "bad": ("#b54700", "#ff9c5c"),
    "bad-tint": ("#fbe6d8", "#4a2a14"),
    "mid": ("#868e9b", "#8d96a5"),
    "mid-tint": ("#eef0f3", "#262b34"),
    "paper": ("#fffffe", "#1c1f26"),
}
LIGHT = {name: light for name, (light, _) in COLOURS.items()}
INK, SOFT, GRID, GOOD, BAD, MID = (LIGHT[name] for name in ("ink", "soft", "grid", "good", "bad", "mid"))

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Inter, Helvetica Neue, Arial, sans-serif"
MISSING = "pictures need altair and vl-convert: pip install 'nps-plugin[charts]'"
_LABEL = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')


def css(dark: bool = False) -> str:
    """The colours as custom properties, for a style sheet."""
    return " ".join(f"--nps-{name}: {pair[dark]};" for name, pair in COLOURS.items())


def has_charts() -> bool:
    """Whether the packages of the extra ``charts`` are there."""
    return all(find_spec(name) is not None for name in ("altair", "vl_convert"))


def altair() -> Any:
    """The package, of the extra ``charts``."""
    return import_module("altair")


def dressed(chart: Any, width: int, height: int) -> Any:
    """A chart in the look of the reports."""
    axis = {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": SOFT,
        "titleColor": SOFT,
        "gridColor": GRID,
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelPadding": 6,
    }
    return (
        chart.properties(width=width, height=height, background="transparent", padding=4)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(**axis)
        .configure_text(font=FONT, fontSize=12, color=INK)
    )


def drawn(chart: Any, name: str, title: str, *, alone: bool = False) -> str:
    """A chart as SVG whose colours follow the reader's light or dark mode. Text stays text, in the reader's fonts.

    ``name`` keeps the ids of several pictures on one page apart; ``title`` is what is read aloud. ``alone``: a file of
    its own, which brings the colours along.
    """
    svg = import_module("vl_convert").vegalite_to_svg(chart.to_dict(validate=False))
    # one picture with one name: what vega says of each line and point is noise in a screen reader
    svg = _LABEL.sub("", svg)
    svg = re.sub(r'(id="|url\(#|href="#)', rf"\1{name}-", svg)
    for token, (light, _) in COLOURS.items():
        svg = svg.replace(f'"{light}"', f'"var(--nps-{token}, {light})"')
    head = re.match(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>', svg)
    if head is None:  # pragma: no cover - vl-convert writes it so
        return svg
    width, height = head.groups()
    size = f'width="{width}" height="{height}"' if alone else f'style="max-width:{width}px"'
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} role="img"'
        f' aria-labelledby="{name}-title"><title id="{name}-title">{_escaped(title)}</title>'
    )
    style = f"<style>:root{{{css()}}}@media(prefers-color-scheme:dark){{:root{{{css(dark=True)}}}}}</style>"
    return opening + (style if alone else "") + svg[head.end() :]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
