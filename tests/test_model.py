"""Words: scales, results as plain data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from nps_plugin import SCALES, Band, Client, KpiCheck, Scale, TicketVerdict, VerdictKind


@pytest.mark.parametrize(
    ("name", "points", "dissatisfied", "satisfied"),
    [
        ("thumbs-2", range(2), [0], [1]),
        ("faces-3", range(1, 4), [1], [3]),
        ("stars-5", range(1, 6), [1, 2], [4, 5]),
        ("nps-11", range(11), list(range(7)), [9, 10]),
        ("keypad-10", range(10), list(range(6)), [8, 9]),
    ],
)
def test_the_shipped_scales_have_their_bands_and_their_ends_in_both_languages(name, points, dissatisfied, satisfied):
    scale = SCALES[name]
    assert scale.points == tuple(points)
    assert [point for point in points if scale.band(point) is Band.DISSATISFIED] == dissatisfied
    assert [point for point in points if scale.band(point) is Band.SATISFIED] == satisfied
    assert set(scale.ends) == {"ru", "en"}


@pytest.mark.parametrize(
    ("low", "high", "bad", "good"), [(1, 1, 1, 1), (0, 11, 1, 2), (1, 3, 2, 2), (1, 3, 0, 3), (1, 3, 1, 4)]
)
def test_a_scale_that_cannot_be_is_refused(low, high, bad, good):
    with pytest.raises(ValueError, match="scale mine"):
        Scale(name="mine", low=low, high=high, dissatisfied_to=bad, satisfied_from=good)


def test_results_are_plain_data_for_json():
    verdict = TicketVerdict(
        tenant="acme",
        ticket="17",
        closure=1,
        kind=VerdictKind.CONFIRMED,
        kpi=KpiCheck(met=True, worked=timedelta(minutes=90)),
        band=Band.SATISFIED,
        answered_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    data = json.loads(json.dumps(verdict.to_dict()))
    assert data["kind"] == "confirmed"
    assert data["kpi"]["worked"] == 5400
    assert data["answered_at"] == "2026-11-20T00:00:00+00:00"


@pytest.mark.parametrize(
    ("client", "key"),
    [
        (Client(id="7", email="a@b.c"), "id:7"),
        (Client(email=" Ivan@Example.ORG "), "email:ivan@example.org"),
        (Client(phone="+7 900"), "phone:+7 900"),
        (Client(name="Ivan"), ""),
    ],
)
def test_a_client_is_known_by_id_else_by_address(client, key):
    assert client.key == key
