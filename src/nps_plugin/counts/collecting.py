"""Where counts are collected while a slice is read, from whatever way they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from ..model import Scale
from .facts import rated
from .gathering import Counted, Gathered
from .lanes import Moments
from .months import month_of
from .slices import Slice
from .strata import Strata
from .waiting import Change


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is read beside the cells; see :func:`~nps_plugin.counts.read_counts`."""

    moments: bool = True
    months: bool = True
    mix: bool = False
    times: bool = False


class Collector:
    """The counts of one slice, apart by value, procedure and scale."""

    def __init__(self, connection: Connection, part: Slice, wanted: Wanted) -> None:
        self.part, self.wanted = part, wanted
        self.strata = Strata(connection, part.tenant.name)
        self._found: dict[tuple[tuple[str, ...], int], Gathered] = {}
        self._named: list[tuple[str, Scale]] = []
        self._kinds: dict[int, int] = {}

    def kind(self, stratum: int) -> int:
        """The number of a stratum's procedure and scale: what is never counted together with another."""
        found = self._kinds.get(stratum)
        if found is None:
            named = self.strata.kind(stratum, self.part.tenant)
            if named not in self._named:
                self._named.append(named)
            found = self._kinds[stratum] = self._named.index(named)
        return found

    def at(self, value: tuple[str, ...], stratum: int) -> Gathered:
        """Where the closings of a value and stratum are counted."""
        kind = self._kinds.get(stratum)
        if kind is None:
            kind = self.kind(stratum)
        found = self._found.get((value, kind))
        if found is None:
            procedure, scale = self._named[kind]
            lanes = Moments(len(scale.points)) if self.wanted.moments else None
            found = self._found[value, kind] = Gathered(value=value, procedure=procedure, scale=scale, lanes=lanes)
        return found

    def gathered(self) -> Iterable[Gathered]:
        """Everything that is collected so far."""
        return self._found.values()

    def change(self, change: Change) -> None:
        """Count what waits in the queue; its moments are the affair of who reads the clients."""
        one, sign, value = change
        into, at = self.at(value, one.stratum), self.part.at(one)
        assert at is not None  # noqa: S101 - else it would not belong to the slice
        into.count(month_of(at, self.part.zone) if self.wanted.months else 0, one.stratum, one.cell, sign)
        is_rated = rated(one.cell, into.points)
        if self.wanted.mix and is_rated:
            into.mix[one.priority, one.queue, one.cell] += sign
        if self.wanted.times:
            point = one.cell % into.points
            if is_rated and one.elapsed_bin is not None:
                into.times[one.elapsed_bin, point] += sign
            if is_rated and one.worked_bin is not None:
                into.worked[one.worked_bin, point] += sign
            if one.deadline is not None:
                into.deadline[one.deadline] += sign

    def finished(self) -> list[Counted]:
        """The counts: values in order, the newest procedure first."""
        kept = [one for one in self._found.values() if not one.empty]
        kept.sort(key=lambda one: one.newest, reverse=True)
        kept.sort(key=lambda one: one.value)
        return [one.finish(self.strata, times=self.wanted.times) for one in kept]
