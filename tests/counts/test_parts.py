"""The parts that folds are made of, each held against the plain way."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nps_plugin import Client
from nps_plugin.counts import TIME_BINS, bin_starts, deadline_bin, final_at, stratum_weights, time_bin
from nps_plugin.counts.lanes import Moments, cells_of, lane
from nps_plugin.counts.months import bounds, first_day, micros, month_from, month_of, start_of
from nps_plugin.counts.packing import add_up, pack, pack_lags, press, unpack, unpack_lags, unpress
from nps_plugin.counts.pairs import _by_bits, _one_by_one, products

counts = st.integers(0, 1 << 40)
vectors = st.lists(counts, min_size=1, max_size=9)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(counts, min_size=4, max_size=4), min_size=1, max_size=40))
def test_packed_vectors_add_up_whatever_their_widths(rows):
    found = add_up(("key", 4, pack(row)) for row in rows)
    assert list(found["key"]) == [sum(column) for column in zip(*rows, strict=True)]


@given(vectors)
def test_what_is_packed_comes_back(values):
    assert list(unpack(pack(values), len(values))) == values
    assert list(unpress(press(values), len(values))) == values


@given(st.lists(st.lists(st.integers(0, 300), min_size=3, max_size=3), min_size=1, max_size=12))
def test_lags_come_back_and_what_only_repeats_is_left_out(rows):
    lags = [[sum(column) for column in zip(*rows[: place + 1], strict=True)] for place in range(len(rows))]
    size, number, packed = pack_lags(lags)
    assert len(packed) == size * number
    back = unpack_lags(size, number, packed, 3)
    assert [back[min(place, len(back) - 1)] for place in range(len(lags))] == lags
    assert number < 2 or back[-1] != back[-2]


def test_lanes_number_every_pair_of_cells_once():
    for other in (None, 2):
        places = [lane(3, other, i, j) for i, j in cells_of(3, other)]
        assert places == list(range(len(places)))
    assert lane(3, None, 5, 2) == lane(3, None, 2, 5)


def test_moments_of_a_client_taken_out_again_are_none():
    moments = Moments(3)
    moments.add({(1, 0): 2, (1, 8): 1, (2, 4): 3})
    moments.add({(1, 0): 5})
    moments.add({(1, 0): 2, (1, 8): 1, (2, 4): 3}, -1)
    assert {pair: sum(lanes) for pair, lanes in moments.lanes.items()} == {(1, 1): 25, (1, 2): 0, (2, 2): 0}


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_of_multiplying_clients_agree(seed):
    dice = random.Random(seed)
    clients = [
        sorted(Counter(dice.choices(range(1, 9), k=dice.randrange(1, 12))).items())
        for _ in range(dice.randrange(1, 40))
    ]
    plain = {(u, v): amount for u, v, amount in _one_by_one(clients, 10)}
    assert {(u, v): amount for u, v, amount in _by_bits(clients)} == plain
    assert {(u, v): amount for u, v, amount in products(clients, 10, 40)} == plain


def test_time_bins_are_half_octaves_of_which_the_last_is_open():
    starts = bin_starts()
    assert len(starts) == TIME_BINS
    assert [time_bin(start) for start in starts[1:]] == list(range(1, TIME_BINS))
    assert time_bin(timedelta(0)) == 0
    assert time_bin(timedelta(days=4000)) == TIME_BINS - 1
    assert starts[2] == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("minutes", "place"), [(74, None), (80, 0), (90, 1), (100, 1), (101, 2), (120, 3), (136, None)]
)
def test_on_time_is_at_the_deadline_or_before(minutes, place):
    assert deadline_bin(timedelta(minutes=minutes), timedelta(minutes=100)) == place
    assert deadline_bin(timedelta(minutes=minutes), timedelta(0)) is None


@given(st.integers(31_536_000, 3_786_912_000), st.sampled_from(["Europe/Moscow", "America/Sao_Paulo"]))
def test_a_month_is_that_of_the_wall(seconds, name):
    zone = ZoneInfo(name)
    at = datetime.fromtimestamp(seconds, UTC)
    local = at.astimezone(zone)
    month = month_of(micros(at), zone)
    assert (first_day(month).year, first_day(month).month) == (local.year, local.month)
    begins = micros(start_of(month, zone))
    assert month_from(begins, zone) == month
    assert month_from(begins + 1, zone) is None
    assert begins in bounds(zone)


def test_a_period_is_final_when_the_last_answer_can_no_longer_change(world):
    tenant = world.ratings.settings.tenants["acme"]
    until = datetime(2026, 12, 1, tzinfo=UTC)
    ask = tenant.ask
    assert final_at(tenant, until) == until + ask.delay + ask.expires_after + ask.edit_window


def test_weights_are_those_of_the_first_full_quarter_and_then_stay(make_world):
    world = make_world(ask={"quarantine": "0d"})
    tenant = world.ratings.settings.tenants["acme"]

    def weights(procedure):
        with world.ratings._parts.store.read() as connection:
            return stratum_weights(connection, tenant, procedure, tenant.scale, world.clock.now())

    assert weights("none").shares == {}
    # until the end of the year, the quarter of the first closings, which is not a full one
    for number in range(2):
        world.asked(str(number))
    procedure = world.rows("survey")[0].procedure
    assert not weights(procedure).frozen
    assert weights(procedure).shares == {("email", "en"): 1.0}
    world.clock.advance(timedelta(days=60))  # January
    for number, locale in enumerate(("ru", "ru", "ru", "en"), start=10):
        world.asked(str(number), client=client(number, locale))
    assert not weights(procedure).frozen
    world.clock.advance(timedelta(days=90))  # April
    assert weights(procedure).frozen
    assert weights(procedure).shares == {("email", "ru"): 0.75, ("email", "en"): 0.25}
    world.asked("99", client=client(99, "en"))
    assert weights(procedure).shares == {("email", "ru"): 0.75, ("email", "en"): 0.25}


def client(number, locale):

    return Client(email=f"c{number}@example.org", locale=locale)


def test_what_waits_for_an_hour_to_be_counted_is_a_problem_that_names_what_to_start(world):
    world.close(client=None)
    assert world.ratings.check().ok
    world.clock.advance(timedelta(minutes=61))
    (problem,) = world.ratings.check().problems
    assert "1 changes to be counted" in problem
    assert world.ratings.run_due().folded == 1
    assert world.ratings.check().ok
