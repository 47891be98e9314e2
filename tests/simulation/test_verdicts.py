"""Planted truths are found where there is enough data, nothing is found where there is not, and a wrong judge is
caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.simulation.clocks import deadline, time_curve
from tests.simulation.courses import judge_course, traps
from tests.simulation.latent import difference, distribution, latent
from tests.simulation.levels import mix_shift, watermelon
from tests.simulation.links import no_link, no_link_big_clients
from tests.simulation.people import agents, signs
from tests.simulation.tables import Check, Table, judged
from tests.simulation.tenants import SIMPSON, TRUTHS, Course, Part, Population, Truth, seeded

from nps_plugin.counts import MISSED, tally
from nps_plugin.model import SCALES, Level, Link, SliceVerdict, Trap
from nps_plugin.verdicts.slice import judge_slice

FACES = SCALES["faces-3"]
FOUND = {name: truth for name, truth in TRUTHS.items() if truth.enough < 100_000}


# --- the generator ----------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_tenant():
    truth = TRUTHS["few big clients"]
    assert truth.draw(200, seeded("same")) == truth.draw(200, seeded("same"))
    assert truth.draw(200, seeded("same")) != truth.draw(200, seeded("same", 1))


@pytest.mark.parametrize("sd", [0.0, 1.2])
@pytest.mark.parametrize("d", [-0.2, 0.0, 0.3, 0.5])
def test_the_model_holds_what_is_planted(d: float, sd: float):
    shares = (0.1, 0.15, 0.15, 0.25, 0.35)
    model = latent(shares, d, 0.8, sd)
    met, missed = distribution(model.cuts, sd), distribution(model.cuts, sd, -model.shift)
    assert difference(missed, met) == pytest.approx(d, abs=1e-6)
    assert [0.8 * a + 0.2 * b for a, b in zip(met, missed, strict=True)] == pytest.approx(shares, abs=1e-6)


def test_rows_come_out_as_planted():
    rows = Population(d=0.4, kpi=0.8, shares=(0.15, 0.2, 0.65), clients=5000, client_sd=1.2, skew=0).rows(
        40_000, seeded("rows")
    )
    counted = tally(FACES, rows)
    missed, met = counted.histogram(1), counted.histogram(0)
    assert [n / 40_000 for n in counted.scores] == pytest.approx((0.15, 0.2, 0.65), abs=0.02)
    assert difference([n / sum(missed) for n in missed], [n / sum(met) for n in met]) == pytest.approx(0.4, abs=0.03)


def test_a_few_clients_are_big_where_that_is_planted():
    of = {"clients": 150, "client_sd": 1.2}
    even, chance, skewed = (
        tally(FACES, Population(**of, skew=skew).rows(300, seeded("skew"))).square_total for skew in (None, 0, 1)
    )
    assert even == 600
    assert 300 * 300 / chance == pytest.approx(100, abs=15)
    assert 300 * 300 / skewed < 30


def test_missed_targets_can_be_those_of_a_few_clients():
    rows = Population(clients=60, missers=3, skew=0, kpi=0.9).rows(300, seeded("missers"), missed=30)
    assert {row.client for row in rows if row.kpi == MISSED} == {("", client) for client in (57, 58, 59)}
    assert len([row for row in rows if row.kpi == MISSED]) == 30


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FOUND)
def test_a_planted_truth_is_found_in_many_answers(name: str):
    truth = FOUND[name]
    sample = truth.draw(truth.enough, seeded(f"large {name}"))
    verdict = judged(judge_slice, sample, mix=sample.mix)
    if truth.level is not None:
        assert verdict.level is truth.level
    if truth.link is not None:
        assert verdict.link is truth.link
    if truth.simpson is not None:
        assert verdict.association.simpson is truth.simpson


@pytest.mark.parametrize("name", TRUTHS)
def test_too_few_answers_say_nothing(name: str):
    for number in range(20):
        verdict = judged(judge_slice, TRUTHS[name].draw(8, seeded(f"few {name}", number)))
        assert (verdict.level, verdict.link, verdict.trap) == (Level.UNDECIDED, Link.INSUFFICIENT, Trap.INSUFFICIENT)


def test_many_answers_of_few_clients_say_nothing():
    kind = Population(shares=(0.6, 0.2, 0.2), clients=5, client_sd=1.2, kpi=0.8)
    verdict = judge_slice(tally(FACES, kind.rows(500, seeded("five"))), target=TRUTHS["healthy"].target)
    assert (verdict.level, verdict.link) == (Level.UNDECIDED, Link.INSUFFICIENT)


def test_the_interval_of_few_clients_is_as_skew_as_their_answers():
    kind = Population(shares=(0.05, 0.05, 0.9), clients=20, client_sd=1.5)
    verdict = judge_slice(tally(FACES, kind.rows(200, seeded("skew"))), target=TRUTHS["healthy"].target)
    assert verdict.score.interval is not None
    assert verdict.score.share is not None
    low, high = verdict.score.interval
    assert verdict.score.share - low > 1.5 * (high - verdict.score.share)
    assert high < 1


def test_a_link_inside_each_kind_of_ticket_is_no_simpson():
    parts = tuple(
        replace(part, population=replace(part.population, d=0.5, kpi=kpi, shares=(0.15, 0.2, 0.65)))
        for part, kpi in zip(SIMPSON, (0.85, 0.6), strict=True)
    )
    sample = Truth(parts=parts).draw(4000, seeded("linked"))
    assert judged(judge_slice, sample, mix=sample.mix).association.simpson is False


def test_a_few_answers_in_many_kinds_of_tickets_are_no_simpson():
    kind = Population(shares=(0.15, 0.2, 0.65), kpi=0.7, d=0.25)
    truth = Truth(parts=tuple(Part(share=1 / 60, population=kind) for _ in range(60)))
    samples = [truth.draw(100, seeded("thin", number)) for number in range(60)]
    found = [judged(judge_slice, sample, mix=sample.mix) for sample in samples]
    assert sum(verdict.link is Link.TRACKS for verdict in found) > 20
    assert sum(verdict.association.simpson is True for verdict in found) <= 2


def test_a_trap_over_months_is_found():
    course = Course(months=12, answers=100, closings=400, kpi_moves=2.0, satisfied_moves=-2.0)
    assert judge_course(judge_slice, course, seeded("trap")).trap is Trap.TRAP


@pytest.mark.parametrize("moves", [{}, {"kpi_moves": 2.0, "satisfied_moves": 2.0}, {"kpi_moves": 2.0}])
def test_a_rising_kpi_alone_is_no_trap(moves: dict[str, float]):
    course = Course(months=12, answers=100, closings=400, **moves)  # type: ignore[arg-type]
    found = Counter(judge_course(judge_slice, course, seeded("no trap", number)).trap for number in range(10))
    assert found[Trap.NONE] >= 9


def test_a_trap_is_found_as_often_in_two_years_as_in_one_and_a_half():
    def found(months: int) -> int:
        course = Course(months=months, answers=30, closings=120, kpi_moves=1.0, satisfied_moves=-1.0)
        verdicts = (judge_course(judge_slice, course, seeded("years", number)) for number in range(40))
        return sum(verdict.trap is Trap.TRAP for verdict in verdicts)

    assert found(24) >= found(18) - 4


def test_a_season_in_two_years_is_no_trap():
    course = Course(months=24, answers=100, closings=400, season=0.6)
    verdicts = [judge_course(judge_slice, course, seeded("season", number)) for number in range(40)]
    assert sum(verdict.trap is Trap.TRAP for verdict in verdicts) == 0
    assert all(verdict.trap_figures.seasonal for verdict in verdicts)


def test_seven_months_are_too_few_for_a_trap():
    course = Course(months=7, answers=100, closings=400, kpi_moves=2.0, satisfied_moves=-2.0)
    assert judge_course(judge_slice, course, seeded("seven")).trap is Trap.INSUFFICIENT


# --- the bench can fail -----------------------------------------------------------------------------------------------


def wrong(**change: Callable[[SliceVerdict], Any]) -> Callable[..., SliceVerdict]:
    """A judge that is right but for these fields."""

    def judge(*given: Any, **more: Any) -> SliceVerdict:
        verdict = judge_slice(*given, **more)
        return replace(verdict, **{name: of(verdict) for name, of in change.items()})

    return judge


def missed(table: Table) -> set[str]:
    return {check.what for check in table.checks if not check.held()}


def believer(verdict: SliceVerdict) -> Link:
    """Takes every difference that it sees for a link."""
    return Link.TRACKS if (verdict.association.d or 0) > 0 else Link.CONTRADICTS


def naive_level(verdict: SliceVerdict) -> Level:
    """Takes the share for the truth, whatever its interval."""
    return Level.WATERMELON if (verdict.score.share or 0) < 0.8 else Level.HEALTHY


@pytest.mark.parametrize(
    ("experiment", "judge", "names"),
    [
        (no_link, wrong(link=believer), "false tracks, independent"),
        (no_link_big_clients, wrong(link=believer), "false tracks, 60 of sizes 1/r, sd 1.2"),
        (watermelon, wrong(level=naive_level), "false watermelon, independent, two answers each"),
        (watermelon, wrong(level=lambda _: Level.UNDECIDED), "watermelon, client sd 1.2, two answers each"),
        (traps, wrong(trap=lambda verdict: Trap.TRAP), "false trap, nothing happens"),
        (mix_shift, wrong(mix_shifted=lambda _: False), "mix flagged at 0.8 by telephone"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_judge_is_caught(experiment: Callable[..., Table], judge: Callable[..., SliceVerdict], names: str):
    assert names in missed(experiment(judge, 0))


def test_pooled_clients_are_caught():
    def forgets_clients(counted: Any, **more: Any) -> SliceVerdict:
        return judge_slice(replace(counted, moments=None), **more)

    assert missed(no_link_big_clients(forgets_clients, 0)) & {
        "false tracks, 60, all missed targets are of 3 of them",
        "false contradicts, 60, all missed targets are of 3 of them",
    }


@pytest.mark.parametrize("experiment", [mix_shift, agents, signs, deadline, time_curve])
def test_bounds_hold_at_a_short_look(experiment: Callable[..., Table]):
    assert missed(experiment(judge_slice, 0)) == set()


def test_a_bound_grants_two_standard_errors_and_no_more():
    check = Check(what="x", measured=0.05, tenants=400, bound=0.03)
    assert not check.held(exactly=True)
    assert not check.held()
    assert replace(check, measured=0.045).held()
    assert not replace(check, measured=0.045).held(exactly=True)
    assert not replace(check, bound=0.9, at_most=False).held()
