"""Sums over clients of products of their numbers of answers, for all pairs of units at once.

A unit is what counts together of a client: a month, stratum and cell. Here it is a small number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

#: Answers of one client by unit, the units in order.
Client = Sequence[tuple[int, int]]
#: Microseconds, as measured: one product of one client; one pair of bit sets, and each client in them.
_PRODUCT, _PAIR, _CLIENT = 0.12, 0.3, 1.5e-5


def products(clients: Sequence[Client], units: int, pairs: int) -> Iterator[tuple[int, int, int]]:
    """(unit, other, amount) for unit <= other: the sum over clients of n^2 for a unit with itself, of 2 n m for two.

    ``units``: their number is below this; ``pairs``: how many pairs of them there are about.
    """
    one_by_one = _PRODUCT / 2 * sum(len(theirs) ** 2 for theirs in clients)
    if one_by_one <= pairs * (_PAIR + _CLIENT * len(clients)):
        return _one_by_one(clients, units)
    return _by_bits(clients)


def _one_by_one(clients: Sequence[Client], units: int) -> Iterator[tuple[int, int, int]]:
    total: Counter[int] = Counter()
    for theirs in clients:
        for place, (u, n) in enumerate(theirs):
            total[u * units + u] += n * n
            for v, m in theirs[place + 1 :]:
                total[u * units + v] += 2 * n * m
    for key, amount in total.items():
        yield *divmod(key, units), amount


def _by_bits(clients: Sequence[Client]) -> Iterator[tuple[int, int, int]]:
    """A unit is a set of clients for each binary digit of their numbers: a product is then how many stand in both.

    sum n m = sum over digits k, l of 2^(k + l) * |{clients with digit k of n and digit l of m}|
    """
    size = (len(clients) + 7) // 8
    digits: dict[int, list[bytearray]] = {}
    for place, theirs in enumerate(clients):
        byte, bit = place >> 3, 1 << (place & 7)
        for u, count in theirs:
            sets, digit = digits.setdefault(u, []), 0
            while count >> digit:
                if digit == len(sets):
                    sets.append(bytearray(size))
                if count >> digit & 1:
                    sets[digit][byte] |= bit
                digit += 1
    numbers = [(u, [int.from_bytes(some, "little") for some in digits[u]]) for u in sorted(digits)]
    for place, (u, mine) in enumerate(numbers):
        for v, theirs_too in numbers[place:]:
            amount = sum((a & b).bit_count() << k + m for k, a in enumerate(mine) for m, b in enumerate(theirs_too))
            if amount:
                yield u, v, amount if u == v else 2 * amount
