"""The tenant's colour, put where people can still read: contrast by WCAG 2.2, 1.4.3 (text) and 1.4.11 (controls)."""

from __future__ import annotations

import re
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache

WHITE = "#ffffff"
BLACK = "#000000"
#: text and, where the brand is too pale for them, controls
INK = "#16181d"
#: the surfaces of the page
CARD_DARK = "#1c1f26"
TEXT_CONTRAST = 4.5
CONTROL_CONTRAST = 3.0


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours as ``#rrggbb``: ``accent`` for controls, ``on_...`` for text upon one, ``tint`` for pale surfaces."""

    brand: str
    on_brand: str
    accent: str
    on_accent: str
    link: str
    tint: str
    accent_dark: str
    on_accent_dark: str
    tint_dark: str


def _rgb(colour: str) -> tuple[int, int, int]:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"colour {colour!r}: expected #rrggbb")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(colour: str, into: str, share: float) -> str:
    """``share`` (0 to 1) of the colour in the other."""
    channels = (round(a * share + b * (1 - share)) for a, b in zip(_rgb(colour), _rgb(into), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def text_on(colour: str) -> str:
    """White, ink or black: the first that reads on the colour. One of them always does."""
    return next(text for text in (WHITE, INK, BLACK) if text == BLACK or contrast(text, colour) >= TEXT_CONTRAST)


def _lightened(colour: str) -> str:
    """The colour, lightened until it reads on the dark card; its hue stays, so that it is still the brand's."""
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in _rgb(colour)))
    while contrast(colour, CARD_DARK) < TEXT_CONTRAST:
        lightness = min(1.0, lightness + 0.01)
        colour = "#" + "".join(f"{round(c * 255):02x}" for c in hls_to_rgb(hue, lightness, saturation))
    return colour


@lru_cache(maxsize=256)
def palette(colour: str) -> Palette:
    """The colours of a page or mail in the brand's colour, given as ``#rrggbb`` (else ``ValueError``)."""
    brand = colour.lower()
    accent = brand if contrast(brand, WHITE) >= CONTROL_CONTRAST else INK
    accent_dark = _lightened(brand)
    return Palette(
        brand=brand,
        on_brand=text_on(brand),
        accent=accent,
        on_accent=text_on(accent),
        link=brand if contrast(brand, WHITE) >= TEXT_CONTRAST else INK,
        tint=mix(brand, WHITE, 0.1),
        accent_dark=accent_dark,
        on_accent_dark=text_on(accent_dark),
        tint_dark=mix(accent_dark, CARD_DARK, 0.14),
    )
