"""The commands of operators."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

from nps_plugin import ClosedTicket, Ratings
from nps_plugin.cli import main
from nps_plugin.store.migrations import HEAD

GOOD = """
[database]
url = "sqlite:///{folder}/nps.sqlite3"
[page]
base_url = "https://help.example.org/rate"
secrets = ["env:NPS_SECRET"]
[tenants.acme]
brand = {{ sender = "Acme <help@acme.example>" }}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("NPS_SECRET", "a secret of the tests")
    (tmp_path / "nps.toml").write_text(GOOD.format(folder=tmp_path))

    def call(*words, config="nps.toml"):
        return CliRunner().invoke(main, ["--config", str(tmp_path / config), *words])

    call.folder = tmp_path
    return call


def test_a_configuration_that_can_be_used_is_said_to_be_with_advice(run):
    result = run("config", "check")
    assert result.exit_code == 0
    assert "acme: enabled, scale faces-3, asks over email" in result.output
    assert "no kpi rule" in result.output


def test_a_configuration_with_mistakes_is_refused_with_all_of_them(run):
    (run.folder / "bad.toml").write_text("[tenants.acme]\nscale = 'x'\nlokale = 'ru'\n")
    result = run("config", "check", config="bad.toml")
    assert result.exit_code == 1
    assert "acme.scale" in result.output
    assert "acme.lokale" in result.output


def test_the_tables_are_made_and_checked(run):
    assert HEAD in run("db", "upgrade").output
    assert run("db", "check").exit_code == 0


def test_the_counts_are_built_anew_and_what_was_wrong_is_said(run):
    run("db", "upgrade")
    with Ratings.open(run.folder / "nps.toml") as ratings:
        for number in "123":
            now = ratings._parts.clock.now()
            ratings.ticket_closed(ClosedTicket(tenant="acme", ticket=number, opened_at=now, closed_at=now))
        ratings.run_due()
    right = run("counts", "rebuild", "--tenant", "acme")
    assert (right.exit_code, right.output) == (0, "The counts of 3 closing(s) are what the facts give.\n")
    with sqlite3.connect(run.folder / "nps.sqlite3") as database:
        database.execute("DELETE FROM nps_counted WHERE ticket = '2'")
    wrong = run("counts", "rebuild", "--tenant", "acme")
    assert wrong.exit_code == 1
    assert wrong.output.endswith("row(s) of the counts were not what the facts give; put right.\n")
    assert run("counts", "rebuild", "--tenant", "acme").exit_code == 0
    assert "acme" in run("counts", "rebuild", "--tenant", "nobody").output


def test_the_worker_does_one_round_and_says_what_it_did(run):
    result = run("work", "--once")
    assert result.exit_code == 0
    assert "nothing due" in result.output


def test_plugins_are_listed_with_their_distribution(run):
    assert "email  nps-plugin" in run("plugins").output


def test_the_doctor_finds_nothing_where_all_is_well(run):
    result = run("doctor")
    assert result.exit_code == 0
    assert "All is well" in result.output


def test_the_ratings_of_the_hosts_code_are_used_where_they_are_named(run, monkeypatch):
    (run.folder / "hostcode.py").write_text(
        f"from nps_plugin import Ratings\nratings = Ratings.open(r'{run.folder / 'nps.toml'}')\nother = 3\n"
    )
    monkeypatch.chdir(run.folder)
    assert "acme" in run("--app", "hostcode:ratings", "config", "check").output
    assert "found int" in run("--app", "hostcode:other", "config", "check").output
    assert "nonesuch" in run("--app", "nonesuch:ratings", "config", "check").output


def test_every_command_is_listed_and_foreign_ones_are_not_imported_for_it():
    code = (
        "import sys; from click.testing import CliRunner; from nps_plugin.cli import main;"
        "out = CliRunner().invoke(main, ['plugins', '--help']).output; assert 'loaded' in out, out;"
        "assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    listed = CliRunner().invoke(main, ["--help"]).output
    assert "demo" in listed


def test_the_worker_ends_when_it_is_told_to(run):
    import signal

    command = [sys.executable, "-m", "nps_plugin", "--config", str(run.folder / "nps.toml"), "work", "--every", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert "worker" in started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=20) == 0


def test_advice_names_points_without_use_and_what_never_happens(run):
    text = GOOD.format(folder=run.folder) + 'scale = "stars-5"\n[tenants.acme.ask]\nask_why = ["neutral"]\n'
    (run.folder / "stars.toml").write_text(text)
    said = run("config", "check", config="stars.toml").output
    assert "scale stars-5 has 5 points, and verdicts treat 1 to 2 (dissatisfied), 4 to 5 (satisfied) alike" in said
    assert "nothing takes the difference between them into account" in said
    assert "faces-3 asks less of clients and tells as much" in said
    (run.folder / "thumbs.toml").write_text(text.replace("stars-5", "thumbs-2"))
    said = run("config", "check", config="thumbs.toml").output
    assert "points" not in said
    assert "ask.ask_why names neutral, and no point of scale thumbs-2 is neutral" in said


def test_a_rule_that_hides_the_others_is_named(run):
    rules = '[[tenants.acme.kpi]]\nresolve_within = "4h"\n[[tenants.acme.kpi]]\nqueue = "a"\nresolve_within = "8h"\n'
    (run.folder / "rules.toml").write_text(GOOD.format(folder=run.folder) + rules)
    said = run("config", "check", config="rules.toml").output
    assert "kpi rule 1 matches every ticket, so the 1 below it never count" in said
    assert "no kpi rule" not in said


def test_the_sql_of_the_upgrade_makes_the_tables_without_us(run):
    import sqlite3

    said = run("db", "sql")
    assert said.exit_code == 0
    assert not (run.folder / "nps.sqlite3").exists()
    with sqlite3.connect(run.folder / "nps.sqlite3") as database:
        database.executescript(said.output)
    database.close()
    assert run("db", "check").exit_code == 0
    assert "faces-3" in run("config", "check").output


def test_the_sql_is_printed_for_the_other_engine_and_from_a_revision(run):
    said = run("db", "sql", "--dialect", "postgresql").output
    assert "TIMESTAMP WITH TIME ZONE" in said
    assert "CREATE TABLE nps_closure" in said
    assert "CREATE TABLE" not in run("db", "sql", "--from", HEAD).output
    refused = run("db", "sql", "--from", "nps_9999")
    assert refused.exit_code == 1
    assert "nps_9999" in refused.output


def test_what_gave_no_event_is_recorded_by_command(run, monkeypatch):
    (run.folder / "deskcode.py").write_text(
        "from datetime import timedelta\n"
        "from nps_plugin import ClosedTicket, Ratings, Registration, hookimpl\n"
        "class Desk:\n"
        "    def __init__(self, ratings): pass\n"
        "    def closed_since(self, tenant, since):\n"
        "        print('asked since', since.isoformat())\n"
        "        return [ClosedTicket(tenant=tenant, ticket='7', opened_at=since, closed_at=since)]\n"
        "class Brings:\n"
        "    nps_name = 'brings'\n"
        "    @hookimpl\n"
        "    def nps_register_helpdesks(self): return [Registration('desk', 'deskcode:Desk')]\n"
        f"ratings = Ratings.open(r'{run.folder / 'nps.toml'}', plugins=[Brings()])\n"
    )
    monkeypatch.chdir(run.folder)
    command = ("--app", "deskcode", "reconcile", "--tenant", "acme", "--since", "2026-11-01")
    first = run(*command).output
    assert "asked since 2026-11-01T00:00:00+00:00" in first
    assert "1 closing(s) recorded" in first
    assert "0 closing(s) recorded" in run(*command).output
    assert "no enabled tenant 'nobody'" in run(*command[:3], "--tenant", "nobody", "--since", "2026-11-01").output
    alone = run("reconcile", "--tenant", "acme", "--since", "2026-11-01")
    assert alone.exit_code == 1
    assert "no help-desk is loaded" in alone.output


def test_what_is_left_out_and_what_waits_is_listed_and_can_be_given_up(run, monkeypatch):
    from datetime import UTC, datetime

    from nps_plugin import Client, ClosedTicket, Ratings, hookimpl

    class Deaf:
        nps_name = "deaf"

        @hookimpl
        def nps_verdict_reached(self, news):
            raise RuntimeError("deaf")

    with Ratings.open(run.folder / "nps.toml", plugins=[Deaf()]) as ratings:
        now = datetime.now(UTC)
        closed = ClosedTicket(
            tenant="acme", ticket="1", opened_at=now, closed_at=now, client=Client(email="a@b.example")
        )
        survey = ratings.ticket_closed(closed).survey
        ratings.record_answer("acme", 1, survey=survey.id)
    monkeypatch.setenv("NPS_PLUGIN_DISABLED", "django-helpdesk")
    (run.folder / "named.toml").write_text('plugins = ["django-helpdesk"]\n' + (run.folder / "nps.toml").read_text())
    assert "django-helpdesk  left out: NPS_PLUGIN_DISABLED names it" in run("plugins", config="named.toml").output
    monkeypatch.delenv("NPS_PLUGIN_DISABLED")
    assert "deaf  1 news untold, 1 of them failed before, 0 ended" in run("plugins").output
    doctor = run("doctor")
    assert doctor.exit_code == 1
    assert "nps-plugin end-news deaf" in doctor.output
    assert "1 news to deaf ended untold" in run("end-news", "deaf").output
    assert run("doctor").exit_code == 0


def test_a_database_that_cannot_be_reached_keeps_nothing_else_from_being_shown(run):
    text = GOOD.format(folder=run.folder / "none").replace("nps.sqlite3", "")
    (run.folder / "away.toml").write_text(
        text.replace(f"sqlite:///{run.folder / 'none'}/", "postgresql+psycopg://x@127.0.0.1:1/x")
    )
    listed = run("plugins", config="away.toml")
    assert (listed.exit_code, "email" in listed.output) == (0, True)
    assert "What news waits is not known: the database cannot be read" in listed.output
    checked = run("config", "check", config="away.toml")
    assert checked.exit_code == 0
    assert "Whether it opens a new procedure is not known" in checked.output
    assert "The configuration can be used." in checked.output


def test_looking_makes_no_database(run):
    run("plugins")
    run("config", "check")
    assert not (run.folder / "nps.sqlite3").exists()
