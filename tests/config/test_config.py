"""The configuration: every mistake at once, by tenant and key, with what was expected; secrets unseen."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path

import pytest
from tests.world import merged

from nps_plugin import Band, ConfigError, Ratings, Secret, read_mapping, read_secret, read_toml
from nps_plugin.config.settings import Target

GOOD = {
    "page": {"base_url": "https://help.example.org/rate/", "secrets": [Secret("a secret of the tests")]},
    "tenants": {"acme": {"brand": {"sender": "Acme <help@acme.example>"}}},
}


def problems(change, **acme):
    with pytest.raises(ConfigError) as caught:
        read_mapping(merged(GOOD, {"tenants": {"acme": acme}} | change))
    return {f"{problem.tenant}:{problem.key}": problem.expected for problem in caught.value.problems}


def acme(**change):
    return read_mapping(merged(GOOD, {"tenants": {"acme": change}})).tenants["acme"]


def test_a_tenant_needs_little_and_gets_defaults():
    tenant = acme()
    assert tenant.enabled
    assert (tenant.scale.name, tenant.locale, tenant.ask.channels) == ("faces-3", "en", ("email",))
    assert tenant.ask.ask_why == {Band.DISSATISFIED}
    assert tenant.ask.edit_window == timedelta(hours=24)


def test_a_file_says_the_same_as_a_mapping(tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "nps.toml").write_text(
        """
        [page]
        base_url = "https://help.example.org/rate"
        secrets = ["env:NPS_SECRET"]
        [tenants.acme]
        timezone = "Europe/Moscow"
        brand = { name = "Acme", colour = "#0a6", logo = "logo.svg", sender = "Acme <help@acme.example>" }
        [tenants.acme.ask]
        delay = "1d12h"
        [[tenants.acme.kpi]]
        priority = [1, "high"]
        resolve_within = "4h"
        calendar = "office"
        [tenants.acme.calendars.office]
        hours = { mon-fri = "09:00-13:00, 14:00-18:00", sat = "10:00-15:00" }
        holidays = "RU"
        """
    )
    tenant = read_toml(tmp_path / "nps.toml").tenants["acme"]
    assert tenant.brand.colour == "#00aa66"
    assert tenant.brand.logo == ("image/svg+xml", b"<svg/>")
    assert tenant.ask.delay == timedelta(hours=36)
    assert tenant.kpi[0].priority == ("1", "high")
    assert tenant.calendars["office"].hours[0] == ((540, 780), (840, 1080))
    assert sorted(tenant.calendars["office"].hours) == [0, 1, 2, 3, 4, 5]
    assert tenant.calendars["office"].timezone.key == "Europe/Moscow"


def test_all_mistakes_are_told_at_once_each_with_its_place():
    found = problems(
        {"pluggins": [], "page": {"base_url": "help.example.org"}},
        lokale="ru",
        timezone="Mars",
        scale="face-3",
        kpi=[{"resolve_within": "4h"}, {"resolve_within": "soon", "calender": "office"}],
        ask={"delay": 3, "channels": ["email", "host"]},
        brand={"logo": "nowhere.png", "colour": "green"},
    )
    assert set(found) == {
        ":pluggins",
        ":page.base_url",
        "acme:lokale",
        "acme:timezone",
        "acme:scale",
        "acme:kpi.2.resolve_within",
        "acme:kpi.2.calender",
        "acme:ask.delay",
        "acme:brand.colour",
    } | ({"acme:brand.logo"} & set(found))
    assert "did you mean 'plugins'" in found[":pluggins"]
    assert "did you mean 'locale'" in found["acme:lokale"]
    assert "did you mean 'faces-3'" in found["acme:scale"]
    assert "did you mean 'calendar'" in found["acme:kpi.2.calender"]


@pytest.mark.parametrize(
    ("change", "key", "says"),
    [
        ({"kpi": [{"resolve_within": "4h", "calendar": "ofice"}]}, "kpi.1.calendar", "calendar"),
        ({"kpi": [{"resolve_within": "0h"}]}, "kpi.1.resolve_within", "greater than zero"),
        ({"kpi": [{}]}, "kpi.1.resolve_within", "required"),
        ({"calendars": {"c": {"hours": {"mon-fry": "09:00-18:00"}}}}, "calendars.c.hours", "mon-fri"),
        ({"calendars": {"c": {"hours": {"mon": "18:00-09:00"}}}}, "calendars.c.hours", "earlier"),
        ({"calendars": {"c": {"hours": {"mon": "09:00-12:00,11:00-13:00"}}}}, "calendars.c.hours", "overlap"),
        (
            {"calendars": {"c": {"hours": {"mon-wed": "09:00-10:00", "tue": "09:00-10:00"}}}},
            "calendars.c.hours",
            "twice",
        ),
        ({"calendars": {"c": {"hours": {"mon": "09:00-10:00"}, "holidays": "XX"}}}, "calendars.c.holidays", "country"),
        (
            {"scales": {"m": {"low": 1, "high": 12, "dissatisfied_to": 1, "satisfied_from": 2}}},
            "scales.m.high",
            "11 points",
        ),
        (
            {"scales": {"m": {"low": 1, "high": 4, "dissatisfied_to": 3, "satisfied_from": 3, "ends": {}}}},
            "scales.m.satisfied_from",
            "band",
        ),
        (
            {"scales": {"m": {"low": 1, "high": 4, "dissatisfied_to": 2, "satisfied_from": 4}}},
            "scales.m.ends",
            "clients",
        ),
        ({"scales": {"nps-11": {}}}, "scales.nps-11.low", "required"),
        ({"question": {"ru": "Как {name}?"}}, "", ""),
        ({"question": {"fr": "Comment?"}}, "question", "en, ru"),
        ({"enabled": "yes"}, "enabled", "true or false"),
        ({"ask": {"channels": ["email", "host"]}}, "ask.channels", "alone"),
        ({"ask": {"attempts": {"phone": 3}}}, "ask.attempts", "no such channel"),
        ({"channels": {"emial": {}}}, "channels.emial", "did you mean 'email'"),
        ({"brand": {"sender": "Acme"}}, "brand.sender", "address"),
        ({"brand": {"sender": "Acme <a@b.c>\nBcc: x@y.z"}}, "brand.sender", "address"),
        ({"brand": {"logo": "logo.exe"}}, "brand.logo", "ending"),
        ({"attribution": "closest"}, "attribution", "closer"),
        ({"reasons": {"add": {"parking": {}}}}, "reasons.add.parking", "language"),
    ],
)
def test_each_mistake_names_its_key_and_what_was_expected(change, key, says):
    if not key:  # found when the parts are put together
        with pytest.raises(ConfigError, match=r"acme.question.ru: .*\{ticket\}"):
            Ratings(merged(GOOD, {"tenants": {"acme": change}}))
        return
    assert says in problems({}, **change)[f"acme:{key}"]


def test_a_logo_that_is_not_there_is_told_with_the_rest(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_mapping(
            merged(GOOD, {"tenants": {"acme": {"brand": {"logo": "none.png"}, "lokale": "ru"}}}), base=Path(tmp_path)
        )
    assert {problem.key for problem in caught.value.problems} == {"brand.logo", "lokale"}


def test_what_an_adapter_cannot_use_is_told_with_its_tenant_and_place():
    with pytest.raises(ConfigError) as caught:
        Ratings(merged(GOOD, {"tenants": {"acme": {"channels": {"email": {"hots": "x", "port": 0}}}}}))
    found = {f"{problem.tenant}:{problem.key}": problem.expected for problem in caught.value.problems}
    assert "did you mean 'host'" in found["acme:channels.email.hots"]
    assert "acme:channels.email.port" in found


def test_a_channel_that_nobody_brings_is_told_with_those_there_are():
    with pytest.raises(ConfigError, match=r"acme.ask.channels: pigeon: no channel adapter"):
        Ratings(merged(GOOD, {"tenants": {"acme": {"ask": {"channels": ["pigeon"]}}}}))


def test_own_scales_have_bands_and_texts():
    scale = acme(
        scale="mood",
        scales={
            "mood": {
                "low": 1,
                "high": 4,
                "dissatisfied_to": 2,
                "satisfied_from": 4,
                "ends": {"ru": ["ужас", "восторг"], "en": ["awful", "superb"]},
            }
        },
    ).scale
    assert [scale.band(point).value for point in scale.points] == ["dissatisfied"] * 2 + ["neutral", "satisfied"]
    assert scale.ends["ru"] == ("ужас", "восторг")


@pytest.mark.parametrize("reference", ["hunter2 hunter2 hunter2", "env:NPS_NOT_SET", "file:/nonexistent/secret", 7])
def test_a_bad_secret_is_refused_without_showing_it(reference):
    with pytest.raises(ConfigError) as caught:
        read_mapping(merged(GOOD, {"page": {"secrets": [reference]}}))
    assert "hunter2" not in str(caught.value)
    assert "page.secrets.1" in str(caught.value)


def test_a_short_secret_is_refused(monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "short")
    with pytest.raises(ConfigError, match="16 characters"):
        read_mapping(merged(GOOD, {"page": {"secrets": ["env:NPS_SECRET"]}}))


def test_secrets_are_seen_nowhere(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("file hunter2 hunter2\n")
    monkeypatch.setenv("NPS_SECRET", "env hunter2 hunter2")
    settings = read_mapping(merged(GOOD, {"page": {"secrets": ["env:NPS_SECRET", f"file:{tmp_path / 'secret'}"]}}))
    assert [secret.reveal() for secret in settings.page.secrets] == ["env hunter2 hunter2", "file hunter2 hunter2"]
    assert "hunter2" not in repr(settings) + str(settings) + f"{settings.page.secrets[0]}"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(settings.page.secrets[0])


def test_no_tenant_enabled_needs_no_page():
    settings = read_mapping({"tenants": {"acme": {"enabled": False, "brand": {"sender": "a@b.c"}}}})
    assert not settings.tenants["acme"].enabled


def test_a_page_is_needed_as_soon_as_somebody_is_asked():
    with pytest.raises(ConfigError) as caught:
        read_mapping({"tenants": {"acme": {"brand": {"sender": "a@b.c"}}}})
    assert {problem.key for problem in caught.value.problems} == {"page.base_url", "page.secrets"}


def test_broken_toml_and_a_missing_file_are_named(tmp_path):
    (tmp_path / "nps.toml").write_text("[page\n")
    with pytest.raises(ConfigError, match=r"nps\.toml: is not valid TOML"):
        read_toml(tmp_path / "nps.toml")
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        read_toml(tmp_path / "none.toml")


def test_read_secret_takes_a_secret_as_it_is():
    secret = Secret("x")
    assert read_secret(secret) is secret
    assert secret == Secret("x")
    assert secret != Secret("y")


def test_targets_of_a_slice_are_its_services_then_its_queues_then_the_tenants():
    targets = {
        "kpi_share": 0.9,
        "service": {"mail": {"satisfied_share": 0.7}},
        "queue": {"billing": {"kpi_share": 0.95, "satisfied_share": 0.85}},
    }
    read = read_mapping(merged(GOOD, {"tenants": {"acme": {"targets": targets}}})).tenants["acme"].targets
    assert read.of({}) == Target(kpi_share=0.9)
    assert read.of({"service": "mail", "queue": "billing"}) == Target(kpi_share=0.95, satisfied_share=0.7)
    assert read.of({"agent": "olga", "service": "web"}) == Target(kpi_share=0.9)


def test_a_target_by_agent_is_refused_and_a_minimum_goes_upward_only():
    wrong = {"targets": {"agent": {"olga": {"satisfied_share": 0.8}}}, "minimum": {"ratings": 3}}
    with pytest.raises(ConfigError) as caught:
        read_mapping(merged(GOOD, {"tenants": {"acme": wrong}}))
    told = {problem.key: problem.expected for problem in caught.value.problems}
    assert "not a measure for a person" in told["targets.agent"]
    assert told["minimum.ratings"] == "expected a whole number from 10 to 100000"
