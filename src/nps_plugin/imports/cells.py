"""One cell of an export: a score, a count, a number, as spreadsheets and people write them."""

from __future__ import annotations

import re

from ..model import Scale
from .columns import NOTHING, Column

#: What is no value at all, where a cell should hold one.
BAD = -1


def point_of(cell: str, column: Column, scale: Scale) -> int:
    """The index of a score among the points of its scale, their number where nobody answered, -1 for what is none."""
    points = scale.high - scale.low + 1
    cell = plain_number(cell)
    if cell in column.unknown or (cell in NOTHING and cell not in (column.map or {})):
        return points
    if column.map is not None:
        if cell not in column.map:
            return BAD
        point = column.map[cell]
        if point is None:
            return points
    else:
        point = int(cell) if re.fullmatch(r"[+-]?\d{1,4}", cell, re.ASCII) else _labelled(cell, scale)
    return point - scale.low if scale.low <= point <= scale.high else BAD


def plain_number(cell: str) -> str:
    """A cell in small letters; "4,0" and "4.0" as "4", as spreadsheets write whole numbers."""
    cell = cell.strip().casefold()
    return re.sub(r"[.,]0+$", "", cell) if cell[-1:] == "0" and re.fullmatch(r"[+-]?\d+[.,]0+", cell) else cell


def _labelled(cell: str, scale: Scale) -> int:
    """The point that is called so, in any language that the scale has."""
    for labels in scale.labels.values():
        for point, label in zip(scale.points, labels, strict=True):
            if label.casefold() == cell:
                return point
    return scale.low - 1


def count_of(cell: str) -> int:
    """A whole number, or yes or no; ``BAD`` for what is neither."""
    cell = plain_number(cell)
    if cell in ("true", "yes", "y", "да"):
        return 1
    if cell in NOTHING or cell in ("false", "no", "n", "нет"):
        return 0
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 7 else BAD


def number_of(cell: str) -> float | None:
    """A number with a decimal point or comma; blanks between thousands are passed over."""
    text = re.sub(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3})", "", cell)
    if "," in text:
        text = text.replace(",", "") if "." in text else text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None
