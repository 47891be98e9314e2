"""Sums over clients of products of their numbers of answers, for all pairs of units at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

#: (month, stratum, cell)
Unit = tuple[int, int, int]
#: Microseconds, as measured: one product of one client; one pair of bit sets, and of each client in them.
_PRODUCT, _PAIR, _CLIENT = 0.12, 0.3, 1.5e-5


def products(held: Sequence[tuple[int, int, int, int]], most_lag: int) -> Iterator[tuple[tuple[Unit, Unit], int]]:
    """((unit, other), amount) of all answers (client, month, stratum, cell) of known clients (not 0): the sum over
    clients of n^2 for a unit with itself, of 2 n m for two units, whose months are at most so far apart."""
    numbers: dict[Unit, int] = {}
    clients: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for client, *unit in held:
        if client:
            clients[client][numbers.setdefault(tuple(unit), len(numbers))] += 1  # type: ignore[arg-type]
    units = list(numbers)
    one_by_one = _PRODUCT / 2 * sum(len(theirs) ** 2 for theirs in clients.values())
    by_months = Counter(month for month, _, _ in units)
    pairs = sum(
        count * other
        for month, count in by_months.items()
        for near_month, other in by_months.items()
        if 0 <= month - near_month <= most_lag
    )
    if one_by_one <= pairs * (_PAIR + _CLIENT * len(clients)):
        found = _one_by_one(clients, len(units))
    else:
        found = _by_bits(clients, units, most_lag)
    for (u, v), amount in found:
        if abs(units[u][0] - units[v][0]) <= most_lag:
            yield (units[u], units[v]), amount


def _one_by_one(clients: dict[int, Counter[int]], width: int) -> Iterator[tuple[tuple[int, int], int]]:
    total: Counter[int] = Counter()
    for theirs in clients.values():
        held = sorted(theirs.items())
        for place, (u, n) in enumerate(held):
            total[u * width + u] += n * n
            for v, m in held[place + 1 :]:
                total[u * width + v] += 2 * n * m
    for key, amount in total.items():
        yield divmod(key, width), amount


def _by_bits(
    clients: dict[int, Counter[int]], units: Sequence[Unit], most_lag: int
) -> Iterator[tuple[tuple[int, int], int]]:
    """A unit is a set of clients for each binary digit of their numbers: a product is then how many stand in both.

    sum n m = sum over digits k, l of 2^(k + l) * |{clients with digit k of n and digit l of m}|
    """
    size = (len(clients) + 7) // 8
    digits: list[list[bytearray]] = [[] for _ in units]
    for place, theirs in enumerate(clients.values()):
        byte, bit = place >> 3, 1 << (place & 7)
        for u, count in theirs.items():
            sets, digit = digits[u], 0
            while count >> digit:
                if digit == len(sets):
                    sets.append(bytearray(size))
                if count >> digit & 1:
                    sets[digit][byte] |= bit
                digit += 1
    numbers = [[int.from_bytes(some, "little") for some in sets] for sets in digits]
    for u, mine in enumerate(numbers):
        for v in range(u, len(numbers)):
            if abs(units[u][0] - units[v][0]) > most_lag:
                continue
            amount = sum(
                (a & b).bit_count() << k + digit for k, a in enumerate(mine) for digit, b in enumerate(numbers[v])
            )
            if amount:
                yield (u, v), amount if u == v else 2 * amount
