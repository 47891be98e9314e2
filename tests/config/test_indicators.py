"""Indicators and criteria in the configuration: taken from the shipped ones, said otherwise, or the tenant's own."""

from __future__ import annotations

import re

import pytest

from nps_plugin import ConfigError, Secret, read_mapping
from nps_plugin.config.advice import advice_on
from nps_plugin.model import CRITERIA, INDICATORS, Band
from nps_plugin.wording.indicator_texts import criterion_text, indicator_text


def tenant(**settings):
    page = {"base_url": "https://help.example.org/rate", "secrets": [Secret("a secret of the tests")]}
    brand = {"sender": "Acme <help@acme.example>"}
    return read_mapping({"page": page, "tenants": {"acme": {"brand": brand} | settings}}).tenants["acme"]


def problems(**settings):
    with pytest.raises(ConfigError) as refused:
        tenant(**settings)
    return {problem.key: problem.expected for problem in refused.value.problems}


def test_nothing_is_agreed_on_unless_it_is_configured():
    assert tenant().indicators == {}


def test_shipped_ones_are_taken_by_name_in_the_order_in_which_they_are_named():
    found = tenant(indicators={"use": ["fixed_quickly", "no_errors"], "solved": {}})
    assert [(name, one.criterion) for name, one in found.indicators.items()] == [
        ("fixed_quickly", "speed"),
        ("no_errors", "quality"),
        ("solved", "result"),
    ]
    assert all(one.bands == set(Band) for one in found.indicators.values())
    assert indicator_text(found, "no_errors", "ru") == "Сервис работает без ошибок"
    assert criterion_text(found, "quality", "en") == "Quality"


def test_a_tenant_says_a_shipped_one_otherwise_and_adds_its_own():
    found = tenant(
        criteria={"comfort": {"text": {"ru": "Удобство", "en": "Comfort"}}},
        indicators={
            "solved": {"text": {"ru": "Всё работает"}},
            "parking": {"text": "Parking", "criterion": "comfort", "bands": ["neutral"]},
        },
    )
    # the shipped text in the client's language comes before the tenant's own in another
    assert [indicator_text(found, "solved", locale) for locale in ("ru", "en")] == [
        "Всё работает",
        "My request is resolved",
    ]
    assert indicator_text(found, "parking", "ru") == "Parking"
    assert criterion_text(found, "comfort", "ru") == "Удобство"
    assert found.indicators["parking"].bands == {Band.NEUTRAL}


def test_every_mistake_is_told_at_once_with_the_nearest_right_name():
    found = problems(
        indicators={
            "use": ["no_eror", "solved"],
            "fixed_quickli": {"criterion": "sped"},
            "parking": {"txt": "Parking", "criterion": "access"},
            "lift": {"text": "Lift"},
        }
    )
    assert found["indicators.use"] == "no indicator 'no_eror' ships; did you mean 'no_errors'?"
    assert "no indicator 'fixed_quickli' ships; did you mean 'fixed_quickly'?" in found["indicators.fixed_quickli.text"]
    assert found["indicators.fixed_quickli.criterion"].endswith("did you mean 'speed'?")
    assert found["indicators.parking.txt"] == "unknown key; did you mean 'text'?"
    assert found["indicators.lift.criterion"].startswith("expected one of quality, speed,")
    assert problems(indicators=["no_errors"]) == {"indicators": "expected a table"}
    assert "text" in next(iter(problems(criteria={"comfort": {}})))


def test_what_is_asked_after_some_scores_only_comes_with_advice():
    found = list(advice_on(tenant(indicators={"use": ["solved"], "no_errors": {"bands": ["dissatisfied"]}})))
    assert [one for one in found if one.startswith("indicators.")] == [
        "indicators.no_errors is asked after dissatisfied scores only, so it cannot be held against the score"
    ]


def test_the_catalogue_ships_whole_in_both_languages():
    plain = tenant()
    assert len(CRITERIA) == 7
    assert all(2 <= list(INDICATORS.values()).count(criterion) <= 3 for criterion in CRITERIA)
    for text, codes in ((indicator_text, INDICATORS), (criterion_text, CRITERIA)):
        for code in codes:
            assert re.search("[а-яё]", text(plain, code, "ru")), code
            assert text(plain, code, "en") not in (code, text(plain, code, "ru"))
