"""The procedure, the channel and the language are kept with each survey; a change is named before it is used."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

from click.testing import CliRunner
from sqlalchemy import event
from tests.world import merged

from nps_plugin import Client, Ratings
from nps_plugin.cli import main
from nps_plugin.surveys.procedure import procedure_of


def stars(world, **ask):
    """The world's configuration with five stars instead of three faces."""
    return merged(world.config, {"tenants": {"acme": {"scale": "stars-5", "ask": ask}}})


def current(ratings):
    return procedure_of(ratings.settings.tenants["acme"])


def test_every_survey_carries_the_procedure_of_its_closing_asked_or_not(world):
    world.close("1")
    world.close("2", client=None)
    world.ratings.reload(stars(world))
    world.close("3")
    found = {row.ticket: row.procedure for row in world.rows("survey")}
    assert found["1"] == found["2"] != found["3"]
    assert found["3"] == current(world.ratings).digest


def test_what_a_procedure_was_is_kept_once(world):
    world.close("1")
    world.close("2")
    world.ratings.run_due()
    (kept,) = world.rows("procedure")
    assert (kept.tenant_id, kept.procedure) == ("acme", current(world.ratings).digest)
    assert kept.spec == dict(current(world.ratings).spec)


@contextmanager
def statements(world):
    """What goes over the wire meanwhile."""
    engine, said = world.ratings._parts.store.engine, []

    def listen(_connection, _cursor, statement, *_):
        said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)
    assert said


def test_a_procedure_that_this_process_has_kept_costs_the_next_closing_nothing(world):
    world.close("1")
    with statements(world) as said:
        world.close("2")
        world.ratings.run_due()
    # the standings read what the ways of asking are called; nobody writes it again
    assert not any("INSERT INTO nps_procedure" in statement for statement in said)


def test_in_the_hosts_transaction_nothing_is_written_for_it_and_the_worker_keeps_it(world):
    with world.ratings._parts.store.engine.begin() as connection, statements(world) as said:
        assert world.ratings.ticket_closed(world.ticket("1"), connection=connection).recorded
    assert not any("nps_procedure" in statement for statement in said)
    assert world.rows("procedure") == []
    # whoever has not kept what it was says at least that it changed, and says nothing where it did not
    assert world.ratings.procedures_opened() == []
    with Ratings(stars(world), clock=world.clock) as planned:
        ((_, said),) = planned.procedures_opened()
        assert said.startswith("the way of asking changed, and what it was is not kept: comparisons with answers")
    world.ratings.run_due()
    assert len(world.rows("procedure")) == 1


def test_channel_and_language_are_those_in_which_the_question_was_really_asked(make_world):
    world = make_world(locale="ru")
    world.close("1", client=Client(email="a@example.org", locale="en-GB"))
    world.close("2", client=Client(email="b@example.org", locale="fr"))
    assert {(row.channel, row.locale) for row in world.rows("survey")} == {("", "")}
    world.ratings.run_due()
    found = {row.ticket: (row.channel, row.locale) for row in world.rows("survey")}
    assert found == {"1": ("email", "en"), "2": ("email", "ru")}


def test_a_question_in_the_hosts_own_message_is_asked_at_once(make_world):
    world = make_world(ask={"channels": ["host"]}, locale="ru")
    world.close("1", client=Client(email="a@example.org", locale="en"))
    (row,) = world.rows("survey")
    assert (row.channel, row.locale) == ("host", "en")


def test_a_change_is_named_before_it_is_used(world):
    world.close("1")
    with Ratings(stars(world, delay="3d"), clock=world.clock) as planned:
        assert planned.procedures_opened() == [
            ("acme", "ask.delay: 0s -> 3d; comparisons with answers before today end"),
            ("acme", "scale: faces-3 -> stars-5; comparisons with answers before today end"),
        ]
    assert world.ratings.procedures_opened() == []


def test_nothing_is_named_where_nobody_was_asked_yet(world):
    with Ratings(stars(world), clock=world.clock) as planned:
        assert planned.procedures_opened() == []


def test_going_back_is_named_against_the_newest_surveys(world):
    world.close("1")
    world.clock.advance(timedelta(days=1))
    with Ratings(stars(world), clock=world.clock) as later:
        later.ticket_closed(world.ticket("2"))
    ((_, said),) = world.ratings.procedures_opened()
    assert said.startswith("scale: stars-5 -> faces-3; the earlier procedure is taken up again")


def test_config_check_names_it_and_makes_no_database(tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    text = """
    [database]
    url = "sqlite:///{folder}/nps.sqlite3"
    [page]
    base_url = "https://help.example.org/rate"
    secrets = ["env:NPS_SECRET"]
    [tenants.acme]
    scale = "{scale}"
    brand = {{ sender = "Acme <help@acme.example>" }}
    """
    file = tmp_path / "nps.toml"

    def check(scale):
        file.write_text(text.format(folder=tmp_path, scale=scale))
        result = CliRunner().invoke(main, ["--config", str(file), "config", "check"])
        assert result.exit_code == 0, result.output
        return result.output

    assert "procedure" not in check("faces-3")
    assert not (tmp_path / "nps.sqlite3").exists()
    with Ratings.open(file) as ratings:
        from nps_plugin import ClosedTicket

        now = ratings._parts.clock.now()
        closed = ClosedTicket(
            tenant="acme", ticket="1", opened_at=now, closed_at=now, client=Client(email="a@example.org")
        )
        assert ratings.ticket_closed(closed).recorded
    assert "procedure" not in check("faces-3")
    said = check("stars-5")
    assert "acme: opens a new procedure: scale: faces-3 -> stars-5; comparisons with answers before today end" in said
