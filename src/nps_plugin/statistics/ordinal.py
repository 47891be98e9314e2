"""Two ordered things in one table (resolution time by score): Kendall's tau-b, gamma, Somers' D, and the
Cochran-Armitage trend.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from typing import NamedTuple

from .checks import Counts, Table, counted, rectangle, same_length
from .tails import normal_two_sided


class Ordinal(NamedTuple):
    """Strength of an ordinal association, each with its asymptotic standard error; z_null and two-sided p test that
    there is none.

    ``d_cr`` is Somers' D of the columns given the rows, ``d_rc`` of the rows given the columns; ``concordant`` and
    ``discordant`` count pairs. z_null and p are None where the null variance is 0.
    """

    n: float
    concordant: float
    discordant: float
    gamma: float
    gamma_se: float
    tau_b: float
    tau_b_se: float
    d_cr: float
    d_cr_se: float
    d_rc: float
    d_rc_se: float
    z_null: float | None
    p: float | None


class TrendInShares(NamedTuple):
    """z and two-sided p; z is above 0 where the second row's share rises along the columns."""

    z: float
    p: float


def ordinal_association(table: Table) -> Ordinal | None:
    """gamma, tau-b and both Somers' D of a table of counts, both sides in order; None with fewer than two rows or
    columns that are not empty.

    With A_ij the counts above-left and below-right of a cell, D_ij the others, P = sum n A, Q = sum n D (each pair
    twice), wr = n^2 - sum n_i.^2, wc likewise, w = sqrt(wr wc), d = A - D: gamma = (P-Q)/(P+Q), var 16/(P+Q)^4 sum n (Q
    A - P D)^2; tau_b = (P-Q)/w, var [sum n (2 w d + tau_b (n_i. wc + n_.j wr))^2 - n^3 tau_b^2 (wr+wc)^2]/w^4; D(C|R) =
    (P-Q)/wr, var 4/wr^4 sum n (wr d - (P-Q)(n - n_i.))^2; null: z = (P-Q)/(2 sqrt(sum n d^2 - (P-Q)^2/n)) (Goodman &
    Kruskal 1972; Brown & Benedetti 1977). O(rows * columns). ValueError for rows of different length or a negative
    count.
    """
    n = rectangle(table)
    rows = [float(sum(row)) for row in table]
    columns = [float(sum(column)) for column in zip(*table, strict=True)]
    wr, wc = n * n - sum(r * r for r in rows), n * n - sum(c * c for c in columns)
    if sum(r > 0 for r in rows) < 2 or sum(c > 0 for c in columns) < 2:
        return None
    cells = list(_cells(table, rows, columns, n))
    p, q = sum(k * a for k, a, _, _, _ in cells), sum(k * d for k, _, d, _, _ in cells)
    net, w = p - q, sqrt(wr * wc)
    tau = net / w
    gamma_var = 16 / (p + q) ** 4 * sum(k * (q * a - p * d) ** 2 for k, a, d, _, _ in cells)
    tau_sum = sum(k * (2 * w * (a - d) + tau * (r * wc + c * wr)) ** 2 for k, a, d, r, c in cells)
    tau_var = max(0.0, tau_sum - n**3 * tau**2 * (wr + wc) ** 2) / w**4
    cr_var = 4 / wr**4 * sum(k * (wr * (a - d) - net * (n - r)) ** 2 for k, a, d, r, _ in cells)
    rc_var = 4 / wc**4 * sum(k * (wc * (a - d) - net * (n - c)) ** 2 for k, a, d, _, c in cells)
    null = 4 * (sum(k * (a - d) ** 2 for k, a, d, _, _ in cells) - net * net / n)
    z = net / sqrt(null) if null > 1e-12 * n**3 else None
    return Ordinal(
        n,
        p / 2,
        q / 2,
        net / (p + q),
        sqrt(gamma_var),
        tau,
        sqrt(tau_var),
        net / wr,
        sqrt(cr_var),
        net / wc,
        sqrt(rc_var),
        z,
        None if z is None else normal_two_sided(z),
    )


def _cells(
    table: Table, rows: list[float], columns: list[float], n: float
) -> list[tuple[float, float, float, float, float]]:
    """Of every cell that is not empty: its count, A, D, and the sums of its row and column; by running sums over the
    rows above.
    """
    found = []
    above = [0.0] * len(columns)  # columns summed over the rows above
    left_columns = [0.0, *accumulate(columns)]
    for row, r in zip(table, rows, strict=True):
        left_above = [0.0, *accumulate(above)]
        left_here = [0.0, *accumulate(row)]
        all_above, all_below = left_above[-1], n - left_above[-1] - r
        for j, k in enumerate(row):
            if k > 0:
                # below is the whole column less above less here
                left_below = left_columns[j] - left_above[j] - left_here[j]
                to_below = left_columns[j + 1] - left_above[j + 1] - left_here[j + 1]
                a = left_above[j] + all_below - to_below
                d = left_below + all_above - left_above[j + 1]
                found.append((k, a, d, r, columns[j]))
        above = [old + new for old, new in zip(above, row, strict=True)]
    return found


def cochran_armitage(first: Counts, second: Counts, scores: Sequence[float] | None = None) -> TrendInShares | None:
    """Whether the second group's share rises along ordered columns; None where a group is empty or all are in one
    column.

    z = sum second_j (t_j - tbar)/sqrt(p (1-p) sum n_j (t_j - tbar)^2), t = 0, 1, 2, ... unless ``scores`` are given
    (Cochran 1954; Armitage 1955). ValueError for lengths that differ or a negative count.
    """
    scores = range(len(first)) if scores is None else scores
    same_length(first=first, second=second, scores=scores)
    n1, n2 = counted("first", first), counted("second", second)
    if n1 == 0 or n2 == 0:
        return None
    n = n1 + n2
    both = [a + b for a, b in zip(first, second, strict=True)]
    centre = sum(k * t for k, t in zip(both, scores, strict=True)) / n
    spread = sum(k * (t - centre) ** 2 for k, t in zip(both, scores, strict=True))
    if spread <= 0:
        return None
    z = sum(k * (t - centre) for k, t in zip(second, scores, strict=True)) / sqrt(n1 / n * n2 / n * spread)
    return TrendInShares(z, normal_two_sided(z))
