"""Vectors of counts as bytes: little-endian lanes of one width, the least that leaves room to add sixteen of them.

Lanes of one width are added as one whole number, however many they are.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Hashable, Iterable, Sequence
from operator import add
from typing import Any

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
#: As many vectors of one width can be added before a lane could run over.
ROOM = 16


def width_for(greatest: int) -> int:
    """Bytes of a lane that holds this number with room to spare."""
    return next(width for width in _CODES if greatest < (1 << 8 * width) // ROOM)


def pack(values: Sequence[int], width: int | None = None) -> bytes:
    """The lanes as bytes. No lane may be negative."""
    return struct.pack(f"<{len(values)}{_CODES[width or width_for(max(values, default=0))]}", *values)


def unpack(packed: bytes, lanes: int) -> tuple[int, ...]:
    """The lanes again, where their number is known."""
    return struct.unpack(f"<{lanes}{_CODES[len(packed) // lanes]}", packed)


def unpack_sum(total: int, width: int, lanes: int) -> tuple[int, ...]:
    """The lanes of a sum of ``int.from_bytes(packed, "little")`` of that width."""
    return struct.unpack(f"<{lanes}{_CODES[width]}", total.to_bytes(lanes * width, "little"))


def add_up(rows: Iterable[tuple[Hashable, int, bytes]]) -> dict[Any, Sequence[int]]:
    """Packed vectors added up by key; each row is (key, how many lanes it has, the vector)."""
    found: dict[Any, Sequence[int]] = {}
    # for each key and length in bytes: the sum as one number, how many are in it, and how many lanes
    sums: dict[tuple[Hashable, int], list[int]] = {}

    def finish(key: Hashable, size: int, total: int, lanes: int) -> None:
        vector = unpack_sum(total, size // lanes, lanes)
        before = found.get(key)
        found[key] = vector if before is None else [*map(add, before, vector)]

    for key, lanes, packed in rows:
        number = int.from_bytes(packed, "little")
        held = sums.get((key, len(packed)))
        if held is None:
            sums[key, len(packed)] = [number, 1, lanes]
        elif held[1] < ROOM:
            held[0] += number
            held[1] += 1
        else:
            finish(key, len(packed), held[0], lanes)
            held[0], held[1] = number, 1
    for (key, size), (total, _, lanes) in sums.items():
        finish(key, size, total, lanes)
    return found


def press(values: Sequence[int]) -> bytes:
    """Lanes that are mostly zero, compressed; b"" where all are."""
    return zlib.compress(pack(values, 8), 6) if any(values) else b""


def unpress(pressed: bytes, lanes: int) -> Sequence[int]:
    """The lanes of :func:`press` again."""
    return unpack(zlib.decompress(pressed), lanes) if pressed else (0,) * lanes


def pack_lags(lags: Sequence[Sequence[int]]) -> tuple[int, int, bytes]:
    """Vectors of which each is the last plus more: bytes of one, how many, and all of them. What only repeats the one
    before it at the end is left out; (0, 0, b"") where all is zero."""
    kept = list(lags)
    while len(kept) > 1 and list(kept[-1]) == list(kept[-2]):
        kept.pop()
    if not kept or not any(kept[-1]):
        return 0, 0, b""
    width = width_for(max(map(max, kept)))
    return width * len(kept[0]), len(kept), b"".join(pack(lag, width) for lag in kept)


def unpack_lags(size: int, lags: int, packed: bytes, lanes: int) -> list[list[int]]:
    """The vectors of :func:`pack_lags` again; one of zeros where there are none."""
    if not lags:
        return [[0] * lanes]
    return [list(unpack(packed[lag * size : (lag + 1) * size], lanes)) for lag in range(lags)]
