"""Retention: what is personal goes by age, verdicts and denominators stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event
from tests.persons.test_forgetting import IVAN, heard

from nps_plugin import Client, ConfigError, ManualClock, read_mapping
from nps_plugin.responses.retention import Sweep

DAY = timedelta(days=1)
OLGA = Client(id="8", name="Olga", email="olga@example.org")


@pytest.fixture
def kept(make_world):
    """A world that keeps comments for 90 days, contacts for 60, evidence for 10."""
    world = make_world(ask={"quarantine": "0s", "expires_after": "20d"})
    world.config["retention"] = {"comments": "90d", "contacts": "60d", "evidence": "10d"}
    world.ratings.reload(world.config)
    return world


def count(world, *names: str) -> dict[str, int]:
    return {name: len(world.rows(name)) for name in names}


PERSONAL = ("client", "contact", "message", "comment", "evidence")


def test_each_goes_at_its_age_and_no_earlier(kept):
    heard(kept)
    there = count(kept, *PERSONAL)
    assert all(there.values())
    for days, gone in (
        (9, []),
        (2, ["evidence"]),
        (48, []),
        (2, ["contact", "message"]),
        (28, []),
        (2, ["comment", "client"]),
    ):
        kept.clock.advance(days * DAY)
        done = kept.ratings.run_due()
        assert bool(done.cleaned) is bool(gone), (days, done)
        there |= dict.fromkeys(gone, 0)
        assert count(kept, *PERSONAL) == there


def test_a_person_without_a_comment_goes_with_the_contacts(kept):
    kept.asked(client=OLGA)
    kept.clock.advance(61 * DAY)
    kept.ratings.run_due()
    assert count(kept, "client", "contact", "message") == {"client": 0, "contact": 0, "message": 0}


def test_who_left_a_comment_loses_the_profile_and_can_still_be_forgotten(kept):
    heard(kept)
    kept.clock.advance(61 * DAY)
    kept.ratings.run_due()
    (row,) = kept.rows("client")
    assert (row.key, row.name, row.email, row.phone) == ("id:7", "", "", "")
    done = kept.ratings.forget_client("acme", "id:7")
    assert (done.persons, done.comments) == (1, 1)


def test_who_comes_again_and_again_stays_known(kept):
    for number in range(5):
        kept.asked(str(number), client=OLGA)
        kept.clock.advance(40 * DAY)
        kept.ratings.run_due()
    (row,) = kept.rows("client")
    assert row.name == "Olga"
    assert 1 <= len(kept.rows("contact")) <= 2, "those of old questions are gone"


def test_a_question_still_open_keeps_its_contact(make_world):
    world = make_world(ask={"delay": "100d", "expires_after": "100d"})
    world.config["retention"] = {"contacts": "1d"}
    world.ratings.reload(world.config)
    world.close(client=OLGA)
    for _ in range(3):
        world.clock.advance(30 * DAY)
        world.ratings.run_due()
    assert count(world, "client", "contact") == {"client": 1, "contact": 1}
    world.clock.advance(11 * DAY)
    assert world.ratings.run_due().sent == 1


def test_verdicts_and_denominators_stay(kept):
    heard(kept, "1", 1)
    heard(kept, "2", 3, OLGA)
    kept.close("3", client=OLGA, took=timedelta(hours=9))
    kept.clock.advance(30 * DAY)
    kept.ratings.run_due()
    rows = {name: kept.rows(name) for name in ("closure", "survey", "answer", "answer_reason")}
    verdicts = [kept.ratings.ticket_verdict("acme", number) for number in ("1", "2", "3")]
    for _ in range(12):
        kept.clock.advance(40 * DAY)
        kept.ratings.run_due()
    assert count(kept, *PERSONAL) == dict.fromkeys(PERSONAL, 0)
    assert {name: kept.rows(name) for name in rows} == rows
    assert [kept.ratings.ticket_verdict("acme", number) for number in ("1", "2", "3")] == verdicts


def test_opt_outs_outlive_the_person(kept):
    kept.close(client=OLGA)
    kept.ratings.opt_out("acme", OLGA)
    kept.clock.advance(400 * DAY)
    kept.ratings.run_due()
    assert kept.rows("client") == []
    assert kept.close("18", client=OLGA).not_asked.reason == "opted_out"


def test_a_round_deletes_a_bounded_amount_and_the_next_goes_on(kept):
    for number in range(5):
        heard(kept, str(number))
    before = len(kept.rows("evidence"))
    kept.clock.advance(11 * DAY)
    assert kept.ratings.run_due(limit=4).cleaned == 4
    assert len(kept.rows("evidence")) == before - 4
    while kept.ratings.run_due(limit=4).cleaned:
        pass
    assert kept.rows("evidence") == []


def test_a_tenant_with_nothing_to_delete_is_left_alone_for_a_while(kept):
    heard(kept)
    sweep, store, retention = Sweep(), kept.ratings._parts.store, kept.ratings.settings.retention
    clock = ManualClock(kept.clock.now())
    assert sweep.round(store, ["acme"], retention, clock.now(), 10) == 0
    clock.advance(timedelta(minutes=59))
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    assert sweep.round(store, ["acme"], retention, clock.now(), 10) == 0
    assert asked == []
    clock.advance(11 * DAY)
    assert sweep.round(store, ["acme"], retention, clock.now(), 100) > 0


def test_a_disabled_tenants_data_is_cleaned_too(kept):
    heard(kept)
    kept.config["tenants"]["acme"]["enabled"] = False
    kept.config["tenants"]["other"] = {"brand": {"sender": "a@b.example"}}
    kept.ratings.reload(kept.config)
    kept.clock.advance(400 * DAY)
    assert kept.ratings.run_due().cleaned
    assert count(kept, *PERSONAL) == dict.fromkeys(PERSONAL, 0)


def test_the_defaults_and_what_is_refused():
    page = {"base_url": "https://a.example", "secrets": []}
    settings = read_mapping({"page": page, "tenants": {}})
    assert settings.retention.comments == 730 * DAY
    assert (settings.retention.contacts, settings.retention.evidence) == (365 * DAY, 30 * DAY)
    assert read_mapping({"tenants": {}, "retention": {"comments": "1y6w"}}).retention.comments == 407 * DAY
    with pytest.raises(ConfigError) as refused:
        read_mapping({"tenants": {}, "retention": {"comments": "0d", "contact": "1y", "evidence": "999999y"}})
    assert {problem.key for problem in refused.value.problems} == {
        *("retention.comments", "retention.contact", "retention.evidence")
    }
    assert "did you mean 'contacts'" in str(refused.value)


def test_what_is_kept_for_ever_is_no_error(kept):
    kept.config["retention"] = {"comments": "100y", "contacts": "100y", "evidence": "100y"}
    kept.ratings.reload(kept.config)
    heard(kept, client=IVAN)
    kept.clock.advance(3000 * DAY)
    assert kept.ratings.run_due().cleaned == 0
