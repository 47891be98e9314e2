"""The commands of operators."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from nps_plugin.cli import main

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
    assert "nps_0001" in run("db", "upgrade").output
    assert run("db", "check").exit_code == 0


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
