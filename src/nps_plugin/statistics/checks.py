"""What every function asks of its input: counts are finite and not negative, levels and shares lie where they must."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

Counts = Sequence[float]
Table = Sequence[Sequence[float]]


def counted(name: str, values: Counts) -> float:
    """The sum of counts; ValueError naming the first that is negative or not a number."""
    total = sum(values)
    if values and not (min(values) >= 0 and total < inf):
        place, value = next((i, v) for i, v in enumerate(values) if not 0 <= v < inf)
        raise ValueError(f"{name}[{place}] is {value}; a count is a finite number and not negative")
    return total


def among(k: float, n: float, of: str = "k", whole: str = "n") -> None:
    """ValueError unless 0 <= k <= n < infinity."""
    if not 0 <= k <= n < inf:
        raise ValueError(f"{of} is {k} and {whole} is {n}; {of} is at least 0 and at most {whole}, which is finite")


def inside(name: str, value: float) -> None:
    """ValueError unless the value lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value}; it lies between 0 and 1, both excluded")


def share(name: str, value: float) -> None:
    """ValueError unless the value lies in 0..1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}; it lies in 0..1")


def positive(name: str, value: float) -> None:
    """ValueError unless the value is finite and above 0."""
    if not 0 < value < inf:
        raise ValueError(f"{name} is {value}; it is a finite number above 0")


def not_negative(name: str, value: float) -> None:
    """ValueError unless the value is finite and at least 0."""
    if not 0 <= value < inf:
        raise ValueError(f"{name} is {value}; it is a finite number and not negative")


def same_length(**sequences: Sequence[object]) -> None:
    """ValueError naming the lengths where they differ."""
    lengths = {name: len(values) for name, values in sequences.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"lengths differ: {told}")


def rectangle(table: Table) -> float:
    """The sum of a table of counts; ValueError where rows differ in length or a count is negative."""
    for i, row in enumerate(table):
        if len(row) != len(table[0]):
            raise ValueError(f"table[{i}] has {len(row)} columns, table[0] has {len(table[0])}")
    return sum(counted(f"table[{i}]", row) for i, row in enumerate(table))
