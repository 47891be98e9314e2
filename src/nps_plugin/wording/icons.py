"""Small pictures of faces and thumbs for mail, where neither SVG nor a colour emoji can be relied on.

Drawn from distances to simple shapes, in the tenant's colour, with the features left transparent: so they hold on a
light and on a dark background, and no picture has to be shipped for each colour.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from math import cos, hypot, radians, sin

#: Pixels; mails show them at half of it, for dense screens.
SIZE = 88

#: distance of a point from the edge of a shape, negative inside; the picture spans -1 to 1, y downwards
Shape = Callable[[float, float], float]


def _disc(cx: float, cy: float, radius: float) -> Shape:
    return lambda x, y: hypot(x - cx, y - cy) - radius


def _stroke(points: list[tuple[float, float]], width: float) -> Shape:
    """A line through the points with round ends."""

    def distance(x: float, y: float) -> float:
        best = 9.0
        for (ax, ay), (bx, by) in pairwise(points):
            dx, dy = bx - ax, by - ay
            along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
            best = min(best, hypot(x - ax - along * dx, y - ay - along * dy))
        return best - width / 2

    return distance


def _box(cx: float, cy: float, width: float, height: float, corner: float) -> Shape:
    def distance(x: float, y: float) -> float:
        dx, dy = abs(x - cx) - width / 2 + corner, abs(y - cy) - height / 2 + corner
        return hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - corner

    return distance


def _arc(cy: float, radius: float, turn: int) -> list[tuple[float, float]]:
    """A mouth: an arc of 100 degrees under (``turn`` 1) or over (-1) its centre."""
    angles = [radians(90 + step * 10) for step in range(-5, 6)]
    return [(radius * cos(angle), cy + turn * radius * sin(angle)) for angle in angles]


def _face(mouth: list[tuple[float, float]]) -> tuple[list[Shape], list[Shape]]:
    return [_disc(0, 0, 0.96)], [_disc(-0.34, -0.24, 0.13), _disc(0.34, -0.24, 0.13), _stroke(mouth, 0.13)]


def _thumb(turn: int) -> tuple[list[Shape], list[Shape]]:
    """A fist with its thumb up (``turn`` 1) or down (-1), and a cuff."""

    def turned(shape: Shape) -> Shape:
        return lambda x, y: shape(x, y * turn)

    fist = [_box(0.22, 0.28, 1.12, 1.04, 0.26), _stroke([(-0.1, 0.1), (0.12, -0.3), (0.16, -0.62)], 0.4)]
    return [turned(shape) for shape in [*fist, _box(-0.68, 0.3, 0.36, 1.0, 0.1)]], []


_SHAPES: dict[tuple[str, int], Callable[[], tuple[list[Shape], list[Shape]]]] = {
    ("faces-3", 1): lambda: _face(_arc(0.78, 0.48, -1)),
    ("faces-3", 2): lambda: _face([(-0.36, 0.36), (0.36, 0.36)]),
    ("faces-3", 3): lambda: _face(_arc(-0.02, 0.52, 1)),
    ("thumbs-2", 0): lambda: _thumb(-1),
    ("thumbs-2", 1): lambda: _thumb(1),
}


def has_icon(scale: str, score: int) -> bool:
    """Whether that point of a scale has a picture."""
    return (scale, score) in _SHAPES


@lru_cache(maxsize=256)
def icon_png(scale: str, score: int, colour: str) -> bytes:
    """The picture of a point as PNG in the colour ``#rrggbb``; ``KeyError`` where :func:`has_icon` says no."""
    solid, holes = _SHAPES[scale, score]()
    pixel = 2 / SIZE
    rows = bytearray()
    for row in range(SIZE):
        rows.append(0)
        y = (row + 0.5) * pixel - 1
        for column in range(SIZE):
            x = (column + 0.5) * pixel - 1
            distance = min(shape(x, y) for shape in solid)
            if holes:
                distance = max(distance, -min(shape(x, y) for shape in holes))
            # half a pixel of blur at the edge; 15 steps keep the palette small
            rows.append(round(max(0.0, min(1.0, 0.5 - distance / pixel)) * 15))
    palette = bytes.fromhex(colour[1:]) * 16
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", palette),
            _chunk(b"tRNS", bytes(step * 17 for step in range(16))),
            _chunk(b"IDAT", zlib.compress(bytes(rows), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
