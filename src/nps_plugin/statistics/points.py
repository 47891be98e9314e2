"""How many points of a scale are used, and what merging two of them would lose."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

from .checks import Counts, Table, counted, rectangle
from .tails import chi2_sf


class G2(NamedTuple):
    """The likelihood-ratio statistic of independence, its degrees of freedom, and p (1 where a table cannot tell: df
    0).
    """

    statistic: float
    df: int
    p: float


class Partition(NamedTuple):
    """full = merged + pair: what the points tell about the outcome in all, with two of them merged, and between those
    two alone.
    """

    full: G2
    merged: G2
    pair: G2


def entropy(counts: Counts) -> float | None:
    """-sum p ln p in nats (Shannon 1948); None without an answer."""
    n = counted("counts", counts)
    if n == 0:
        return None
    return max(0.0, log(n) - sum(k * log(k) for k in counts if k > 0) / n)


def effective_points(counts: Counts) -> float | None:
    """exp(entropy): as many equally used points say as much (Hill 1973, order 1); None without an answer."""
    h = entropy(counts)
    return None if h is None else exp(h)


def g2(table: Table) -> G2:
    """G2 = 2 sum n ln(n n../(n_i. n_.j)) of a table of points (rows) by outcomes (columns) (Wilks 1935; Agresti 2002,
    3.2.1).

    Degrees of freedom count rows and columns that are not empty. ValueError for rows of different length or a negative
    count.
    """
    n = rectangle(table)
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    df = max(0, sum(r > 0 for r in rows) - 1) * max(0, sum(c > 0 for c in columns) - 1)
    if df == 0:
        return G2(0.0, 0, 1.0)
    cells = sum(k * log(k) for row in table for k in row if k > 0)
    margins = sum(m * log(m) for m in (*rows, *columns) if m > 0)
    statistic = max(0.0, 2 * (cells - margins + n * log(n)))
    return G2(statistic, df, chi2_sf(statistic, df))


def g2_partition(table: Table, i: int, j: int) -> Partition:
    """The exact split G2(full) = G2(rows i and j merged) + G2(rows i and j alone) (Lancaster 1949; Goodman 1981 on
    merging).

    ValueError for rows that do not exist or are the same one.
    """
    if i == j or not (0 <= i < len(table) and 0 <= j < len(table)):
        raise ValueError(f"rows {i} and {j} are not two rows of a table with {len(table)}")
    groups = [[i, j], *([k] for k in range(len(table)) if k not in {i, j})]
    return Partition(g2(table), g2(merge(table, groups)), g2([table[i], table[j]]))


def merge(table: Table, groups: Sequence[Sequence[int]]) -> list[list[float]]:
    """The table with its rows summed by groups; ValueError unless the groups hold every row once."""
    if sorted(row for group in groups for row in group) != list(range(len(table))):
        raise ValueError(f"groups {[list(group) for group in groups]} do not hold each of {len(table)} rows once")
    return [[sum(column) for column in zip(*(table[row] for row in group), strict=True)] for group in groups if group]


def information(table: Table) -> float | None:
    """What a row tells about the column, in nats: G2/2n less the bias (cells - rows - columns + 1)/2n, never below 0;
    None without an answer.

    Miller-Madow (Miller 1955): cells, rows and columns counted where not empty.
    """
    n = rectangle(table)
    if n == 0:
        return None
    rows = sum(sum(row) > 0 for row in table)
    columns = sum(sum(column) > 0 for column in zip(*table, strict=True))
    cells = sum(k > 0 for row in table for k in row)
    corrected: float = g2(table).statistic - (cells - rows - columns + 1)
    return max(0.0, corrected / (2 * n))


def kept_information(table: Table, groups: Sequence[Sequence[int]]) -> float | None:
    """The share of ``information`` that is left after merging rows by groups, 0..1; None where there is none to keep.

    Both corrected, so a merge that loses nothing real may reach 1. ValueError unless the groups hold every row once.
    """
    merged, full = information(merge(table, groups)), information(table)
    return None if not full or merged is None else min(1.0, merged / full)
