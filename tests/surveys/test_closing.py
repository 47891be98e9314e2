"""What a closing leaves behind, and what the host gets back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from tests.world import NOON

from nps_plugin import Client, Exclusion, NotAskedReason, Ratings, SurveyState, hookimpl


def test_a_closing_is_recorded_with_its_kpi_and_a_planned_question(world):
    receipt = world.close(took=timedelta(hours=2))
    assert receipt.recorded
    assert receipt.problem is None
    assert (receipt.kpi.met, receipt.kpi.worked) == (True, timedelta(hours=2))
    assert receipt.survey.state is SurveyState.SCHEDULED
    assert receipt.not_asked is None


def test_a_repeat_of_a_closing_is_no_second_closure_and_the_first_facts_stay(world):
    first = world.close(took=timedelta(hours=2), agent="olga")
    world.clock.advance(timedelta(hours=30))
    again = world.close(took=timedelta(hours=32), agent="pavel")
    assert again.repeated
    assert again.closure == first.closure == 1
    assert again.kpi == first.kpi
    assert again.survey.id == first.survey.id
    assert [row.agent for row in world.rows("closure")] == ["olga"]
    assert len(world.rows("survey")) == 1


def test_a_closing_after_a_reopening_is_the_next_closure_with_a_question_of_its_own(world):
    world.close()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    second = world.close()
    assert second.closure == 2
    assert [row.state for row in world.rows("survey")] == ["cancelled", "scheduled"]


def test_a_reopening_told_twice_counts_once(world):
    world.close()
    assert not world.ratings.ticket_reopened("acme", "17", world.clock.now()).repeated
    assert world.ratings.ticket_reopened("acme", "17", world.clock.now()).repeated
    assert world.close().closure == 2


def test_a_reopening_that_only_the_hosts_count_tells_makes_the_next_closure_and_withdraws_the_old_question(world):
    world.close()
    assert world.close(reopened=1).closure == 2
    assert [row.state for row in world.rows("survey")] == ["cancelled", "scheduled"]
    assert world.close(reopened=1).repeated


def test_reopenings_told_and_counted_are_not_added_up(world):
    world.close()
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert world.close(reopened=1).closure == 2


def test_a_reopening_of_a_ticket_closed_before_we_knew_it_counts(world):
    world.ratings.ticket_reopened("acme", "17", world.clock.now())
    assert world.close().closure == 2


def test_the_same_ticket_number_at_two_hosts_is_two_tickets(world):
    world.close(host="north")
    assert not world.close(host="south").repeated


def test_everyone_to_ask_about_a_resolution_gets_a_survey(world):
    others = (Client(email="boss@example.org"), Client())
    receipt = world.close(respondents=others)
    assert receipt.survey is not None
    assert receipt.others[0].state is SurveyState.SCHEDULED
    assert receipt.others[1].reason is NotAskedReason.NO_ADDRESS


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"client": None}, NotAskedReason.NO_ADDRESS),
        ({"client": Client(name="nobody knows")}, NotAskedReason.NO_ADDRESS),
        ({"client": Client(email="a@example.org", consent=False)}, NotAskedReason.NO_CONSENT),
        ({"client": Client(email="root@ACME.example")}, NotAskedReason.INTERNAL_CLIENT),
        ({"closed_at": NOON - timedelta(days=40), "opened_at": NOON - timedelta(days=41)}, NotAskedReason.TOO_OLD),
    ],
)
def test_each_reason_for_not_asking_is_given_back_and_kept(make_world, facts, reason):
    world = make_world(internal_clients=["*@acme.example"])
    receipt = world.close(**facts)
    assert receipt.recorded
    assert receipt.survey is None
    assert receipt.not_asked.reason is reason
    (row,) = world.rows("survey")
    assert (row.state, row.not_asked) == ("not_asked", reason.value)


def test_any_plugins_exclusion_wins_and_each_of_their_reasons_is_kept(make_world):
    class Says:
        def __init__(self, name, why):
            self.nps_name, self.why = name, why

        @hookimpl
        def nps_exclude_from_survey(self, closed):
            return Exclusion(why=self.why) if self.why and closed.ticket == "17" else None

    world = make_world(plugins=[Says("a", "VIP"), Says("b", None), Says("c", "spam")])
    receipt = world.close()
    assert receipt.not_asked.reason is NotAskedReason.EXCLUDED
    assert receipt.not_asked.detail == "VIP; spam"
    assert world.close("18").survey is not None


def test_someone_who_opted_out_is_not_asked_again_under_any_known_address(world):
    world.ratings.opt_out("acme", Client(id="7", email="ivan@example.org"))
    assert world.close("1", client=Client(id="7")).not_asked.reason is NotAskedReason.OPTED_OUT
    assert world.close("2", client=Client(email="Ivan@Example.org")).not_asked.reason is NotAskedReason.OPTED_OUT
    assert world.close("3", client=Client(email="olga@example.org")).survey is not None


def test_what_is_kept_of_an_opt_out_does_not_show_the_address(world):
    world.ratings.opt_out("acme", Client(email="ivan@example.org"))
    (row,) = world.rows("suppression")
    assert "ivan" not in str(row)


@pytest.mark.parametrize(
    ("opened_at", "closed_at"),
    [
        (None, NOON),
        (NOON, NOON - timedelta(hours=1)),
        (datetime(1970, 1, 1, tzinfo=NOON.tzinfo), NOON),
        (NOON.replace(tzinfo=None), NOON),
        (NOON - timedelta(hours=1), NOON + timedelta(days=3)),
    ],
)
def test_impossible_times_make_the_kpi_unknown_and_are_named_but_the_closing_stands(world, opened_at, closed_at):
    receipt = world.close(opened_at=opened_at, closed_at=closed_at)
    assert receipt.recorded
    assert receipt.kpi.met is None
    assert "opened_at" in receipt.problem or "closed_at" in receipt.problem
    assert receipt.survey is not None


def test_garbage_in_facts_is_named_and_the_closing_stands(world):
    receipt = world.close(
        agent="a" * 1000, reopened="twice", replies=-3, subject="nul\x00byte", priority=2, tags=[1], facts={"x": None}
    )
    assert receipt.recorded
    for name in ("agent", "reopened", "replies"):
        assert name in receipt.problem
    assert world.rows("closure")[0].priority == "2"


def test_an_unknown_tenant_is_a_problem_and_never_an_exception(make_world):
    world = make_world(strict=False)
    receipt = world.close(tenant="acmee")
    assert not receipt.recorded
    assert "acmee" in receipt.problem
    assert world.ratings.check().counts == {"ticket_closed_failed": 1}


def test_a_disabled_tenant_stores_nothing(make_world):
    world = make_world(enabled=False)
    receipt = world.close()
    assert not receipt.recorded
    assert receipt.problem is None
    assert world.rows("closure") == []


def test_a_broken_database_is_a_problem_and_never_an_exception(make_world, tmp_path):
    world = make_world(strict=False)
    world.close("1")
    with world.ratings._parts.store.write() as connection:
        connection.execute(text("DROP TABLE nps_contact"))
    receipt = world.close("2")
    assert not receipt.recorded
    assert "ticket '2'" in receipt.problem


def test_strict_lets_the_error_out(world):
    with world.ratings._parts.store.write() as connection:
        connection.execute(text("DROP TABLE nps_contact"))
    with pytest.raises(Exception, match="nps_contact"):
        world.close()


def test_buttons_for_the_hosts_own_mail_carry_a_link_for_each_score_and_nothing_else_is_sent(make_world):
    world = make_world(ask={"channels": ["host"]})
    survey = world.close().survey
    assert survey.state is SurveyState.SENT
    for form in ("html", "text"):
        shown = survey.buttons(form)
        assert all(f"?s={score}" in shown for score in (1, 2, 3))
    assert world.ratings.run_due().sent == 0
    assert world.mailbox.mails == []


def test_buttons_are_refused_where_the_library_asks_itself(world):
    with pytest.raises(ValueError, match="host"):
        world.close().survey.buttons()


def test_a_token_shows_neither_in_a_receipt_nor_in_the_store(make_world):
    world = make_world(ask={"channels": ["host"]})
    receipt = world.close()
    token = receipt.survey.buttons("text").split("/acme/")[1][:22]
    assert token not in repr(receipt)
    assert token not in str(receipt.to_dict())
    assert token not in str(world.rows("message"))


def test_a_closing_needs_at_most_eight_statements(world):
    from sqlalchemy import event

    world.close("1")
    said = []
    event.listen(world.ratings._parts.store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    world.close("2")
    assert 0 < len(said) <= 8, said


def test_the_hosts_engine_needs_an_upgrade_that_names_the_command(make_world, tmp_path):
    config = make_world().config
    engine = create_engine(f"sqlite:///{tmp_path / 'host.sqlite3'}")
    with Ratings(config, engine=engine) as ratings:
        assert "nps-plugin db upgrade" in ratings.check().problems[0]
        ratings.upgrade()
        assert ratings.check().problems == ()
    engine.dispose()


def test_a_failure_is_logged_with_its_place_and_without_the_persons_data(make_world, caplog):
    world = make_world(strict=False)
    with world.ratings._parts.store.write() as connection:
        connection.execute(text("DROP TABLE nps_contact"))
    world.close(client=Client(email="ivan@example.org", name="Ivan Petrov"))
    assert "record_closing" in caplog.text
    assert "sqlalchemy.exc." in caplog.text
    assert "ivan" not in caplog.text.lower()


def test_a_lower_count_of_the_host_is_a_repeat_of_the_last_closure_and_asks_nobody_twice(world):
    assert world.close(reopened=2).closure == 3
    again = world.close(reopened=None)
    assert (again.closure, again.repeated) == (3, True)
    assert len(world.rows("survey")) == 1


def test_a_reopening_told_late_withdraws_the_question_that_it_was_about_and_not_the_newer_one(world):
    world.close()
    world.clock.advance(timedelta(hours=1))
    reopened_at = world.clock.now()
    world.clock.advance(timedelta(hours=1))
    world.close(reopened=1)
    world.ratings.ticket_reopened("acme", "17", reopened_at)
    assert [(row.closure, row.state) for row in world.rows("survey")] == [(1, "cancelled"), (2, "scheduled")]
    assert [row.closure for row in world.rows("reopening")] == [1]


def test_a_reopening_without_a_usable_time_is_recorded_and_named(world):
    world.close()
    receipt = world.ratings.ticket_reopened("acme", "17", NOON.replace(tzinfo=None))
    assert receipt.recorded
    assert "at" in receipt.problem


def test_the_attribution_of_the_tenant_says_who_is_credited(make_world):
    for attribution, who in (("assignee", "olga"), ("closer", "pavel"), ("last_replier", "ira")):
        world = make_world(attribution=attribution)
        world.close(agent="olga", closed_by="pavel", last_replier="ira")
        assert world.ratings.ticket_verdict("acme", "17").agent == who


def test_a_plugin_that_wants_to_end_the_process_does_not(make_world):
    class Ends:
        nps_name = "ends"

        @hookimpl
        def nps_ticket_closed(self, closed):
            raise SystemExit(3)

    world = make_world(plugins=[Ends()], strict=False)
    assert world.close().recorded
