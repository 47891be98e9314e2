"""Counts by brute force: every fact of a tenant read and counted in plain Python, to hold the folds against."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.world import World

from nps_plugin.counts import Row, Stratum, deadline_bin, tally, time_bin
from nps_plugin.model import Scale
from nps_plugin.store.scales import scale_of

BANDS = ("dissatisfied", "neutral", "satisfied")


@dataclass(frozen=True)
class Fact:
    """One closure as it counts."""

    row: Row
    procedure: str
    scale: Scale
    closed: datetime
    answered: datetime | None
    dims: dict[str, str]
    elapsed: timedelta | None
    worked: timedelta | None
    target: timedelta | None

    def at(self, basis: str) -> datetime | None:
        return self.closed if basis == "closed" else self.answered


def facts(world: World) -> list[Fact]:
    """Every closure of tenant acme."""
    tenant = world.ratings.settings.tenants["acme"]
    asked = defaultdict(list)
    for survey in world.rows("survey"):
        asked[survey.host, survey.ticket, survey.closure].append(survey)
    counted = {row.survey: row for row in world.rows("answer") if row.state == "counted"}
    found = []
    for one in world.rows("closure"):
        theirs = sorted(asked[one.host, one.ticket, one.closure], key=lambda survey: survey.respondent)
        heard = sorted(
            (survey for survey in theirs if survey.survey in counted),
            key=lambda survey: BANDS.index(counted[survey.survey].band),
        )
        to_ask = sorted((survey for survey in theirs if survey.state != "not_asked"), key=lambda one: not one.channel)
        chosen = (heard or to_ask or sorted(theirs, key=lambda one: not one.channel))[0]
        answer = counted.get(chosen.survey)
        scale = scale_of(chosen.scale, tenant.scale)
        row = Row(
            kpi={True: 0, False: 1, None: 2}[one.kpi_met],
            point=None if answer is None else scale.points.index(answer.score),
            asked=bool(to_ask or heard),
            stratum=Stratum(chosen.channel or (answer.channel if answer else ""), chosen.locale),
            client=chosen.client if answer else one.client or chosen.client,
        )
        dims = {name: getattr(one, name) for name in ("queue", "service", "level", "priority", "organization")}
        dims |= {"agent": one.credited, "client": row.client or "", "contract": one.contract, **one.facts}
        found.append(
            Fact(
                row,
                chosen.procedure,
                scale,
                one.closed_at or one.recorded_at,
                None if answer is None else answer.at,
                dims,
                one.elapsed,
                one.worked,
                one.target,
            )
        )
    return found


def brute(
    world: World, *, basis: str = "closed", since: datetime | None = None, until: datetime | None = None,
    where: dict[str, str] | None = None, by: tuple[str, ...] = (),
) -> dict[tuple[Any, ...], dict[str, Any]]:  # fmt: skip
    """What read_counts has to give, by (value, procedure, scale name)."""
    zone = world.ratings.settings.tenants["acme"].timezone
    groups: defaultdict[tuple[Any, ...], list[Fact]] = defaultdict(list)
    for fact in facts(world):
        at = fact.at(basis)
        if at is None or (since is not None and at < since) or (until is not None and at >= until):
            continue
        if all(fact.dims.get(name, "") == value for name, value in (where or {}).items()):
            value = tuple(fact.dims.get(name, "") for name in by)
            groups[value, fact.procedure, fact.scale.name].append(fact)
    return {place: _counted(some, some[0].scale, basis, zone) for place, some in groups.items()}


def _counted(some: list[Fact], scale: Scale, basis: str, zone: Any) -> dict[str, Any]:
    total = tally(scale, [fact.row for fact in some])
    months: defaultdict[date, list[Row]] = defaultdict(list)
    mix: defaultdict[tuple[str, str], list[list[int]]]
    mix = defaultdict(lambda: [[0] * len(scale.points), [0] * len(scale.points)])
    times: Counter[tuple[int, int]] = Counter()
    worked: Counter[tuple[int, int]] = Counter()
    deadline: Counter[int | None] = Counter()
    for fact in some:
        at = fact.at(basis)
        assert at is not None
        months[at.astimezone(zone).date().replace(day=1)].append(fact.row)
        point = fact.row.point
        if point is not None and fact.row.kpi != 2:
            mix[fact.dims["priority"], fact.dims["queue"]][1 - fact.row.kpi][point] += 1
        if point is not None and fact.elapsed is not None:
            times[time_bin(fact.elapsed), point] += 1
        if point is not None and fact.worked is not None:
            worked[time_bin(fact.worked), point] += 1
        if fact.worked is not None and fact.target is not None:
            deadline[deadline_bin(fact.worked, fact.target)] += 1
    return {
        "strata": total.strata,
        "moments": dict(total.moments.entries) if total.moments else None,
        "months": {day: tally(scale, rows).strata for day, rows in months.items()},
        "mix": sorted((tuple(missed), tuple(met)) for missed, met in mix.values()),
        "times": +times,
        "worked": +worked,
        "deadline": tuple(deadline[place] for place in range(4)),
    }


def shown(found: list[Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What read_counts gave, in the same shape."""

    def cells(rows: tuple[tuple[int, ...], ...]) -> Counter[tuple[int, int]]:
        return Counter({(place, point): n for place, row in enumerate(rows) for point, n in enumerate(row) if n})

    result = {
        (one.value, one.procedure, one.tally.scale.name): {
            "strata": one.tally.strata,
            "moments": dict(one.tally.moments.entries) if one.tally.moments else None,
            "months": {day: counted.strata for day, counted in one.months},
            "mix": sorted(one.mix),
            "times": cells(one.times),
            "worked": cells(one.worked),
            "deadline": one.deadline,
        }
        for one in found
    }
    assert len(result) == len(found), "one slice, procedure and scale stands twice"
    return result
